"""The faulty nodes as a child process, as tests see it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[2]
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


class FaultyProcess:
    """A context manager; one faulty node at a time."""

    def __enter__(self) -> "FaultyProcess":  # noqa: PYI034 - typing.Self is not in Python 3.10
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.faulty_child"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=20)

    def ask(self, do: str, **arguments: object) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "The process of the faulty nodes ended; what it said stands above."
        return json.loads(answer)

    @contextmanager
    def node(self, fault: str, scheme: str, user: str, password: str) -> Iterator[Running]:
        told = self.ask("start", fault=fault, scheme=scheme, user=user, password=password)
        try:
            yield Running(self, told["port"], told["authority"])
        finally:
            self.ask("stop", port=told["port"])
