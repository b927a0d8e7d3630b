"""The nodes that clients log on to by certificate or CredSSP, as tests see them."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class LogonNode:
    process: "LogonProcess"
    port: int
    authority: str
    password: str

    @property
    def seen(self) -> dict[str, Any]:
        told: dict[str, Any] = self.process.ask("seen", port=self.port)
        return told


class LogonProcess:
    """A context manager: the nodes' own process, as their accounts are set in its environment."""

    def __enter__(self) -> "LogonProcess":  # noqa: PYI034 - typing.Self is not in Python 3.10
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.logon_child"],
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
        assert answer, "The process of the nodes ended; what it said stands above."
        return json.loads(answer)

    def client_pem(self, user: str) -> str:
        """A certificate that the nodes' authority vouches for, with its key."""
        pem: str = self.ask("client", user=user)["client"]
        return pem

    @contextmanager
    def credssp(self, user: str, newest_tls: str = "TLSv1_3", *, https: bool = False) -> Iterator[LogonNode]:
        password = secrets.token_urlsafe(16)
        options = {"user": user, "password": password, "newest_tls": newest_tls, "https": https}
        with self._node("credssp", password, options) as node:
            yield node

    @contextmanager
    def certificate(self, user: str, newest_tls: str = "TLSv1_3") -> Iterator[LogonNode]:
        with self._node("certificate", "", {"user": user, "newest_tls": newest_tls}) as node:
            yield node

    @contextmanager
    def _node(self, kind: str, secret: str, options: Mapping[str, object]) -> Iterator[LogonNode]:
        told = self.ask(kind, **options)
        try:
            yield LogonNode(self, told["port"], told["authority"], secret)
        finally:
            self.ask("stop", port=told["port"])
