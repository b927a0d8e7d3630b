"""The process that Kerberos nodes live in: JSON requests on stdin, one reply each on stdout, until stdin ends."""

import asyncio
import ssl
from dataclasses import asdict

from ssoaudit.collect import script
from ssoaudit.lab.command import Reply
from ssoaudit.lab.powershell import Answer, powershell
from tests.lab.child import Nodes
from tests.lab.kerberos_node import KerberosNode

_powershell = powershell({"env": Answer("denied", {"message": "no"})}, script.BOOTSTRAP)


def run(command: str, arguments: tuple[str, ...], stdin: bytes) -> Reply:
    if command == "powershell.exe":
        return _powershell(command, arguments, stdin)
    return Reply(b"read " + stdin[:100] + b" of %d" % len(stdin))


class KerberosNodes(Nodes):
    async def start(self, *, tls: bool = False, **options: str | list[str]) -> dict[str, object]:
        context = self.authority.server_context("localhost", "127.0.0.1") if tls else None
        node = KerberosNode(run, ssl_context=context, **options)  # type: ignore[arg-type]
        told = await self.add(node)
        if tls:
            loop = asyncio.get_running_loop()
            address = ("127.0.0.1", told["port"])
            certificate = await loop.run_in_executor(None, ssl.get_server_certificate, address)
            node.demand_binding(ssl.PEM_cert_to_DER_cert(certificate))
        return told

    async def seen(self, port: int) -> dict[str, object]:
        node = self.nodes[port]
        assert isinstance(node, KerberosNode)
        return {**node.counters.as_dict(), **asdict(node.peers)}


if __name__ == "__main__":
    asyncio.run(KerberosNodes().serve())
