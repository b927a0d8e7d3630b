"""Servers for the client's tests: healthy nodes of the lab in a process of their own, and those that misbehave."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.lab.wire import Server, Wire

__all__ = ["USER", "Child", "HealthyNode", "Server", "Wire"]

USER = "CONTOSO\\auditor"


class Child:
    """The process of the healthy nodes."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("node_child.py")
        self.process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, do: str, **arguments: object) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


class HealthyNode:
    """A node of the lab, and how to reach it."""

    def __init__(self, child: Child, password: str, port: int, ca_file: Path) -> None:
        self._child = child
        self.user = USER
        self.password = password
        self.port = port
        self.ca_file = str(ca_file)

    @property
    def counters(self) -> dict[str, int]:
        told: dict[str, int] = self._child.ask("counters", port=self.port)
        return told
