"""What no driver sends: malformed, forged and oversized messages, and the corners of the protocol."""

import asyncio
import dataclasses
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import Self

from ssoaudit.credentials import Secret
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.tds import login, prelogin, types
from ssoaudit.lab.tds.answers import Column, Refusal, Table
from ssoaudit.lab.tds.catalogue import Catalogue, Result
from ssoaudit.lab.tds.conversation import PREPARED_LIMIT, Conversation
from ssoaudit.lab.tds.login import Login
from ssoaudit.lab.tds.packets import (
    DEFAULT_SIZE,
    HEADER,
    LARGEST_SIZE,
    MESSAGE_LIMIT,
    SMALLEST_SIZE,
    Message,
    PacketType,
    packets,
    read_message,
)
from ssoaudit.lab.tds.payload import MalformedError
from ssoaudit.lab.tds.prelogin import Encryption
from ssoaudit.lab.tds.server import SqlServer
from ssoaudit.lab.tds.session import Session
from tests.lab.tds.running import ANSWERS, PASSWORD, USER, running, sql_server

ALL_HEADERS = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
SELECT = "SELECT @P1"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def prelogin_of(encryption: int) -> bytes:
    return struct.pack(">BHHBHHB", 0, 11, 6, 1, 17, 1, 0xFF) + bytes(6) + bytes([encryption])


