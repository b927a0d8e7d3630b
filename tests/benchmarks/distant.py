"""Nodes that are far away, many of them in this process: every answer, and every connection, takes a round trip.

The first line of stdin is a JSON object: how many nodes, user and password. It is answered by one with the ports. After
that each line is answered by the sum of the nodes' counters.
"""

import asyncio
import json
import resource
import sys
import uuid
from collections import Counter
from collections.abc import Callable
from functools import partial

from ssoaudit.collect.script import COMMAND
from ssoaudit.credentials import Secret
from ssoaudit.lab.authentication import Logon
from ssoaudit.lab.command import Reply
from ssoaudit.lab.http import Request, Response
from ssoaudit.lab.shells import Process, Shells
from ssoaudit.lab.winrm import Node
from ssoaudit.lab.wsman import NAMESPACES, Envelope
from tests.benchmarks import workload

FACT = Reply(b"." * workload.FACT_BYTES)


class SlowProcess(Process):
    """A command that takes its time once its input has ended."""

    def __init__(self, run: Callable[[bytes], Reply], seconds: Callable[[bytes], float]) -> None:
        super().__init__(run, reads_stdin=True)
        self._seconds = seconds

    def _take_over(self, reply: Reply) -> None:
        asyncio.get_running_loop().call_later(self._seconds(bytes(self._stdin)), super()._take_over, reply)

    def terminate(self) -> None:
        """Nobody waits for what was not finished."""


class DistantShells(Shells):
    """Shells with PowerShell in them: the collector's script on stdin, or one fact from the command line."""

    async def _command(self, request: Envelope) -> str:
        line = request.body.find("rsp:CommandLine", NAMESPACES)
        command = line.findtext("rsp:Command", "", NAMESPACES) if line is not None else ""
        arguments = tuple(node.text or "" for node in line.findall("rsp:Arguments", NAMESPACES)) if line else ()
        if command == COMMAND:
            process = SlowProcess(partial(workload.collector(), command, arguments), workload.seconds)
        else:
            process = SlowProcess(lambda _: FACT, lambda _: workload.START + workload.FACT)
            process.feed(b"", end=True)
        identity = str(uuid.uuid4()).upper()
        self._of(request)[identity] = process
        return f"<rsp:CommandResponse><rsp:CommandId>{identity}</rsp:CommandId></rsp:CommandResponse>"


class DistantNode(Node):
    """A node a round trip away."""

    def __init__(self, name: str, user: str, password: Secret) -> None:
        super().__init__(name, workload.collector(), user, password)
        self._shells = DistantShells(workload.collector(), self.counters)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(workload.ROUND_TRIP)
        await super()._serve(reader, writer)

    async def _answer(self, request: Request, logon: Logon) -> Response:
        await asyncio.sleep(workload.ROUND_TRIP)
        return await super()._answer(request, logon)


async def serve(count: int, user: str, password: Secret) -> None:
    """Serve until stdin ends."""
    nodes = [DistantNode(f"NODE{number:04}", user, password) for number in range(count)]
    _say({"ports": [await node.start() for node in nodes]})
    while await asyncio.to_thread(sys.stdin.readline):
        seen: Counter[str] = Counter()
        for node in nodes:
            seen.update(node.counters.as_dict())
        _say(seen)
    for node in nodes:
        await node.stop()


def _say(answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    workload.pad_script()
    order = json.loads(sys.stdin.readline())
    asyncio.run(serve(order["nodes"], order["user"], Secret(order["password"])))
