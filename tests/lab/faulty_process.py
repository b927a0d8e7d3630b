"""The faulty nodes as a child process, as tests see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.lab.child import ChildProcess

PATIENCE = 30.0


@dataclass(frozen=True)
class Seen:
    """What a faulty node has seen; where it took no connection itself, nothing."""

    connections: int
    actions: tuple[str, ...]
    counters: dict[str, int]


@dataclass(frozen=True)
class Running:
    process: "FaultyProcess"
    port: int
    authority: str

    @property
    def seen(self) -> Seen:
        told = self.process.ask("seen", port=self.port)
        return Seen(told["connections"], tuple(told["actions"]), told["counters"])

    def wait_for(self, action: str) -> None:
        """Until the node is asked for that."""
        assert self.process.ask("wait", port=self.port, action=action, seconds=PATIENCE)["asked"]


class FaultyProcess(ChildProcess):
    """One faulty node at a time."""

    def __init__(self) -> None:
        super().__init__("tests.lab.faulty_child")

    @contextmanager
    def node(self, fault: str, scheme: str, user: str, password: str) -> Iterator[Running]:
        told = self.ask("start", fault=fault, scheme=scheme, user=user, password=password)
        try:
            yield Running(self, told["port"], told["authority"])
        finally:
            self.ask("stop", port=told["port"])
