"""The process of the nodes that clients log on to by certificate or CredSSP: JSON lines in, one reply each."""

import asyncio
import json
import ssl
import sys

from ssoaudit.credentials import Secret
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.winrm import Node, Reply
from tests.lab.certificate_node import CertificateNode
from tests.lab.credssp_node import CredsspNode


def run(command: str, arguments: tuple[str, ...], stdin: bytes) -> Reply:
    return Reply(stdin)


class Nodes:
    def __init__(self) -> None:
        self.authority = Authority()
        self.nodes: dict[int, Node] = {}

    async def credssp(self, user: str, password: str, newest_tls: str, *, https: bool) -> dict[str, object]:
        context = self.authority.server_context("127.0.0.1") if https else None
        return await self._start(CredsspNode(run, user, Secret(password), ssl.TLSVersion[newest_tls], context))

    async def certificate(self, user: str, newest_tls: str) -> dict[str, object]:
        context = self.authority.server_context("127.0.0.1")
        context.maximum_version = ssl.TLSVersion[newest_tls]
        return await self._start(CertificateNode(run, user, context, self.authority))

    async def _start(self, node: Node) -> dict[str, object]:
        port = await node.start()
        self.nodes[port] = node
        return {"port": port, "authority": self.authority.pem.decode()}

    async def seen(self, port: int) -> dict[str, object]:
        node = self.nodes[port]
        return {**node.counters.as_dict(), "given": getattr(node, "given", [])}

    async def client(self, user: str) -> dict[str, object]:
        return {"client": self.authority.client_pem(user).decode()}

    async def stop(self, port: int) -> None:
        await self.nodes.pop(port).stop()


async def main() -> None:
    nodes = Nodes()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        request = json.loads(line)
        answer = await getattr(nodes, request.pop("do"))(**request)
        print(json.dumps(answer), flush=True)  # noqa: T201 - stdout is the line to the test
    for port in list(nodes.nodes):
        await nodes.stop(port)


if __name__ == "__main__":
    asyncio.run(main())
