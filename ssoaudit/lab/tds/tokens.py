"""The tokens that a server's answers are made of."""

import struct
from collections.abc import Sequence
from enum import IntEnum

from ssoaudit.lab.tds import types
from ssoaudit.lab.tds.answers import Refusal
from ssoaudit.lab.tds.login import TDS_7_4
from ssoaudit.lab.tds.prelogin import VERSION

PRODUCT = "Microsoft SQL Server"
"""What the drivers want to hear: they behave by it."""

_RETURN_STATUS, _COLUMN_METADATA, _ERROR, _INFO, _RETURN_VALUE, _LOGIN_ACK, _ROW, _CHANGE = (
    0x79, 0x81, 0xAA, 0xAB, 0xAC, 0xAD, 0xD1, 0xE3,
)  # fmt: skip
_MORE_FLAG, _ERROR_FLAG, _COUNT_FLAG, _ATTENTION_FLAG = 0x01, 0x02, 0x10, 0x20
_NULLABLE = 0x0001
_SELECT = 0xC1


class Done(IntEnum):
    """What is done: a statement of a batch, a procedure, a statement in a procedure."""

    STATEMENT = 0xFD
    PROCEDURE = 0xFE
    IN_PROCEDURE = 0xFF


class Change(IntEnum):
    """What an ENVCHANGE says has changed."""

    DATABASE = 1
    LANGUAGE = 2
    PACKET_SIZE = 4
    COLLATION = 7
    BEGIN = 8
    COMMIT = 9
    ROLLBACK = 10


def done(
    kind: Done = Done.STATEMENT, *, rows: int | None = None, error: bool = False, attention: bool = False
) -> bytes:
    """A DONE, DONEPROC or DONEINPROC; `rows` is how many a SELECT gave."""
    more = kind == Done.IN_PROCEDURE
    status = _MORE_FLAG * more | _ERROR_FLAG * error | _ATTENTION_FLAG * attention | _COUNT_FLAG * (rows is not None)
    return struct.pack("<BHHQ", kind, status, 0 if rows is None else _SELECT, rows or 0)


def error(refusal: Refusal, server: str) -> bytes:
    """An ERROR."""
    return _message(_ERROR, refusal, server)


def info(number: int, message: str, server: str) -> bytes:
    """An INFO, severity 10."""
    return _message(_INFO, Refusal(number, message, severity=10), server)


def login_acknowledged(version: int = TDS_7_4) -> bytes:
    """The LOGINACK of a SQL Server that speaks this version of TDS."""
    body = struct.pack(">BI", 1, version) + _short(PRODUCT) + struct.pack(">BBH", *VERSION)
    return _sized(_LOGIN_ACK, body)


def changed(kind: Change, new: str, old: str) -> bytes:
    """An ENVCHANGE between two texts."""
    return _sized(_CHANGE, bytes([kind]) + _short(new) + _short(old))


def changed_bytes(kind: Change, new: bytes, old: bytes = b"") -> bytes:
    """An ENVCHANGE between two values of up to 255 bytes."""
    return _sized(_CHANGE, bytes([kind, len(new)]) + new + bytes([len(old)]) + old)


def column_metadata(columns: Sequence[tuple[str, str]]) -> bytes:
    """The COLMETADATA of columns given by name and type."""
    described = [struct.pack("<IH", 0, _NULLABLE) + types.type_info(kind) + _short(name) for name, kind in columns]
    return struct.pack("<BH", _COLUMN_METADATA, len(columns)) + b"".join(described)


def row(kinds: Sequence[str], values: Sequence[object]) -> bytes:
    """A ROW."""
    encoded = [types.value(kind, content) for kind, content in zip(kinds, values, strict=True)]
    return bytes([_ROW]) + b"".join(encoded)


def return_status(status: int) -> bytes:
    """What a procedure returned."""
    return struct.pack("<Bi", _RETURN_STATUS, status)


def return_value(number: int) -> bytes:
    """A procedure's first parameter, an output of type int."""
    head = struct.pack("<BHBBIH", _RETURN_VALUE, 0, 0, 1, 0, 0)
    return head + types.type_info("int") + types.value("int", number)


def _message(token: int, said: Refusal, server: str) -> bytes:
    text = said.message.encode("utf-16-le")
    body = struct.pack("<iBBH", said.number, said.state, said.severity, len(text) // 2) + text
    return _sized(token, body + _short(server) + _short("") + struct.pack("<i", 1))


def _short(text: str) -> bytes:
    encoded = text.encode("utf-16-le")
    return bytes([len(encoded) // 2]) + encoded


def _sized(token: int, body: bytes) -> bytes:
    return struct.pack("<BH", token, len(body)) + body
