"""CredSSP: TLS within HTTP, NTLM within that, and at last the password itself, for whoever proved to know it before.

What stands between here and there may hold the inner TLS connection, as its certificate is anybody's. Only the public
key that both ends seal with NTLM's key tells (MS-CSSP 3.1.5); so nothing counts until that exchange has ended.
"""

import base64
import binascii
import re
import ssl
import struct
from collections.abc import Callable, Mapping
from typing import Any

import requests
import requests.auth
import spnego
import spnego.tls
from spnego.exceptions import BadBindingsError, SpnegoError
from winrm.encryption import Encryption
from winrm.exceptions import InvalidCredentialsError

from ssoaudit.collect.winrm.classify import RefusedError
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.collect.winrm.ntlm import require_strength

_OK, _UNAUTHORIZED = 200, 401
_MOST_LEGS = 12  # of TLS two or three, of NTLM two, then the key and the password
_SINCE_CVE_2018_0886 = 5

_BOUNDARY = b"--Encrypted Boundary"
_MEDIA_TYPE = re.compile(
    r"\s*multipart/(?:x-multi-)?encrypted\s*;"
    r'\s*protocol\s*=\s*"application/HTTP-CredSSP-session-encrypted"\s*;\s*boundary\s*=\s*"Encrypted Boundary"\s*',
    re.IGNORECASE,
)
_HEAD = re.compile(
    _BOUNDARY + rb"\r\n"
    rb"[ \t]*Content-Type:[ \t]*application/HTTP-CredSSP-session-encrypted[ \t]*\r\n"
    rb"[ \t]*OriginalContent:[ \t]*type=[^\r\n]*;[ \t]*Length=([0-9]{1,9})[ \t]*\r\n"
    + _BOUNDARY
    + rb"\r\n[ \t]*Content-Type:[ \t]*application/octet-stream[ \t]*\r\n",
    re.IGNORECASE,
)
_TAILS = (b"--\r\n", b"--\r\n\r\n", b"--")
_TRAILER_BYTES = 4
_RECORD = struct.Struct(">BHH")
_APPLICATION_DATA = 23


class CredsspAuth(requests.auth.AuthBase):
    """Answers a 401 that offers CredSSP, over the session's own adapter; one logon per 401, and no second try."""

    def __init__(self, logon: Logon, host: str) -> None:
        self._logon = logon
        self._host = host
        self.context: spnego.ContextProxy | None = None
        """Seals and unseals, once the machine has taken the password."""
        self.gave_proof = False
        """Whether the machine was given proof of the password."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request, whose 401 will be answered."""
        request.headers["Connection"] = "Keep-Alive"
        request.register_hook("response", self._answer)  # type: ignore[no-untyped-call]
        return request

    def _answer(self, response: requests.Response, **sending: Any) -> requests.Response:  # noqa: ANN401 - passed on
        """The reply after logging on; a 401 without an offer as it is.

        Raises:
            InvalidCredentialsError: The machine refused after it had been given proof of the password.
            RefusedError: `auth-scheme`, `auth-weak`, `credssp-binding`, `credssp-old`, `downgrade` or `protocol`.
        """
        if response.status_code != _UNAUTHORIZED or _challenge(response) is None:
            return response
        self.context = None
        exchange = _Exchange(self._logon, self._host)
        token = exchange.begin()
        for _ in range(_MOST_LEGS):
            self.gave_proof |= exchange.is_proof
            response = _reply(response, token, sending)
            if response.status_code == _OK and not exchange.is_complete:
                raise RefusedError("downgrade", "logged on before the exchange had ended")
            if response.status_code != _UNAUTHORIZED:
                self.context = exchange.context
                return response
            token = exchange.go_on(_challenge(response))
        raise RefusedError("protocol", "logging on does not end")


class _Exchange:
    """The tokens of one logon."""

    def __init__(self, logon: Logon, host: str) -> None:
        credential = spnego.Password(logon.user, logon.password.reveal())
        ntlm = spnego.NegotiateOptions.use_ntlm
        self._ntlm = spnego.client(credential, hostname=host, service="HTTP", protocol="ntlm", options=ntlm)
        self.context = spnego.client(
            credential,
            hostname=host,
            service="HTTP",
            protocol="credssp",
            credssp_negotiate_context=self._ntlm,
            credssp_tls_context=_tls(),
            credssp_min_protocol=_SINCE_CVE_2018_0886,
        )

    @property
    def is_complete(self) -> bool:
        """Whether the token at hand is the last."""
        return self.context.complete

    @property
    def is_proof(self) -> bool:
        """Whether the token at hand, or one before it, proves the password."""
        return self._ntlm.complete

    def begin(self) -> bytes:
        """The first token."""
        return self.context.step() or b""

    def go_on(self, answer: bytes | None) -> bytes:
        """The token that follows an answer; None is a 401 without one."""
        proven = self._ntlm.complete
        if proven and (self.is_complete or not answer):
            raise InvalidCredentialsError
        if not answer:
            raise RefusedError("auth-scheme", "broken off")
        try:
            token = self.context.step(answer) or b""
        except BadBindingsError:
            raise RefusedError("credssp-binding") from None
        except Exception as error:  # noqa: BLE001 - whatever its parsers raise
            raise self._failure(error, proven=proven) from None
        if self._ntlm.complete and not proven:
            require_strength(self._ntlm)
        return token

    def _failure(self, error: Exception, *, proven: bool) -> Exception:
        status = getattr(getattr(error, "base_error", None), "winerror", None)
        told = f"NTSTATUS 0x{status & 0xFFFFFFFF:08X}" if isinstance(status, int) else type(error).__name__
        if proven:
            return InvalidCredentialsError(RefusedError("auth", told))
        version = self.context.get_extra_info("protocol_version", _SINCE_CVE_2018_0886)
        return RefusedError("credssp-old" if version < _SINCE_CVE_2018_0886 else "protocol", told)


