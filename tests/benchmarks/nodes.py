"""The distant nodes' process, as seen from here."""

import json
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from tests.benchmarks.workload import Order

ROOT = Path(__file__).parents[2]
USER = "CONTOSO\\auditor"


class Nodes:
    """So many nodes, which any number of clients may visit one after the other; a context manager."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._password = secrets.token_urlsafe(24)
        self._ports: tuple[int, ...] = ()

    def __enter__(self) -> Self:
        self._process = _python("tests.benchmarks.distant")
        order = {"nodes": self._count, "user": USER, "password": self._password}
        self._ports = tuple(_ask(self._process, order)["ports"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def visit(self, variant: str, count: int, workers: int) -> Mapping[str, Any]:
        """What a client took, in a process of its own, and what the nodes saw of it; or the package it lacks."""
        order = Order(variant, self._ports[:count], USER, self._password, workers)
        before = _ask(self._process, {})
        client = _python("tests.benchmarks.client")
        taken = _ask(client, asdict(order))
        client.communicate()
        after = _ask(self._process, {})
        return {**taken, **{name: after[name] - before[name] for name in after}}


def _python(module: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", module]
    return subprocess.Popen(  # noqa: S603 - our own code
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def _ask(process: "subprocess.Popen[str]", order: Mapping[str, object]) -> dict[str, Any]:
    asked, answered = process.stdin, process.stdout
    assert asked is not None
    assert answered is not None
    asked.write(json.dumps(order) + "\n")
    asked.flush()
    answer: dict[str, Any] = json.loads(answered.readline() or "{}")
    if not answer:
        raise SystemExit("A process of the benchmark ended; what it said stands above.")
    return answer
