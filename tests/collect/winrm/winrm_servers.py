"""Servers for the client's tests: healthy nodes of the lab in a process of their own, and those that misbehave."""

from pathlib import Path

from tests.lab.child import ChildProcess
from tests.lab.wire import Server, Wire

__all__ = ["USER", "HealthyNode", "Server", "Wire"]

USER = "CONTOSO\\auditor"


class HealthyNode:
    """A node of the lab, and how to reach it."""

    def __init__(self, child: ChildProcess, password: str, port: int, ca_file: Path) -> None:
        self._child = child
        self.user = USER
        self.password = password
        self.port = port
        self.ca_file = str(ca_file)

    @property
    def counters(self) -> dict[str, int]:
        told: dict[str, int] = self._child.ask("counters", port=self.port)
        return told
