"""The process that a test's nodes live in: JSON requests on stdin, one reply each on stdout, until stdin ends."""

import asyncio
import hashlib
import json

from ssoaudit.credentials import Secret
from ssoaudit.lab.powershell import Answer, powershell
from ssoaudit.lab.winrm import Node, Reply
from tests.lab.child import Nodes

_powershell = powershell({"services": Answer("ok", {"names": ["ENTSSO"]})}, "$input | & {'<a>' -eq \"&\"}")


def run(command: str, arguments: tuple[str, ...], stdin: bytes) -> Reply:
    match command:
        case "powershell.exe":
            return _powershell(command, arguments, stdin)
        case "pattern":
            out, err, code = (int(number) for number in " ".join(arguments).split())
            return Reply(bytes(index % 251 for index in range(out)), b"e" * err, code)
        case "repeat":
            return Reply(stdin * int(arguments[0]))
        case "fail":
            return Reply(b"before", b'#< CLIXML\r\n<Objs xmlns="x"><S S="Error">broken_x000D__x000A_</S></Objs>', 7)
    told = {
        "command": command,
        "arguments": arguments,
        "bytes": len(stdin),
        "sha256": hashlib.sha256(stdin).hexdigest(),
    }
    return Reply(json.dumps(told).encode())


class HealthyNodes(Nodes):
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
        return await self.add(node)


if __name__ == "__main__":
    asyncio.run(HealthyNodes().serve())
