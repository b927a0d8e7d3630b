"""The nodes that clients log on to by certificate or CredSSP, as tests see them."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.lab.child import ChildProcess


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


class LogonProcess(ChildProcess):
    """The nodes' own process."""

    def __init__(self) -> None:
        super().__init__("tests.lab.logon_child")

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
