"""The process that a test's healthy nodes live in: JSON requests on stdin, one reply each on stdout."""

import asyncio
import json
import sys

from ssoaudit.credentials import Secret
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.winrm import Node, Reply


def run(command: str, arguments: tuple[str, ...], stdin: bytes) -> Reply:
    if command == "repeat":
        return Reply(stdin * int(arguments[0]), b"", 0)
    if command == "fail":
        return Reply(b"before", b'#< CLIXML\r\n<Objs xmlns="x"><S S="Error">broken_x000D__x000A_</S></Objs>', 7)
    return Reply(json.dumps([command, arguments, len(stdin)]).encode())


class Nodes:
    def __init__(self) -> None:
        self.authority = Authority()
        self.nodes: dict[int, Node] = {}

    async def start(
        self, user: str, password: str, schemes: list[str], names: list[str], *, may_open_shell: bool
    ) -> dict[str, object]:
        context = self.authority.server_context(*names) if names else None
        node = Node(
            "NODE1",
            run,
            user,
            Secret(password),
            schemes=schemes,
            ssl_context=context,
            may_open_shell=may_open_shell,
        )
        port = await node.start()
        self.nodes[port] = node
        return {"port": port, "authority": self.authority.pem.decode()}

    async def counters(self, port: int) -> dict[str, int]:
        return self.nodes[port].counters.as_dict()

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


asyncio.run(main())
