"""Both real drivers against the lab's SQL Server: what is sent, what arrives, and what every mishap becomes."""

import logging
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from estate_database import (
    FIRST,
    LOGIN,
    PASSWORD,
    SECOND,
    TEXTS,
    THEN,
    USER,
    WINDOWS,
    Running,
    answers,
    columns,
    running,
)
from passwords import NASTY

from ssoaudit.collect.faults import FaultStage
from ssoaudit.collect.sql.address import Address, SqlLimits, SqlLogin
from ssoaudit.collect.sql.catalogue import CATALOGUE, SESSION
from ssoaudit.collect.sql.reader import SqlReading, read
from ssoaudit.credentials import Secret
from ssoaudit.evidence import Missing, Read, ReadStatus, typed
from ssoaudit.facts.external_credential_secrets import ExternalCredentialSecrets
from ssoaudit.facts.global_info import GlobalInfo
from ssoaudit.facts.sql_session import SqlSession
from ssoaudit.inventory import SqlSettings
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.tds.answers import Refusal, Table
from ssoaudit.version import __version__
from tests.lab.tds_faults import QUERIES, speaking
from tests.odbc import DRIVERS, needs

Ask = Callable[..., SqlReading]
LIMITS = SqlLimits(login=15, query=15, deadline=60)


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return needs(name)


@pytest.fixture
def ask(driver: str) -> Ask:
    def asked(
        address: Address, login: SqlLogin | None = LOGIN, limits: SqlLimits = LIMITS, **settings: object
    ) -> SqlReading:
        told = {"encrypt": "optional", "driver": driver, **settings}
        return read(address, SqlSettings.model_validate(told), login, limits)

    return asked


def codes(reading: SqlReading) -> dict[str, str]:
    return {topic: each.code if isinstance(each, Missing) else "read" for topic, each in reading.readings.items()}


def everything_is(code: str) -> dict[str, str]:
    return dict.fromkeys(TEXTS, code)


def test_a_healthy_database_is_read_whole(ask: Ask) -> None:
    with running() as sql:
        reading = ask(sql.address)

    assert codes(reading) == everything_is("read")
    assert reading.fault is None
    external = typed(reading.readings["external_credential_secrets"], ExternalCredentialSecrets)
    assert isinstance(external, ExternalCredentialSecrets)
    assert [(row.ec_pws_msid, row.ec_pns_msid, row.number, row.oldest) for row in external.rows] == [
        (FIRST, SECOND, 2**40, THEN),
        (None, FIRST, 0, None),
    ]
    (info,) = _rows(reading, "global_info")
    assert info["gi_SSOAdminGroup"] == "CONTOSO\\ßso 中"
    assert info["gi_audit_id"] == FIRST
    assert info["gi_install_timestamp"] == THEN.isoformat()
    assert isinstance(typed(reading.readings["global_info"], GlobalInfo), GlobalInfo)
    session = typed(reading.readings["sql_session"], SqlSession)
    assert isinstance(session, SqlSession)
    assert session.rows[0].utc_time == datetime(2026, 11, 20, 5, 30, 15, 120000)  # noqa: DTZ001


def test_nothing_else_goes_over_the_wire(ask: Ask) -> None:
    with running() as sql:
        ask(sql.address)
    (session,) = sql.server.sessions
    own = [text for text in session.statements if not re.match(r"(EXEC )?(\[sys\]\.)?sp_datatype_info", text)]

    assert own == [statement.text for statement in (*SESSION, *CATALOGUE)]
    assert session.transactions == 0
    assert session.read_only_intent
    assert session.app == f"ssoaudit {__version__}"
    assert (session.user, session.database, sql.server.rejected_logins) == (USER, "SSODB", 0)


