"""Packets of TDS, and the messages that are sent in one or many of them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from ssoaudit.lab.tds.payload import MalformedError

HEADER = struct.Struct(">BBHHBB")
DEFAULT_SIZE = 4096
SMALLEST_SIZE = 512
LARGEST_SIZE = 32_767
MESSAGE_LIMIT = 1024 * 1024

_END_OF_MESSAGE = 0x01
_IGNORE = 0x02


class PacketType(IntEnum):
    """The kinds of message that the lab reads or writes."""

    SQL_BATCH = 1
    RPC = 3
    TABULAR_RESULT = 4
    ATTENTION = 6
    TRANSACTION = 14
    LOGIN7 = 16
    PRELOGIN = 18


_KINDS = frozenset(PacketType)


class Source(Protocol):
    """Where bytes come from."""

    async def readexactly(self, n: int) -> bytes:
        """So many bytes; `asyncio.IncompleteReadError` where there are fewer."""


@dataclass(frozen=True)
class Message:
    """The contents of one packet, or of all packets of a message."""

    type: PacketType
    data: bytes
    is_last: bool = True


async def read_packet(source: Source) -> Message:
    """The next packet.

    Raises:
        MalformedError: a header that is none, or of a kind no client of the lab sends.
        asyncio.IncompleteReadError: the client is gone.
    """
    kind, status, length, *_ = HEADER.unpack(await source.readexactly(HEADER.size))
    if kind not in _KINDS or not HEADER.size <= length <= LARGEST_SIZE or status & _IGNORE:
        raise MalformedError("The packet's header is not one that is answered.")
    return Message(PacketType(kind), await source.readexactly(length - HEADER.size), bool(status & _END_OF_MESSAGE))


async def read_message(source: Source) -> Message:
    """The next message, whole.

    Raises:
        MalformedError: as `read_packet`, or packets of different kinds, or more than `MESSAGE_LIMIT` bytes.
        asyncio.IncompleteReadError: the client is gone.
    """
    packet = await read_packet(source)
    pieces, size = [packet.data], len(packet.data)
    while not packet.is_last:
        packet, kind = await read_packet(source), packet.type
        pieces.append(packet.data)
        size += len(packet.data) + HEADER.size
        if packet.type != kind or size > MESSAGE_LIMIT:
            raise MalformedError("The message's packets do not belong together, or are too many.")
    return Message(packet.type, b"".join(pieces))


def packets(kind: PacketType, data: bytes, size: int = DEFAULT_SIZE) -> Iterator[bytes]:
    """The message cut into packets of at most `size` bytes, header included; at least one."""
    room = size - HEADER.size
    last = max(len(data) - 1, 0) // room
    for index in range(last + 1):
        piece = data[index * room : (index + 1) * room]
        status = _END_OF_MESSAGE if index == last else 0
        yield HEADER.pack(kind, status, HEADER.size + len(piece), 0, (index + 1) % 256, 0) + piece
