"""A lab node whose clients log on by certificate, over TLS."""

import ssl
from asyncio import StreamReader, StreamWriter
from contextvars import ContextVar
from typing import Any

from ssoaudit.credentials import Secret
from ssoaudit.lab.authentication import Account, Logon
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.command import Command
from ssoaudit.lab.counters import Counters
from ssoaudit.lab.winrm import Node

PROFILE = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
OFFERS = ("Negotiate",)


class CertificateLogon(Logon):
    """Whoever shows the certificate of the one user that is mapped to an account."""

    def __init__(self, account: Account, counters: Counters, shown: str) -> None:
        super().__init__(account, (), counters)
        self._shown = shown
        self._is_known = False

    def challenges(self, authorization: str) -> tuple[str, ...]:
        if authorization != PROFILE or self._shown != self._account.user:
            self._counters.rejected_logons += 1
            return OFFERS
        self._counters.logons += not self._is_known
        self._is_known = True
        return ()


class CertificateNode(Node):
    """Takes certificates of `clients`, and asks for one without insisting, as http.sys does."""

    def __init__(self, run: Command, user: str, server: ssl.SSLContext, clients: Authority) -> None:
        server.load_verify_locations(cadata=clients.pem.decode())
        server.verify_mode = ssl.CERT_OPTIONAL
        super().__init__("NODE1", run, user, Secret("unused"), ssl_context=server)
        self._shown: ContextVar[str] = ContextVar("shown")

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._shown.set(_common_name(writer.get_extra_info("peercert")))
        await super()._serve(reader, writer)

    def _logon(self) -> Logon:
        return CertificateLogon(self._account, self.counters, self._shown.get())


def _common_name(certificate: dict[str, Any]) -> str:
    return dict(pair for part in certificate.get("subject", ()) for pair in part).get("commonName", "")
