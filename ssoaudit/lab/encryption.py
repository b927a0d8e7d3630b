"""WinRM's message encryption (MS-WSMV 2.2.9.1): one sealed SOAP envelope in a multipart/encrypted body.

Both ways the form is the one Windows sends: a TAB before the part headers, the closing boundary directly
behind the ciphertext and one line end behind it. What is read may lack the TABs or end in two line ends, as
other stacks do it; nothing else is tolerated.
"""

import re
import struct

from spnego import ContextProxy
from spnego.exceptions import SpnegoError

PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
CONTENT_TYPE = f'multipart/encrypted;protocol="{PROTOCOL}";boundary="Encrypted Boundary"'
SIGNATURE_BYTES = 16

_HEAD = re.compile(
    rb"--Encrypted Boundary\r\n"
    rb"[ \t]*Content-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
    rb"[ \t]*OriginalContent: type=application/soap\+xml;charset=UTF-8;Length=([0-9]{1,9})\r\n"
    rb"--Encrypted Boundary\r\n"
    rb"[ \t]*Content-Type: application/octet-stream\r\n"
)
_TAIL = re.compile(rb"(?:\r\n)?--Encrypted Boundary--(?:\r\n){1,2}")


class SealError(Exception):
    """A body that is no sealed message of this connection: malformed, altered, replayed or out of order."""


def is_sealed(content_type: str) -> bool:
    """Whether a Content-Type announces a sealed message, whole or in several parts."""
    return content_type.lower().startswith(("multipart/encrypted", "multipart/x-multi-encrypted"))


def seal(context: ContextProxy, message: bytes) -> bytes:
    """The multipart body that carries `message`."""
    sealed = context.wrap_winrm(message)
    head = (
        "--Encrypted Boundary\r\n"
        f"\tContent-Type: {PROTOCOL}\r\n"
        f"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={len(message)}\r\n"
        "--Encrypted Boundary\r\n"
        "\tContent-Type: application/octet-stream\r\n"
    )
    payload = struct.pack("<i", len(sealed.header)) + sealed.header + sealed.data
    return head.encode("ascii") + payload + b"--Encrypted Boundary--\r\n"


def unseal(context: ContextProxy, body: bytes) -> bytes:
    """The message in a multipart body.

    Raises:
        SealError: see there. The connection's keys are of no further use then.
    """
    head = _HEAD.match(body)
    if not head:
        raise SealError("the parts are not those of a sealed message")
    start = head.end() + 4
    end = start + SIGNATURE_BYTES + int(head[1])
    if body[head.end() : start] != struct.pack("<i", SIGNATURE_BYTES) or not _TAIL.fullmatch(body, end):
        raise SealError("the lengths do not fit the sealed message")
    try:
        return context.unwrap_winrm(body[start : start + SIGNATURE_BYTES], body[start + SIGNATURE_BYTES : end])
    except SpnegoError:
        raise SealError("the signature is not that of the message") from None
