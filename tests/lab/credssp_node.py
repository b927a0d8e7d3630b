"""A lab node that speaks CredSSP, and what seals its messages: records of the TLS connection within HTTP."""

import base64
import re
import ssl
import struct
from http import HTTPStatus

import spnego
from spnego._credssp import _create_tls_context
from spnego.exceptions import SpnegoError

from ssoaudit.credentials import Secret
from ssoaudit.lab.authentication import Account, Logon
from ssoaudit.lab.command import Command
from ssoaudit.lab.counters import Counters
from ssoaudit.lab.http import Response
from ssoaudit.lab.winrm import Node

PROTOCOL = "application/HTTP-CredSSP-session-encrypted"
PART_BYTES = 16_384

_HEAD = (
    "--Encrypted Boundary\r\n"
    "\tContent-Type: " + PROTOCOL + "\r\n"
    "\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={length}\r\n"
    "--Encrypted Boundary\r\n"
    "\tContent-Type: application/octet-stream\r\n"
)
_PART = re.compile(re.escape(_HEAD.encode()).replace(rb"\{length\}", rb"([0-9]{1,9})"))
_END = b"--Encrypted Boundary--\r\n"
_RECORD_HEADS = (5, 13)
"""What stands before the content in a record of TLS 1.3, and with the nonce of TLS 1.2."""


class CredsspLogon(Logon):
    """One client's way through TLS, NTLM, key and password. `given` collects the passwords that arrived."""

    def __init__(self, account: Account, counters: Counters, given: list[str], newest_tls: ssl.TLSVersion) -> None:
        super().__init__(account, (), counters)
        self._offers = ("Negotiate", "CredSSP")
        self._accept = {"credssp": self._accept_credssp}
        self._given = given
        self._newest_tls = newest_tls
        self._server: spnego.ContextProxy | None = None

    def _accept_credssp(self, token: bytes) -> tuple[str, ...]:
        with self._account.at_hand():
            server = self._server = self._server or self._begin()
            try:
                answer = server.step(token)
            except SpnegoError:
                self._server = None
                return self._rejected()
        if server.get_extra_info("auth_stage") == "Authentication failure":
            self._counters.authenticate_messages += 1
            self._server = None
            self._rejected()
        if not server.complete:
            return (f"CredSSP {base64.b64encode(answer or b'').decode()}",)
        self._counters.authenticate_messages += 1
        self._counters.logons += 1
        self._given.append(server.get_extra_info("client_credential").password)
        self.context = server
        return ()

    def _begin(self) -> spnego.ContextProxy:
        tls = _create_tls_context("accept")
        tls.context.maximum_version = self._newest_tls
        return spnego.server(protocol="credssp", credssp_tls_context=tls)


class CredsspNode(Node):
    """Its answers come in parts of 16 KB at most, as TLS records do."""

    def __init__(
        self,
        run: Command,
        user: str,
        password: Secret,
        newest_tls: ssl.TLSVersion,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__("NODE1", run, user, password, ssl_context=ssl_context)
        self.given: list[str] = []
        self._newest_tls = newest_tls

    def _logon(self) -> Logon:
        return CredsspLogon(self._account, self.counters, self.given, self._newest_tls)

    async def _answer_sealed(self, body: bytes, logon: Logon) -> Response:
        if not logon.context:
            return Response(HTTPStatus.BAD_REQUEST, close=True)
        message = unseal(logon.context, body)
        self.counters.encrypted_messages += 1
        status, answer = await self._perform(message)
        return Response(status, seal(logon.context, answer), media_type(answer))


def media_type(message: bytes) -> str:
    kind = "encrypted" if len(message) <= PART_BYTES else "x-multi-encrypted"
    return f'multipart/{kind};protocol="{PROTOCOL}";boundary="Encrypted Boundary"'


def seal(context: spnego.ContextProxy, message: bytes) -> bytes:
    body = b""
    for start in range(0, len(message), PART_BYTES):
        part = message[start : start + PART_BYTES]
        sealed = context.wrap_winrm(part)
        body += _HEAD.format(length=len(part)).encode()
        body += struct.pack("<i", len(sealed.header)) + sealed.header + sealed.data
    return body + _END


def unseal(context: spnego.ContextProxy, body: bytes) -> bytes:
    """The message in a body of exactly the form that Windows reads."""
    assert body.endswith(_END)
    _, *parts = _PART.split(body.removesuffix(_END))
    message = b""
    for length, payload in zip(parts[::2], parts[1::2], strict=True):
        (trailer,) = struct.unpack("<i", payload[:4])
        part = context.unwrap_winrm(payload[4 : 4 + trailer], payload[4 + trailer :])
        assert len(part) == int(length) <= PART_BYTES
        assert len(payload) - 4 - trailer - len(part) in _RECORD_HEADS
        message += part
    return message