class _TlsObject(ssl.SSLObject):
    def read(self, len: int = 1024, buffer: bytearray | None = None) -> bytes:  # type: ignore[override]  # noqa: A002
        """Bytes, or an error at the connection's end: pyspnego reads until there is one, for ever if need be."""
        data = super().read(len, buffer)
        if not data:
            raise ssl.SSLZeroReturnError
        return data


def _tls() -> spnego.tls.CredSSPTLSContext:
    tls = spnego.tls.default_tls_context()
    tls.context.sslobject_class = _TlsObject
    return tls


def _reply(response: requests.Response, token: bytes, sending: Mapping[str, Any]) -> requests.Response:
    """What the machine says to the token, on the same connection."""
    _ = response.content
    response.raw.release_conn()
    request = response.request.copy()
    request.headers["Authorization"] = f"CredSSP {base64.b64encode(token).decode()}"
    return response.connection.send(request, **sending)


def _challenge(response: requests.Response) -> bytes | None:
    """The token with which CredSSP is offered, empty in the first offer; None where it is not offered."""
    for offer in response.headers.get("WWW-Authenticate", "").split(","):
        scheme, _, token = offer.strip().partition(" ")
        if scheme.lower() == "credssp":
            try:
                return base64.b64decode(token, validate=True)
            except binascii.Error as error:
                raise RefusedError("protocol", "the token is not base64") from error
    return None


class CredsspEncryption(Encryption):
    """Messages as records of the inner TLS connection (MS-WSMV 2.2.9.1.3)."""

    def __init__(self, session: requests.Session, context: spnego.ContextProxy) -> None:
        super().__init__(session, "credssp")
        self._context = context

    def _build_credssp_message(self, message: bytes, host: object) -> bytes:  # noqa: ARG002 - as pywinrm calls it
        sealed = self._context.wrap_winrm(message)
        return struct.pack("<i", len(sealed.header)) + sealed.header + sealed.data

    def unseal(self, media_type: str, body: bytes) -> bytes:
        """The message within a sealed reply. Raises `RefusedError`: `downgrade` or `integrity`."""
        return unseal(media_type, body, lambda records: self._context.unwrap(records).data)


def unseal(media_type: str, body: bytes, decrypt: Callable[[bytes], bytes]) -> bytes:
    """The message within a reply of one or more parts, each of whole TLS records.

    Args:
        media_type: The reply's Content-Type.
        body: The reply.
        decrypt: Takes the records of a part; gives their content, or raises what TLS raises.

    Raises:
        RefusedError: `downgrade` where the reply is not sealed, `integrity` where it is damaged or forged.
    """
    if _MEDIA_TYPE.fullmatch(media_type) is None:
        raise RefusedError("downgrade")
    message = bytearray()
    start = 0
    while head := _HEAD.match(body, start):
        end = _end_of_records(body, head.end() + _TRAILER_BYTES)
        try:
            part = decrypt(body[head.end() + _TRAILER_BYTES : end])
        except (SpnegoError, ssl.SSLError) as error:
            raise RefusedError("integrity", type(error).__name__) from error
        if len(part) != int(head[1]):
            raise RefusedError("integrity", "lengths disagree")
        message += part
        start = end + 2 if body.startswith(b"\r\n", end) else end
    if start == 0 or body[start:] not in [_BOUNDARY + tail for tail in _TAILS]:
        raise RefusedError("integrity", "malformed multipart/encrypted")
    return bytes(message)


def _end_of_records(body: bytes, start: int) -> int:
    """Where the TLS records that begin there end."""
    while len(body) >= start + _RECORD.size:
        kind, _, length = _RECORD.unpack_from(body, start)
        if kind != _APPLICATION_DATA or len(body) < start + _RECORD.size + length:
            break
        start += _RECORD.size + length
    return start
