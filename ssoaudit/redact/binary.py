"""Bytes in Base64, redacted: security descriptors keep their rules and lose whom they name."""

import base64
import binascii
import struct
from collections.abc import Callable, Iterator

from ssoaudit.facts.services import ACTION, HEADER

Sids = Callable[[str], str]

_DESCRIPTOR = struct.Struct("<BBHIIII")
_LIST = struct.Struct("<BBHHH")
_ENTRY = struct.Struct("<BBHI")
_SID = struct.Struct("<BB6s")
_PART = 4
_SIMPLE_ENTRIES = frozenset({0, 1})
"""Allowed and denied: behind the access mask stands a SID and nothing else."""


class _OtherFormError(ValueError):
    """The bytes are not of the form that is known."""


def descriptor(text: str, replace: Sids) -> str | None:
    """A self-relative security descriptor ([MS-DTYP] 2.4.6) with other SIDs; None where the text is no Base64.

    One of another form becomes as many bytes that are no descriptor.
    """
    found = _decoded(text)
    if found is None:
        return None
    try:
        return _encoded(_rewritten(found, replace))
    except (_OtherFormError, struct.error, ValueError):
        return _encoded(b"\xff" * len(found))


def failure_actions(text: str) -> str | None:
    """A service's `FailureActions`, which is numbers; None where the text is no Base64.

    One of another form becomes as many bytes that are none.
    """
    found = _decoded(text)
    if found is None:
        return None
    is_known = len(found) >= HEADER.size and len(found) == HEADER.size + HEADER.unpack_from(found)[0] * ACTION.size
    return text if is_known else _encoded(b"\xff" * len(found))


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _rewritten(data: bytes, replace: Sids) -> bytes:
    """A descriptor of nothing but what was understood: other bytes are zero."""
    revision, _, control, owner, group, sacl, dacl = _DESCRIPTOR.unpack_from(data)
    if sacl:
        raise _OtherFormError
    told = bytearray(len(data))
    _DESCRIPTOR.pack_into(told, 0, revision, 0, control, owner, group, sacl, dacl)
    places = [place for place in (owner, group) if place]
    if dacl:
        places.extend(_entries(data, told, dacl))
    for place in places:
        _put(told, place, _sid_bytes(replace(_sid_text(data, place)), _sid_size(data, place)))
    return bytes(told)


def _entries(data: bytes, told: bytearray, start: int) -> Iterator[int]:
    """Copy a list of rules but for its SIDs, and tell where these stand."""
    revision, _, size, count, _ = _LIST.unpack_from(data, start)
    _LIST.pack_into(told, start, revision, 0, size, count, 0)
    place = start + _LIST.size
    for _ in range(count):
        kind, flags, length, mask = _ENTRY.unpack_from(data, place)
        if kind not in _SIMPLE_ENTRIES or length < _ENTRY.size + _SID.size or place + length > len(data):
            raise _OtherFormError
        _ENTRY.pack_into(told, place, kind, flags, length, mask)
        yield place + _ENTRY.size
        place += length


def _sid_size(data: bytes, place: int) -> int:
    size = _SID.size + _PART * data[place + 1] if place + 1 < len(data) else len(data) + 1
    if place + size > len(data):
        raise _OtherFormError
    return size


def _sid_text(data: bytes, place: int) -> str:
    revision, count, authority = _SID.unpack_from(data, place)
    parts = struct.unpack_from(f"<{count}I", data, place + _SID.size)
    return "-".join(["S", str(revision), str(int.from_bytes(authority, "big")), *map(str, parts)])


def _sid_bytes(text: str, size: int) -> bytes:
    revision, authority, *parts = (int(part) for part in text.split("-")[1:])
    found = _SID.pack(revision, len(parts), authority.to_bytes(6, "big")) + struct.pack(f"<{len(parts)}I", *parts)
    if len(found) != size:
        raise _OtherFormError
    return found


def _put(told: bytearray, place: int, what: bytes) -> None:
    told[place : place + len(what)] = what
