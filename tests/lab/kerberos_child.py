"""The process that Kerberos nodes live in: JSON requests on stdin, one reply each on stdout, until stdin ends."""

import asyncio
import json
import ssl
import sys
from dataclasses import asdict

from ssoaudit.collect import script
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.command import Reply
from ssoaudit.lab.powershell import Answer, powershell
from tests.lab.kerberos_node import KerberosNode

_powershell = powershell({"env": Answer("denied", {"message": "no"})}, script.BOOTSTRAP)


def run(command: str, arguments: tuple[str, ...], stdin: bytes) -> Reply:
    if command == "powershell.exe":
        return _powershell(command, arguments, stdin)
    return Reply(b"read " + stdin[:100] + b" of %d" % len(stdin))


class Nodes:
    def __init__(self) -> None:
        self.authority = Authority()
        self.nodes: dict[int, KerberosNode] = {}

    async def start(self, *, tls: bool = False, **options: str | list[str]) -> dict[str, object]:
        context = self.authority.server_context("localhost", "127.0.0.1") if tls else None
        node = KerberosNode(run, ssl_context=context, **options)  # type: ignore[arg-type]
        port = await node.start()
        self.nodes[port] = node
        if tls:
            loop = asyncio.get_running_loop()
            certificate = await loop.run_in_executor(None, ssl.get_server_certificate, ("127.0.0.1", port))
            node.demand_binding(ssl.PEM_cert_to_DER_cert(certificate))
        return {"port": port, "authority": self.authority.pem.decode()}

    async def seen(self, port: int) -> dict[str, object]:
        node = self.nodes[port]
        return {**node.counters.as_dict(), **asdict(node.peers)}

    async def stop(self) -> dict[str, object]:
        while self.nodes:
            _, node = self.nodes.popitem()
            await node.stop()
        return {}


async def main() -> None:
    nodes = Nodes()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        request = json.loads(line)
        answer = await getattr(nodes, request.pop("do"))(**request)
        print(json.dumps(answer), flush=True)  # noqa: T201 - stdout is the line to the test
    await nodes.stop()


if __name__ == "__main__":
    asyncio.run(main())
