"""The process that a test's nodes live in: JSON requests on stdin, one reply each on stdout, until stdin ends."""

import asyncio
import hashlib
import json
import sys

from ssoaudit.credentials import Secret
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.powershell import Answer, powershell
from ssoaudit.lab.winrm import Node, Reply

_powershell = powershell({"services": Answer("ok", {"names": ["ENTSSO"]})}, "$input | & {'<a>' -eq \"&\"}")


def run(command: str, arguments: tuple[str, ...], stdin: bytes) -> Reply:
    if command == "powershell.exe":
        return _powershell(command, arguments, stdin)
    if command == "pattern":
        out, err, code = (int(number) for number in " ".join(arguments).split())
        return Reply(bytes(index % 251 for index in range(out)), b"e" * err, code)
    told = {"arguments": arguments, "bytes": len(stdin), "sha256": hashlib.sha256(stdin).hexdigest()}
    return Reply(json.dumps(told).encode())


class Estate:
    def __init__(self) -> None:
        self.authority = Authority()
        self.nodes: dict[int, Node] = {}

    async def start(self, password: str, schemes: list[str], *, tls: bool, may_open_shell: bool) -> dict[str, object]:
        context = self.authority.server_context("localhost", "127.0.0.1") if tls else None
        node = Node(
            "NODE1",
            run,
            "CONTOSO\\auditor",
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
    estate = Estate()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        request = json.loads(line)
        answer = await getattr(estate, request.pop("do"))(**request)
        print(json.dumps(answer), flush=True)  # noqa: T201 - stdout is the line to the test
    for port in list(estate.nodes):
        await estate.stop(port)


asyncio.run(main())