def login_of(**fields: Any) -> bytes:
    """A LOGIN7 with these fields, and the flags, version and packet size given."""
    names = ("host", "user", "password", "app", "server", "unused", "library", "language", "database")
    texts = {"user": USER, "password": PASSWORD, **{name: fields[name] for name in fields if name in names}}
    raw = {name: texts.get(name, "").encode("utf-16-le") for name in names}
    raw["password"] = bytes(((byte << 4 | byte >> 4) & 0xFF) ^ 0xA5 for byte in raw["password"])
    places, data, offset = b"", b"", 94
    for name in names:
        places += struct.pack("<HH", offset + len(data), len(raw[name]) // 2)
        data += raw[name]
    fixed = struct.pack(
        "<IIIIIIBBBBiI",
        offset + len(data),
        fields.get("version", login.TDS_7_4),
        fields.get("packet_size", DEFAULT_SIZE),
        *(7, 1, 0, 0xE0),
        fields.get("flags2", 0),
        fields.get("type_flags", 0),
        *(0, 0, 0),
    )
    return (fixed + places).ljust(offset, b"\0") + data


def called(name: int | str, *parameters: bytes) -> Message:
    procedure = (
        struct.pack("<HH", 0xFFFF, name)
        if isinstance(name, int)
        else struct.pack("<H", len(name)) + name.encode("utf-16-le")
    )
    data = ALL_HEADERS + procedure + b"\0\0" + b"".join(b"\0\0" + parameter for parameter in parameters)
    return Message(PacketType.RPC, data)


def nvarchar(content: str) -> bytes:
    raw = content.encode("utf-16-le")
    return struct.pack("<BH5sH", 0xE7, 8000, types.COLLATION, len(raw)) + raw


def integer(number: int | None) -> bytes:
    return b"\x26\4\0" if number is None else struct.pack("<BBBi", 0x26, 4, 4, number)


def batch(text: str) -> Message:
    return Message(PacketType.SQL_BATCH, ALL_HEADERS + text.encode("utf-16-le"))


def conversation() -> tuple[Conversation, Session]:
    session = Session(USER, "", "", "SSODB", read_only_intent=False, encrypted=False)
    return Conversation(session, Catalogue(ANSWERS), "SQL1"), session


def error_of(tokens: bytes) -> int:
    assert tokens[0] == 0xAA
    return int(struct.unpack_from("<i", tokens, 3)[0])


class Client:
    """A connection in clear that is trusted with nothing."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.sizes: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, kind: int, data: bytes) -> None:
        self.socket.sendall(b"".join(packets(PacketType(kind), data)))

    def receive(self) -> bytes:
        """The next message's contents."""
        data, status = b"", 0
        while not status:
            _, status, length, *_ = HEADER.unpack(self._exactly(HEADER.size))
            data += self._exactly(length - HEADER.size)
            self.sizes.append(length)
        return data

    def log_on(self, **fields: Any) -> bytes:
        self.send(PacketType.PRELOGIN, prelogin_of(Encryption.NOT_SUPPORTED))
        self.receive()
        self.send(PacketType.LOGIN7, login_of(**fields))
        return self.receive()

    def is_cut(self) -> bool:
        """Whether the server closes; what it still says is dropped."""
        with suppress(ConnectionError):
            self.socket.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while self.socket.recv(65_536):
                pass
        return True

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data


def lives(port: int) -> bool:
    with Client(port) as client:
        client.log_on()
        client.send(PacketType.SQL_BATCH, batch(SELECT).data)
        return client.receive().startswith(b"\x81\1\0")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(sql_server()) as port:
        yield port


@given(st.binary(max_size=300))
def test_garbage_instead_of_a_first_message(port: int, garbage: bytes) -> None:
    with Client(port) as client:
        client.socket.sendall(garbage)
        assert client.is_cut()
    assert lives(port)


@given(st.sampled_from(PacketType), st.binary(max_size=300))
def test_garbage_instead_of_a_login(port: int, kind: PacketType, garbage: bytes) -> None:
    with Client(port) as client:
        client.send(PacketType.PRELOGIN, prelogin_of(Encryption.NOT_SUPPORTED))
        client.receive()
        client.send(kind, garbage)
        assert client.is_cut()
    assert lives(port)


@given(st.sampled_from(PacketType), st.sampled_from([b"", ALL_HEADERS]), st.binary(max_size=300))
def test_garbage_instead_of_a_request(port: int, kind: PacketType, headers: bytes, garbage: bytes) -> None:
    with Client(port) as client:
        client.log_on()
        client.send(kind, headers + garbage)
        assert client.is_cut()
    assert lives(port)


@given(st.binary(max_size=300))
def test_garbage_instead_of_a_handshake(secure_port: int, garbage: bytes) -> None:
    with Client(secure_port) as client:
        client.send(PacketType.PRELOGIN, prelogin_of(Encryption.ON))
        assert prelogin.requested_encryption(client.receive()) == Encryption.ON
        client.send(PacketType.PRELOGIN, garbage)
        assert client.is_cut()


@pytest.fixture(scope="module")
def secure_port() -> Iterator[int]:
    with running(sql_server("required")) as port:
        yield port


def test_a_client_without_tls_is_told_and_left(secure_port: int) -> None:
    with Client(secure_port) as client:
        client.send(PacketType.PRELOGIN, prelogin_of(Encryption.NOT_SUPPORTED))
        assert prelogin.requested_encryption(client.receive()) == Encryption.REQUIRED
        with pytest.raises(EOFError):
            client.receive()


def test_a_login_in_clear_is_no_handshake(secure_port: int) -> None:
    with Client(secure_port) as client:
        client.send(PacketType.PRELOGIN, prelogin_of(Encryption.OFF))
        client.receive()
        client.send(PacketType.LOGIN7, login_of())
        with pytest.raises((EOFError, ConnectionError)):
            client.receive()


def test_a_message_beyond_the_limit_is_cut(port: int) -> None:
    packet = next(packets(PacketType.SQL_BATCH, bytes(LARGEST_SIZE), LARGEST_SIZE))
    with Client(port) as client:
        client.log_on()
        with suppress(ConnectionError):
            for _ in range(MESSAGE_LIMIT // LARGEST_SIZE + 2):
                client.socket.sendall(packet)
        with suppress(ConnectionError):
            assert client.socket.recv(1) == b""


def test_packets_of_different_kinds_are_no_message(port: int) -> None:
    with Client(port) as client:
        client.log_on()
        client.socket.sendall(HEADER.pack(PacketType.RPC, 0, HEADER.size + len(ALL_HEADERS), 0, 1, 0) + ALL_HEADERS)
        client.send(PacketType.SQL_BATCH, batch(SELECT).data[len(ALL_HEADERS) :])
        with pytest.raises((EOFError, ConnectionError)):
            client.receive()


@pytest.mark.parametrize(("asked", "agreed"), [(1, 512), (512, 512), (8000, 8000), (40_000, 32_767)])
def test_packets_are_as_large_as_agreed(port: int, asked: int, agreed: int) -> None:
    with Client(port) as client:
        assert f"\4{chr(len(str(agreed)))}".encode() + str(agreed).encode("utf-16-le") in client.log_on(
            packet_size=asked
        )
        client.sizes.clear()
        client.send(PacketType.SQL_BATCH, batch("SELECT n FROM many").data)
        client.receive()
        assert set(client.sizes[:-1]) == {agreed}


def test_a_login_by_windows_account_is_refused(port: int) -> None:
    with Client(port) as client:
        assert error_of(client.log_on(flags2=0x80)) == 18452


def test_an_unknown_database_gives_two_errors(port: int) -> None:
    with Client(port) as client:
        told = client.log_on(database="other")
    second = struct.unpack_from("<H", told, 1)[0] + 3
    assert (error_of(told), error_of(told[second:])) == (4060, 18456)


@pytest.mark.parametrize("wrong", [{"user": "other"}, {"password": "other"}, {"password": ""}, {"user": ""}])
def test_a_wrong_user_or_password_is_refused_alike(port: int, wrong: dict[str, str]) -> None:
    with Client(port) as client:
        told = client.log_on(**wrong, database="other")
    assert error_of(told) == 18456
    assert b"\xaa" not in told[struct.unpack_from("<H", told, 1)[0] + 3 :]


def test_a_user_is_the_same_in_other_letters(port: int) -> None:
    with Client(port) as client:
        assert client.log_on(user=USER.upper())[0] == 0xE3


@pytest.mark.parametrize("fields", [{"version": 0x73000B00}, {"user": "u" * 129}])
def test_a_login_that_is_too_old_or_too_long_is_cut(port: int, fields: dict[str, Any]) -> None:
    with Client(port) as client, pytest.raises((EOFError, ConnectionError)):
        client.log_on(**fields)


def test_a_client_that_comes_just_before_the_end_leaves_nothing_behind() -> None:
    for _ in range(30):
        with running(sql_server()) as port:
            socket.create_connection(("127.0.0.1", port)).close()


def test_stopping_cuts_the_connections() -> None:
    with running(sql_server()) as port:
        client = Client(port)
        client.log_on()
    with client, suppress(ConnectionError):
        assert client.socket.recv(1) == b""


def test_encryption_needs_a_context() -> None:
    with pytest.raises(ValueError, match="SSL context"):
        SqlServer("SQL1", {}, USER, Secret(PASSWORD), encryption="on")


def test_the_context_is_limited_to_tls_1_2() -> None:
    context = Authority().server_context("127.0.0.1")
    SqlServer("SQL1", {}, USER, Secret(PASSWORD), encryption="on", ssl_context=context)
    assert context.maximum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("policy", "answers"),
    [("off", "2222"), ("on", "0121"), ("required", "3131")],
)
def test_what_is_agreed_on(policy: Any, answers: str) -> None:
    assert "".join(str(int(prelogin.agreed_encryption(policy, asked))) for asked in Encryption) == answers


@given(st.binary(max_size=60))
def test_a_prelogin_is_read_or_malformed(data: bytes) -> None:
    with suppress(MalformedError):
        assert prelogin.requested_encryption(data) in set(Encryption)


@given(
    st.fixed_dictionaries(dict.fromkeys(("user", "password", "app", "host", "database"), TEXTS)),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_a_login_is_read(texts: dict[str, str], read_only: bool, packet_size: int) -> None:
    read = login.parse(login_of(**texts, type_flags=0x20 * read_only, packet_size=packet_size))
    assert read == Login(
        user=texts["user"],
        password=Secret(texts["password"]),
        app=texts["app"],
        host=texts["host"],
        database=texts["database"],
        packet_size=min(max(packet_size, SMALLEST_SIZE), LARGEST_SIZE),
        integrated=False,
        read_only_intent=read_only,
    )
    assert repr(read.password) == "***"


@given(st.binary(max_size=400), st.integers(0, 300))
def test_an_altered_login_is_read_or_malformed(garbage: bytes, place: int) -> None:
    data = login_of(app="app")
    with suppress(MalformedError):
        login.parse(data[:place] + garbage + data[place + len(garbage) :])


@given(st.sampled_from(PacketType), st.binary(max_size=5000), st.integers(SMALLEST_SIZE, LARGEST_SIZE))
def test_a_message_survives_its_packets(kind: PacketType, data: bytes, size: int) -> None:
    async def read() -> Message:
        reader = asyncio.StreamReader()
        for packet in packets(kind, data, size):
            assert len(packet) <= size
            reader.feed_data(packet)
        return await read_message(reader)

    assert asyncio.run(read()) == Message(kind, data)


@given(st.sampled_from(PacketType), st.sampled_from([b"", ALL_HEADERS]), st.binary(max_size=300))
def test_a_request_is_answered_or_malformed(kind: PacketType, headers: bytes, data: bytes) -> None:
    with suppress(MalformedError):
        assert conversation()[0].answer(Message(kind, headers + data))


@given(st.integers(0, 0xFFFF), st.lists(st.binary(max_size=40), max_size=4))
def test_a_call_is_answered_or_malformed(number: int, parameters: list[bytes]) -> None:
    with suppress(MalformedError):
        assert conversation()[0].answer(called(number, *parameters))


def test_sp_executesql_takes_text_of_any_length() -> None:
    talk, session = conversation()
    assert talk.answer(called("sp_executesql", nvarchar(SELECT)))[0] == 0x81
    parts = SELECT[:3].encode("utf-16-le"), SELECT[3:].encode("utf-16-le")
    pieces = b"".join(struct.pack("<I", len(part)) + part for part in parts)
    longer = struct.pack("<BH5sQ", 0xE7, 0xFFFF, types.COLLATION, 2**64 - 2) + pieces + bytes(4)
    assert talk.answer(called(10, longer))[0] == 0x81
    assert session.statements == [SELECT, SELECT]


def test_a_statement_is_prepared_executed_and_forgotten() -> None:
    talk, session = conversation()
    assert talk.answer(called(11, integer(None), nvarchar("@P1 int"), nvarchar(SELECT)))[0] == 0x79
    assert session.statements == []
    assert talk.answer(called(12, integer(1), integer(7)))[0] == 0x81
    assert talk.answer(called(15, integer(1)))[0] == 0x79
    assert error_of(talk.answer(called(12, integer(1)))) == 8179
    assert error_of(talk.answer(called(15, integer(1)))) == 8179
    assert session.statements == [SELECT]


def test_a_statement_that_is_refused_is_not_prepared() -> None:
    talk, _ = conversation()
    assert error_of(talk.answer(called(13, integer(None), nvarchar(""), nvarchar("SELECT other")))) == 208
    assert error_of(talk.answer(called(12, integer(1)))) == 8179


def test_prepared_statements_are_not_kept_without_end() -> None:
    talk, session = conversation()
    prepare = called(13, integer(None), nvarchar("@P1 int"), nvarchar(SELECT))
    assert {talk.answer(prepare)[0] for _ in range(PREPARED_LIMIT)} == {0x81}
    assert error_of(talk.answer(prepare)) == 701
    assert (
        error_of(talk.answer(dataclasses.replace(prepare, data=prepare.data.replace(b"\xff\xff\x0d", b"\xff\xff\x0b"))))
        == 701
    )
    assert len(session.statements) == PREPARED_LIMIT


def test_another_procedure_is_recorded_and_refused() -> None:
    talk, session = conversation()
    assert error_of(talk.answer(called("sp_who", nvarchar("o'x"), integer(3), integer(None)))) == 208
    assert session.statements == ["EXEC sp_who N'o''x', 3, NULL"]


def test_a_transaction_request_is_counted_and_answered() -> None:
    talk, session = conversation()
    begin = talk.answer(Message(PacketType.TRANSACTION, ALL_HEADERS + b"\5\0\0\0"))
    assert begin[:5] == b"\xe3\x0b\0\x08\x08"
    commit = talk.answer(Message(PacketType.TRANSACTION, ALL_HEADERS + b"\7\0\0\0"))
    assert commit[:6] == b"\xe3\x0b\0\x09\0\x08"
    assert commit[6:14] == begin[5:13]
    assert session.transactions == 2
    with pytest.raises(MalformedError):
        talk.answer(Message(PacketType.TRANSACTION, ALL_HEADERS + b"\0\0"))


def test_an_attention_is_acknowledged() -> None:
    assert conversation()[0].answer(Message(PacketType.ATTENTION, b"")) == b"\xfd\x20\0\0\0" + bytes(8)


@pytest.mark.parametrize(
    "text",
    [
        "SET LOCK_TIMEOUT 5000",
        "SET DEADLOCK_PRIORITY LOW",
        " set transaction isolation level  READ COMMITTED ",
        "SET QUOTED_IDENTIFIER ON;SET ANSI_NULLS OFF ; set textsize 2147483647",
    ],
)
def test_settings_are_accepted(text: str) -> None:
    assert Catalogue({}).outcome(text) == Result()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SET",
        "SET LOCK_TIMEOUT 5000 DROP TABLE x",
        "SET NOCOUNT ON SELECT 1",
        "SET LOCK_TIMEOUT 5000;;",
        "SET IMPLICIT_TRANSACTIONS ON",
        "SELECT 1",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    outcome = Catalogue({}).outcome(text)
    assert isinstance(outcome, Refusal)
    assert outcome.number == 208


def test_a_statement_is_found_by_its_text_but_for_white_space() -> None:
    catalogue = Catalogue({"SELECT a\n    FROM b\n": Refusal(229, "no")})
    assert catalogue.outcome("SELECT  a FROM\tb") == Refusal(229, "no")
    assert catalogue.outcome("SELECT A FROM b") != Refusal(229, "no")


@given(st.datetimes(datetime(1753, 1, 1), datetime(9999, 12, 31, 23, 59, 59)))  # noqa: DTZ001 - without zone
def test_a_datetime_is_right_to_three_hundredths_of_a_second(moment: datetime) -> None:
    length, days, ticks = struct.unpack("<BiI", types.value("datetime", moment))
    assert length == 8
    assert ticks < 300 * 86_400
    told = datetime(1900, 1, 1) + timedelta(days=days, microseconds=ticks * 10_000 / 3)  # noqa: DTZ001 - without zone
    assert abs(told - moment) <= timedelta(microseconds=1668)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("int", 2**31),
        ("bigint", -(2**63) - 1),
        ("int", "1"),
        ("nvarchar", "x" * 4001),
        ("uniqueidentifier", "x"),
        ("nvarchar", 1),
    ],
)
def test_a_value_that_does_not_fit_shows_when_the_server_is_made(kind: str, content: object) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        Catalogue({"SELECT 1": Table((Column("a", kind),), ((content,),))})


@pytest.mark.parametrize("row", [(), (1, 2)])
def test_a_row_has_as_many_values_as_there_are_columns(row: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="zip"):
        Catalogue({"SELECT 1": Table((Column("a", "int"),), (row,))})
