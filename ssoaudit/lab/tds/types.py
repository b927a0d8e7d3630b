"""Values of SQL Server as they go over the wire."""

import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

COLLATION = struct.pack("<IB", 0x00D00409, 52)
"""SQL_Latin1_General_CP1_CI_AS."""

_LONGEST = 8000
_INTN, _GUID, _BITN, _DATETIMEN, _VARBINARY, _NVARCHAR = 0x26, 0x24, 0x68, 0x6F, 0xA5, 0xE7
_TICKS_PER_DAY = 300 * 86_400


@dataclass(frozen=True)
class _Type:
    """`info` describes a column of the type; `prefix` is the format of the length before a value."""

    python: type
    info: bytes
    prefix: str
    encode: Callable[[Any], bytes]


def type_info(name: str) -> bytes:
    """The TYPE_INFO of a column of the type."""
    return _TYPES[name].info


def value(name: str, content: object) -> bytes:
    """One value of the type, NULL if it is None.

    Raises:
        TypeError: it is not of the type's Python class.
        ValueError: it does not fit.
    """
    kind = _TYPES[name]
    if content is None:
        return b"\0" if kind.prefix == "<B" else b"\xff\xff"
    if not isinstance(content, kind.python):
        raise TypeError(f"A value of {name} is given as {kind.python.__name__}, not {type(content).__name__}.")
    encoded = kind.encode(content)
    if len(encoded) > _LONGEST:
        raise ValueError(f"A value of {name} has at most {_LONGEST} bytes.")
    return struct.pack(kind.prefix, len(encoded)) + encoded


def _integer(size: int) -> _Type:
    return _Type(int, bytes([_INTN, size]), "<B", lambda number: number.to_bytes(size, "little", signed=True))


def _datetime(moment: datetime) -> bytes:
    """Days since 1900 and three-hundredths of a second since midnight, rounded to the nearest."""
    passed = moment - datetime(1900, 1, 1)  # noqa: DTZ001 - the type has no zone
    seconds = passed.days * 86_400 + passed.seconds
    days, ticks = divmod(seconds * 300 + (passed.microseconds * 3 + 5_000) // 10_000, _TICKS_PER_DAY)
    return struct.pack("<iI", days, ticks)


_TYPES = {
    "int": _integer(4),
    "bigint": _integer(8),
    "bit": _Type(bool, bytes([_BITN, 1]), "<B", lambda flag: bytes([flag])),
    "datetime": _Type(datetime, bytes([_DATETIMEN, 8]), "<B", _datetime),
    "uniqueidentifier": _Type(str, bytes([_GUID, 16]), "<B", lambda identity: uuid.UUID(identity).bytes_le),
    "nvarchar": _Type(
        str,
        struct.pack("<BH", _NVARCHAR, _LONGEST) + COLLATION,
        "<H",
        lambda characters: characters.encode("utf-16-le"),
    ),
    "varbinary": _Type(bytes, struct.pack("<BH", _VARBINARY, _LONGEST), "<H", bytes),
}
