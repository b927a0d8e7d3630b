"""What may be read as a reply: the sealed form of MS-WSMV 2.2.9.1, and SOAP that is safe to parse."""

import re
from collections.abc import Callable

from ssoaudit.collect.winrm.classify import RefusedError

_BOUNDARY = b"--Encrypted Boundary"
_MEDIA_TYPE = re.compile(
    r'\s*multipart/encrypted\s*;\s*protocol\s*=\s*"(?P<protocol>[^"]+)"\s*;\s*boundary\s*=\s*"Encrypted Boundary"\s*',
    re.IGNORECASE,
)
_HEAD = re.compile(
    _BOUNDARY + rb"\r\n"
    rb"[ \t]*Content-Type:[ \t]*(?P<protocol>[^\s;]+)[ \t]*\r\n"
    rb"[ \t]*OriginalContent:[ \t]*type=[^\r\n]*;[ \t]*Length=(?P<length>[0-9]{1,9})[ \t]*\r\n"
    + _BOUNDARY
    + rb"\r\n[ \t]*Content-Type:[ \t]*application/octet-stream[ \t]*\r\n",
    re.IGNORECASE,
)
_TAILS = (_BOUNDARY + b"--\r\n", _BOUNDARY + b"--\r\n\r\n", _BOUNDARY + b"--")
_PROTOCOLS = frozenset({"application/http-spnego-session-encrypted", "application/http-kerberos-session-encrypted"})
_LENGTH_BYTES = 4
_LONGEST_SIGNATURE = 256
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)")


def unseal(media_type: str, body: bytes, decrypt: Callable[[bytes], bytes]) -> bytes:
    """The message within a sealed reply.

    Read by its structure, as servers differ in blanks and line ends; strict in what protects: exactly one part,
    nothing around it, a signature that verifies and the length that is announced.

    Args:
        media_type: The reply's Content-Type.
        body: The reply.
        decrypt: Takes signature length (32 bits, little endian), signature and ciphertext; gives the message, or
            raises whatever the security package raises.

    Raises:
        RefusedError: `downgrade` where the reply is not sealed, `integrity` where it is damaged or forged.
    """
    sealed = _MEDIA_TYPE.fullmatch(media_type)
    if sealed is None or sealed["protocol"].lower() not in _PROTOCOLS:
        raise RefusedError("downgrade")
    head = _HEAD.match(body)
    tail = next((tail for tail in _TAILS if body.endswith(tail)), None)
    if head is None or tail is None or head["protocol"].decode("latin-1").lower() != sealed["protocol"].lower():
        raise RefusedError("integrity", "malformed multipart/encrypted")
    content = body[head.end() : len(body) - len(tail)]
    signature = int.from_bytes(content[:_LENGTH_BYTES], "little")
    length = int(head["length"])
    whole = _LENGTH_BYTES + signature + length
    if not 0 < signature <= _LONGEST_SIGNATURE or content[whole:] not in (b"", b"\r\n"):
        raise RefusedError("integrity", "lengths disagree")
    try:
        message = decrypt(content[:whole])
    except Exception as error:
        raise RefusedError("integrity", type(error).__name__) from error
    if len(message) != length:
        raise RefusedError("integrity", "lengths disagree")
    return message


def screened(soap: bytes) -> bytes:
    """The reply itself, if a parser may see it: UTF-8 and without a document type.

    Raises:
        RefusedError: `hostile`. An entity can grow without bound or name a file; another encoding could hide one.
    """
    declared = _DECLARATION.match(soap)
    if declared is not None and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii"):
        raise RefusedError("hostile", "not UTF-8")
    try:
        soap.decode("utf-8")
    except UnicodeDecodeError:
        raise RefusedError("hostile", "not UTF-8") from None
    if b"\0" in soap or b"<!DOCTYPE" in soap or b"<!ENTITY" in soap:
        raise RefusedError("hostile", "document type")
    return soap
