"""A lab node that speaks Kerberos: `Negotiate` with mutual authentication, and messages sealed under its keys."""

import base64
import hashlib
import re
import ssl
import struct
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from gssapi import raw

from ssoaudit.credentials import Secret
from ssoaudit.lab import encryption
from ssoaudit.lab.authentication import Logon
from ssoaudit.lab.command import Command
from ssoaudit.lab.http import Request, Response
from ssoaudit.lab.winrm import Node

SPNEGO, KERBEROS = "application/HTTP-SPNEGO-session-encrypted", "application/HTTP-Kerberos-session-encrypted"
"""The two names of one form. The client sends the first, as Windows does; some servers answer with the second."""

_HEAD = (
    "--Encrypted Boundary\r\n"
    "\tContent-Type: {protocol}\r\n"
    "\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={length}\r\n"
    "--Encrypted Boundary\r\n"
    "\tContent-Type: application/octet-stream\r\n"
)
_TAIL = b"--Encrypted Boundary--\r\n"
_LENGTH = re.compile(rb";Length=([0-9]+)\r\n")


@dataclass
class Peers:
    """Who logged on to a node, and how: the principals, how many tickets were delegated, how many bound to TLS."""

    principals: list[str] = field(default_factory=list)
    delegated: int = 0
    bound: int = 0
    tokens: int = 0


class KerberosLogon(Logon):
    """Who a connection is. `reply` is the token that proves the node's own identity, once."""

    def __init__(self, node: "KerberosNode") -> None:
        super().__init__(node.account, (), node.counters)
        self._node = node
        self.security: raw.SecurityContext | None = None
        self.reply = ""

    def challenges(self, authorization: str) -> tuple[str, ...]:
        offers = self._node.offers
        if not authorization:
            return () if self.security else offers
        self.security = None
        scheme, _, token = authorization.partition(" ")
        if scheme != "Negotiate" or "Negotiate" not in offers:
            return offers
        self._node.peers.tokens += 1
        try:
            accepted = raw.accept_sec_context(base64.b64decode(token), channel_bindings=self._node.bindings)
        except raw.GSSError:
            return self._refused()
        is_bound = bool(accepted.flags & raw.RequirementFlag.channel_bound)
        if self._node.bindings and not is_bound:
            return self._refused()
        self._node.counters.logons += 1
        peers = self._node.peers
        peers.principals.append(raw.display_name(accepted.initiator_name, name_type=False).name.decode())
        peers.delegated += accepted.delegated_creds is not None
        peers.bound += is_bound
        self.security = accepted.context
        self.reply = base64.b64encode(accepted.token or b"").decode()
        return ()

    def _refused(self) -> tuple[str, ...]:
        self._node.counters.rejected_logons += 1
        return self._node.offers


class KerberosNode(Node):
    """A node whose service key is in the keytab that KRB5_KTNAME names.

    `offers` is what a 401 asks for. `protocol` is the name that sealed answers carry. `proof` is what the node
    gives for its identity: "honest", "none", "empty", "forged". `answers` are "honest", "altered" or "replayed".
    """

    def __init__(
        self,
        run: Command,
        *,
        offers: tuple[str, ...] = ("Negotiate", "Kerberos"),
        ssl_context: ssl.SSLContext | None = None,
        protocol: str = SPNEGO,
        proof: str = "honest",
        answers: str = "honest",
    ) -> None:
        super().__init__("NODE1", run, "nobody", Secret("nothing"), ssl_context=ssl_context)
        self.account = self._account
        self.offers = offers
        self.peers = Peers()
        self.bindings: raw.ChannelBindings | None = None
        self._protocol = protocol
        self._proof = proof
        self._answers = answers
        self._first = b""

    def demand_binding(self, certificate: bytes) -> None:
        """Take only tickets that are bound to this certificate (DER), as CbtHardeningLevel=Strict does."""
        self.bindings = raw.ChannelBindings(application_data=_end_point(certificate))

    def _logon(self) -> Logon:
        return KerberosLogon(self)

    async def _answer(self, request: Request, logon: Logon) -> Response:
        assert isinstance(logon, KerberosLogon)
        response = await super()._answer(request, logon)
        reply, logon.reply = logon.reply, ""
        proof = {"honest": reply, "none": "", "empty": "", "forged": base64.b64encode(b"`" * 90).decode()}[self._proof]
        if not reply or self._proof == "none":
            return response
        return replace(response, challenges=(f"Negotiate {proof}",))

    async def _answer_sealed(self, body: bytes, logon: Logon) -> Response:
        assert isinstance(logon, KerberosLogon)
        if not logon.security:
            return Response(HTTPStatus.BAD_REQUEST, close=True)
        message = unseal(logon.security, body)
        self.counters.encrypted_messages += 1
        status, answer = await self._perform(message)
        sealed = seal(logon.security, answer, self._protocol)
        self._first = self._first or sealed
        if self._answers == "altered":
            sealed = sealed.replace(_TAIL, b"x" + _TAIL)[:-1]
        if self._answers == "replayed":
            sealed = self._first
        media_type = f'multipart/encrypted;protocol="{self._protocol}";boundary="Encrypted Boundary"'
        return Response(status, sealed, media_type)


def seal(security: raw.SecurityContext, message: bytes, protocol: str) -> bytes:
    """The multipart body that carries `message`."""
    iov = raw.IOV(raw.IOVBufferType.header, message, raw.IOVBufferType.padding, std_layout=False)
    raw.wrap_iov(security, iov, confidential=True)
    header, data, padding = (part.value or b"" for part in iov)
    head = _HEAD.format(protocol=protocol, length=len(message)).encode()
    return head + struct.pack("<i", len(header)) + header + data + padding + _TAIL


def unseal(security: raw.SecurityContext, body: bytes) -> bytes:
    """The message in a multipart body of exactly the form that Windows reads."""
    length = _LENGTH.search(body)
    assert length
    head = _HEAD.format(protocol=encryption.PROTOCOL, length=int(length[1])).encode()
    assert body.startswith(head)
    assert body.endswith(_TAIL)
    payload = body[len(head) : -len(_TAIL)]
    (signature,) = struct.unpack("<i", payload[:4])
    assert len(payload) == 4 + signature + int(length[1])
    iov = raw.IOV(
        (raw.IOVBufferType.header, False, payload[4 : 4 + signature]), payload[4 + signature :], std_layout=False
    )
    result = raw.unwrap_iov(security, iov)
    assert result.encrypted
    return iov[1].value or b""


def _end_point(certificate: bytes) -> bytes:
    """The channel binding tls-server-end-point (RFC 5929, 4.1)."""
    return b"tls-server-end-point:" + hashlib.sha256(certificate).digest()
