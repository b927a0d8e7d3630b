"""LOGIN7: who a client is and what it wants."""

import struct
from dataclasses import dataclass

from ssoaudit.credentials import Secret
from ssoaudit.lab.tds.packets import LARGEST_SIZE, SMALLEST_SIZE
from ssoaudit.lab.tds.payload import MalformedError, text

TDS_7_4 = 0x74000004
TDS_8_0 = 0x08000000
LOGIN_LIMIT = 128 * 1024
FIELD_LIMIT = 128

_FIXED = struct.Struct("<IIIIIIBBBBiI")
_PLACE = struct.Struct("<HH")
_PLACES = ("host", "user", "password", "app", "server", "_", "library", "language", "database")
_READ_ONLY_INTENT = 0x20
_INTEGRATED_SECURITY = 0x80


@dataclass(frozen=True)
class Login:
    """A login. `integrated` is one by Windows account, which carries no password."""

    user: str
    password: Secret
    app: str
    host: str
    database: str
    packet_size: int
    integrated: bool
    read_only_intent: bool


def parse(data: bytes) -> Login:
    """Read a LOGIN7.

    Raises:
        MalformedError: it is none, or of an older TDS than 7.4.
    """
    if not _FIXED.size + _PLACE.size * len(_PLACES) <= len(data) <= LOGIN_LIMIT:
        raise MalformedError("The login is too short or too long.")
    _, version, packet_size, _, _, _, _, flags2, type_flags, _, _, _ = _FIXED.unpack_from(data)
    if version != TDS_8_0 and version < TDS_7_4:
        raise MalformedError("The lab speaks TDS 7.4 and 8.0.")
    raw = {name: _field(data, _FIXED.size + index * _PLACE.size) for index, name in enumerate(_PLACES)}
    return Login(
        user=text(raw["user"]),
        password=Secret(text(_revealed(raw["password"]))),
        app=text(raw["app"]),
        host=text(raw["host"]),
        database=text(raw["database"]),
        packet_size=min(max(packet_size, SMALLEST_SIZE), LARGEST_SIZE),
        integrated=bool(flags2 & _INTEGRATED_SECURITY),
        read_only_intent=bool(type_flags & _READ_ONLY_INTENT),
    )


def _field(data: bytes, place: int) -> bytes:
    offset, characters = _PLACE.unpack_from(data, place)
    field = data[offset : offset + 2 * characters]
    if characters > FIELD_LIMIT or len(field) != 2 * characters:
        raise MalformedError("A field of the login is too long or lies outside it.")
    return field


def _revealed(password: bytes) -> bytes:
    """The password whose half bytes were swapped and then mixed with 0xA5."""
    return bytes(((byte ^ 0xA5) << 4 | (byte ^ 0xA5) >> 4) & 0xFF for byte in password)
