"""PRELOGIN: which version answers, and what of the connection is encrypted."""

import struct
from enum import IntEnum
from typing import Literal

from ssoaudit.lab.tds.payload import MalformedError

Policy = Literal["off", "on", "required", "strict"]
"""What a server does about TLS: it has none, leaves it to the client, insists, or speaks only within it, as TDS 8.0."""

VERSION = (15, 0, 2000)
"""Major, minor and build number the server gives as its own."""

_OPTION = struct.Struct(">BHH")
_VERSION, _ENCRYPTION, _INSTANCE, _THREAD, _MARS = range(5)
_TERMINATOR = 0xFF


class Encryption(IntEnum):
    """The option ENCRYPTION. With OFF on both sides the login alone is encrypted."""

    OFF = 0
    ON = 1
    NOT_SUPPORTED = 2
    REQUIRED = 3


def requested_encryption(data: bytes) -> Encryption:
    """What a client's PRELOGIN asks for.

    Raises:
        MalformedError: the message is not a PRELOGIN with a known ENCRYPTION.
    """
    place = 0
    while data[place : place + 1] != bytes([_TERMINATOR]):
        if len(data) - place < _OPTION.size:
            raise MalformedError("The list of options has no end.")
        token, offset, length = _OPTION.unpack_from(data, place)
        place += _OPTION.size
        if token == _ENCRYPTION:
            value = data[offset : offset + length]
            if len(value) != 1 or value[0] not in set(Encryption):
                raise MalformedError("The option ENCRYPTION has no known value.")
            return Encryption(value[0])
    raise MalformedError("There is no option ENCRYPTION.")


def agreed_encryption(policy: Policy, requested: Encryption) -> Encryption:
    """The server's answer, by the table in [MS-TDS] 2.2.6.5."""
    if policy in {"off", "strict"}:
        return Encryption.NOT_SUPPORTED
    if requested in {Encryption.ON, Encryption.REQUIRED}:
        return Encryption.ON
    return Encryption.REQUIRED if policy == "required" else requested


def response(encryption: Encryption) -> bytes:
    """The server's PRELOGIN: no instance name to check, no thread, no MARS."""
    version = struct.pack(">BBHH", *VERSION, 0)
    options = {_VERSION: version, _ENCRYPTION: bytes([encryption]), _INSTANCE: b"\0", _THREAD: b"", _MARS: b"\0"}
    offset = _OPTION.size * len(options) + 1
    head = b""
    for token, value in options.items():
        head += _OPTION.pack(token, offset, len(value))
        offset += len(value)
    return head + bytes([_TERMINATOR]) + b"".join(options.values())