@pytest.mark.parametrize("password", NASTY)
def test_each_password_arrives_unchanged_or_is_refused(
    ask: Ask, driver: str, password: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with running({}, password) as sql:
        reading = ask(sql.address, SqlLogin(USER, Secret(password)))
    if "};" in password and "tdsodbc" in driver:
        assert codes(reading) == everything_is("credential-characters")
        assert (sql.server.sessions, sql.server.rejected_logins) == ([], 0)
    else:
        assert codes(reading) == everything_is("missing-object")
        assert [session.user for session in sql.server.sessions] == [USER]
    if len(password) > 7:
        assert password not in caplog.text + repr(reading)


def test_a_wrong_password_is_tried_once_and_never_shown(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with running() as sql:
        reading = ask(sql.address, SqlLogin(USER, Secret("Wrong-Horse-8")))

    assert codes(reading) == everything_is("login-failed")
    assert sql.server.rejected_logins == 1
    assert reading.fault is not None
    assert reading.fault.stage is FaultStage.AUTHENTICATE
    assert "18456" in reading.fault.details
    assert "Wrong-Horse-8" not in caplog.text + repr(reading) + repr(reading.fault) + reading.fault.details


def test_another_database_is_not_opened(ask: Ask, driver: str) -> None:
    with running() as sql:
        reading = ask(Address(sql.address.server, "Other"))

    # FreeTDS tells the second error only.
    assert codes(reading) == everything_is("login-failed" if "tdsodbc" in driver else "database-unavailable")
    assert sql.server.rejected_logins == 1


@pytest.mark.parametrize(
    ("number", "code", "status", "times"),
    [
        (229, "denied", ReadStatus.DENIED, 1),
        (208, "missing-object", ReadStatus.ERROR, 1),
        (1222, "busy", ReadStatus.ERROR, 2),
        (1205, "busy", ReadStatus.ERROR, 2),
    ],
)
def test_a_refused_query_costs_its_own_topic_alone(
    ask: Ask, number: int, code: str, status: ReadStatus, times: int
) -> None:
    with running(answers(external_credential_secrets=QUERIES[number])) as sql:
        reading = ask(sql.address)

    assert codes(reading) == everything_is("read") | {"external_credential_secrets": code}
    assert reading.readings["external_credential_secrets"].status is status
    assert sql.server.sessions[0].statements.count(TEXTS["external_credential_secrets"]) == times


def test_a_lost_connection_keeps_what_was_read_and_is_not_opened_again(ask: Ask) -> None:
    with running(answers(global_info=Refusal(596, "Cannot continue: the session is killed.", severity=21))) as sql:
        reading = ask(sql.address)

    assert codes(reading) == everything_is("connection-lost") | {"sql_server": "read", "sql_session": "read"}
    assert reading.fault is not None
    (session,) = sql.server.sessions
    assert session.statements[-1] == TEXTS["global_info"]


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (Table(columns(wp_msid="uniqueidentifier"), ((FIRST,),)), "malformed"),
        (Table((*WINDOWS.columns[:3], *columns(wp_password="varbinary")), ((FIRST, 1, THEN, b"x"),)), "malformed"),
        (Table((*columns(wp_msid="varbinary"), *WINDOWS.columns[1:]), ((b"secret", 1, THEN, THEN),)), "malformed"),
        (Table((*columns(wp_msid="int"), *WINDOWS.columns[1:]), ((7, 1, THEN, THEN),)), "malformed"),
        (
            Table((WINDOWS.columns[0], *columns(number="nvarchar"), *WINDOWS.columns[2:]), ((FIRST, "1", THEN, THEN),)),
            "malformed",
        ),
        (Table(WINDOWS.columns, ((FIRST, None, THEN, THEN),)), "malformed"),
        (Table(WINDOWS.columns, WINDOWS.rows * 1000), "read"),
        (Table(WINDOWS.columns, WINDOWS.rows * 1001), "too-large"),
        (
            Table((*columns(wp_msid="nvarchar"), *WINDOWS.columns[1:]), (("x" * 4000, 1, THEN, THEN),) * 251),
            "too-large",
        ),
        (Table(WINDOWS.columns, ()), "read"),
    ],
)
def test_an_answer_is_kept_only_if_it_is_what_was_asked_for(ask: Ask, table: Table, code: str) -> None:
    with running(answers(windows_password_secrets=table)) as sql:
        reading = ask(sql.address)

    assert codes(reading) == everything_is("read") | {"windows_password_secrets": code}
    assert "secret" not in repr(reading.readings["windows_password_secrets"]).replace("password_secrets", "")


