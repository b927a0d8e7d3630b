"""Security descriptors as Windows lays them out ([MS-DTYP] 2.4)."""

import base64
import struct
from collections.abc import Mapping

_SELF_RELATIVE_WITH_DACL = 0x8004
_HEADER = struct.Struct("<BBHIIII")
_ENTRY = struct.Struct("<BBHI")


def descriptor(owner: str, allowed: Mapping[str, int]) -> str:
    """Base64 of a self-relative descriptor: an owner, and for each SID the access mask that it is allowed."""
    sids = {_sid(sid): mask for sid, mask in allowed.items()}
    entries = b"".join(_ENTRY.pack(0, 0, _ENTRY.size + len(sid), mask) + sid for sid, mask in sids.items())
    dacl = struct.pack("<BBHHH", 2, 0, 8 + len(entries), len(sids), 0) + entries
    owned = _sid(owner)
    header = _HEADER.pack(1, 0, _SELF_RELATIVE_WITH_DACL, _HEADER.size, 0, 0, _HEADER.size + len(owned))
    return base64.b64encode(header + owned + dacl).decode("ascii")


def _sid(text: str) -> bytes:
    revision, authority, *parts = (int(part) for part in text.split("-")[1:])
    return (
        struct.pack("<BB", revision, len(parts)) + authority.to_bytes(6, "big") + struct.pack(f"<{len(parts)}I", *parts)
    )
