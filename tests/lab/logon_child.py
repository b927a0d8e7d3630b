"""The process of the nodes that clients log on to by certificate or CredSSP: JSON lines in, one reply each."""

import asyncio
import ssl

from ssoaudit.credentials import Secret
from ssoaudit.lab.winrm import Reply
from tests.lab.certificate_node import CertificateNode
from tests.lab.child import Nodes
from tests.lab.credssp_node import CredsspNode


def run(command: str, arguments: tuple[str, ...], stdin: bytes) -> Reply:
    return Reply(stdin)


class LogonNodes(Nodes):
    async def credssp(self, user: str, password: str, newest_tls: str, *, https: bool) -> dict[str, object]:
        context = self.authority.server_context("127.0.0.1") if https else None
        return await self.add(CredsspNode(run, user, Secret(password), ssl.TLSVersion[newest_tls], context))

    async def certificate(self, user: str, newest_tls: str) -> dict[str, object]:
        context = self.authority.server_context("127.0.0.1")
        context.maximum_version = ssl.TLSVersion[newest_tls]
        return await self.add(CertificateNode(run, user, context, self.authority))

    async def seen(self, port: int) -> dict[str, object]:
        node = self.nodes[port]
        return {**node.counters.as_dict(), "given": getattr(node, "given", [])}

    async def client(self, user: str) -> dict[str, object]:
        return {"client": self.authority.client_pem(user).decode()}


if __name__ == "__main__":
    asyncio.run(LogonNodes().serve())
