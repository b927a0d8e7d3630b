"""HTTP/1.1 as far as WinRM needs it: requests and replies with a Content-Length on a kept connection."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

HEADER_LIMIT = 16_384
BODY_LIMIT = 512 * 1024
DISCARD_LIMIT = 16 * BODY_LIMIT
"""How much of a body that is too large is read and dropped, so that the client comes to read why."""

_REQUEST_LINE = re.compile(r"([A-Z]{1,16}) (\S+) HTTP/1\.1")
_HEADER_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
_LENGTH = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True)
class Request:
    """One request; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    """One reply. `challenges` become WWW-Authenticate headers; `close` ends the connection after it."""

    status: int
    body: bytes = b""
    content_type: str = ""
    challenges: tuple[str, ...] = ()
    close: bool = False

    def encode(self) -> bytes:
        """The reply as it goes over the wire."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        if self.content_type:
            lines.append(f"Content-Type: {self.content_type}")
        lines += [f"WWW-Authenticate: {challenge}" for challenge in self.challenges]
        if self.close:
            lines.append("Connection: close")
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + self.body


class BadRequestError(Exception):
    """A request that is not read further; `status` is what to answer before closing."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request, or None where the client has closed. The reader's limit caps the header.

    Raises:
        BadRequestError: the header is malformed or too long, or the body too large.
        asyncio.IncompleteReadError: the client closed before the body's end.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise BadRequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from None
    except asyncio.IncompleteReadError:
        return None
    method, path, headers = _parse_head(head.decode("latin-1").removesuffix("\r\n\r\n"))
    length = _body_length(headers)
    if length > BODY_LIMIT:
        await _discard(reader, min(length, DISCARD_LIMIT))
        raise BadRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return Request(method, path, headers, await reader.readexactly(length))


def _parse_head(text: str) -> tuple[str, str, dict[str, str]]:
    first, *lines = text.split("\r\n")
    request = _REQUEST_LINE.fullmatch(first)
    fields = [_HEADER_LINE.fullmatch(line) for line in lines]
    headers = {field[1].lower(): field[2] for field in fields if field}
    if not request or len(headers) != len(lines):
        raise BadRequestError(HTTPStatus.BAD_REQUEST)
    return request[1], request[2], headers


def _body_length(headers: Mapping[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise BadRequestError(HTTPStatus.LENGTH_REQUIRED)
    length = headers.get("content-length", "0")
    if not _LENGTH.fullmatch(length):
        raise BadRequestError(HTTPStatus.BAD_REQUEST)
    return int(length)


async def _discard(reader: asyncio.StreamReader, length: int) -> None:
    while length and (piece := await reader.read(min(length, HEADER_LIMIT))):
        length -= len(piece)