def test_text_that_disguises_itself_stays_data(ask: Ask) -> None:
    row = ("\x1b[2J\u202e{GUID}", 1, THEN, THEN)
    with running(
        answers(windows_password_secrets=Table((*columns(wp_msid="nvarchar"), *WINDOWS.columns[1:]), (row,)))
    ) as sql:
        reading = ask(sql.address)

    assert _rows(reading, "windows_password_secrets")[0]["wp_msid"] == row[0]


def test_without_a_login_the_windows_identity_is_offered_and_the_password_is_not(ask: Ask) -> None:
    with running() as sql:
        reading = ask(sql.address, None)

    (code,) = set(codes(reading).values())
    assert code in {"kerberos", "untrusted-domain", "no-session"}
    assert sql.server.sessions == []


@pytest.mark.parametrize(
    "words", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 64, b"\x04\x01\x00\x08" + b"\0" * 4]
)
def test_what_is_no_sql_server_is_said_to_be_none(ask: Ask, driver: str, words: bytes) -> None:
    with speaking(words) as address:
        reading = ask(address, limits=SqlLimits(login=2, query=2, deadline=30))

    (code,) = set(codes(reading).values())
    assert code in {"no-session", "unreachable"} if "tdsodbc" in driver else {"not-sql-server", "unreachable"}


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def trusted(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Microsoft's driver trusts who that authority vouches for; FreeTDS looks at nothing."""
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@contextmanager
def encrypted(context: ssl.SSLContext, encryption: str = "required") -> Iterator[Running]:
    with running(encryption=encryption, context=context, host="localhost") as sql:  # type: ignore[arg-type]
        yield sql


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("encryption", ["on", "required"])
def test_mandatory_encryption_encrypts_all(ask: Ask, driver: str, authority: Authority, encryption: str) -> None:
    with encrypted(authority.server_context("localhost"), encryption) as sql:
        reading = ask(sql.address, encrypt="mandatory", trust_server_certificate="tdsodbc" in driver)

    assert codes(reading) == everything_is("read")
    assert [session.encrypted for session in sql.server.sessions] == [True]


def test_any_certificate_is_taken_where_that_is_set_and_the_report_is_told(ask: Ask, authority: Authority) -> None:
    with encrypted(authority.server_context("elsewhere.example")) as sql:
        reading = ask(sql.address, encrypt="mandatory", trust_server_certificate=True)

    assert codes(reading) == everything_is("read")
    assert len(reading.notes) == 1
    assert "certificate" in reading.notes[0]


@pytest.mark.parametrize("name", ["localhost", "elsewhere.example"])
def test_no_login_goes_where_the_certificate_is_not_vouched_for(authority: Authority, name: str) -> None:
    settings = SqlSettings(driver=needs("microsoft"))
    with encrypted(authority.server_context(name)) as sql:
        read(sql.address, settings, LOGIN, LIMITS)

    assert (sql.server.sessions, sql.server.rejected_logins) == ([], 0)


def test_no_login_goes_to_a_server_without_tls_where_encryption_is_mandatory(ask: Ask) -> None:
    with running() as sql:
        ask(sql.address, encrypt="mandatory", trust_server_certificate=True)

    assert (sql.server.sessions, sql.server.rejected_logins) == ([], 0)


def test_the_password_is_in_no_fault_of_any_kind(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    talkative = Refusal(50000, f"You sent {PASSWORD}.", severity=16)
    with running(answers(sql_server=talkative, global_info=talkative)) as sql:
        reading = ask(sql.address)

    assert codes(reading)["sql_server"] == "sql-error"
    assert PASSWORD not in caplog.text + repr(reading)
    assert PASSWORD not in "".join(str(vars(record)) for record in caplog.records)


def _rows(reading: SqlReading, topic: str) -> list[dict[str, object]]:
    each = reading.readings[topic]
    assert isinstance(each, Read)
    rows: list[dict[str, object]] = each.data["rows"]
    return rows
