"""Nodes in a process of their own, as pyspnego's acceptor takes its accounts from a variable of the whole process.

The test writes lines of JSON, `{"do": NAME, …}`, and reads one in reply to each, until it closes the child's stdin.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.winrm import Node

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0


class ChildProcess:
    """The test's end of it; a context manager."""

    def __init__(self, module: str, environment: Mapping[str, str] | None = None) -> None:
        self._module = module
        self._environment = {**os.environ, **(environment or {})}

    def __enter__(self) -> "ChildProcess":  # noqa: PYI034 - typing.Self is not in Python 3.10
        self._process = subprocess.Popen(  # noqa: S603 - a module of ours
            [sys.executable, "-m", self._module],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=PATIENCE)

    def ask(self, do: str, **arguments: object) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"{self._module} ended; what it said stands above."
        return json.loads(answer)


class Nodes:
    """The child's end: each request is a coroutine method of a subclass, or one of these."""

    def __init__(self) -> None:
        self.authority = Authority()
        self.nodes: dict[int, Node] = {}

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            request = json.loads(line)
            answer = await getattr(self, request.pop("do"))(**request)
            print(json.dumps(answer), flush=True)  # noqa: T201 - stdout is the line to the test
        await self.stop_all()

    async def add(self, node: Node) -> dict[str, object]:
        port = await node.start()
        self.nodes[port] = node
        return {"port": port, "authority": self.authority.pem.decode()}

    async def counters(self, port: int) -> dict[str, int]:
        return self.nodes[port].counters.as_dict()

    async def stop(self, port: int) -> None:
        await self.nodes.pop(port).stop()

    async def stop_all(self) -> None:
        for port in list(self.nodes):
            await self.stop(port)
