"""Servers for the client's tests.

`HealthyNode` is the lab's, in a process of its own. `Server` misbehaves on the wire, `HostileNode` once logged on.
"""

import asyncio
import contextlib
import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from ssoaudit.credentials import Secret
from ssoaudit.lab import encryption, wsman
from ssoaudit.lab.authentication import Account, Logon
from ssoaudit.lab.command import Reply
from ssoaudit.lab.counters import Counters
from ssoaudit.lab.shells import Shells
from ssoaudit.lab.wsman import Envelope, WSManError

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


@dataclass(frozen=True)
class Request:
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """One connection, as its server sees it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._file = sock.makefile("rb")

    def request(self) -> Request | None:
        if not self._file.readline():
            return None
        headers = {}
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        return Request(headers, self._file.read(int(headers.get("content-length", 0))))

    def receive(self) -> bytes:
        """Whatever comes first, HTTP or not."""
        return self._sock.recv(65536)

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def reply(self, status: int, body: bytes = b"", *headers: str) -> None:
        lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}", *headers, "", ""]
        self.send("\r\n".join(lines).encode("latin-1") + body)

    def drip(self, data: bytes) -> None:
        """Send the same bytes for ever, until the client has gone."""
        with contextlib.suppress(OSError):
            while True:
                self.send(data)
                if self.is_left(0.02):
                    return

    def is_left(self, seconds: float) -> bool:
        """Whether the client goes away within that time."""
        self._sock.settimeout(seconds)
        try:
            return self._sock.recv(1) == b""
        except TimeoutError:
            return False
        finally:
            self._sock.settimeout(None)

    def wait_until_left(self) -> None:
        with contextlib.suppress(OSError):
            while self._sock.recv(65536):
                pass

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.hang_up()
        self._file.close()
        self._sock.close()


class Server:
    """Listens on loopback; every connection is served by `serve` in a thread, and closed when that returns."""

    def __init__(self, serve: Callable[[Wire], None], context: ssl.SSLContext | None = None) -> None:
        self._serve = serve
        self._context = context
        self._wires: list[Wire] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                self._start(self._converse, sock)

    def _converse(self, sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            wire = Wire(self._context.wrap_socket(sock, server_side=True) if self._context else sock)
            self._wires.append(wire)
            try:
                self._serve(wire)
            finally:
                wire.close()

    def _start(self, target: Callable[..., None], *args: socket.socket) -> None:
        thread = threading.Thread(target=target, args=args)
        self._threads.append(thread)
        thread.start()

    def __enter__(self) -> "Server":  # noqa: PYI034 - typing.Self is not in Python 3.10
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for wire in list(self._wires):
            wire.hang_up()
        for thread in list(self._threads):
            thread.join()


@dataclass
class Turn:
    """One sealed request, and the means to answer it well or badly."""

    wire: Wire
    logon: Logon
    request: Envelope
    honest: bytes
    """The SOAP of an honest answer."""

    def sealed(self, soap: bytes) -> bytes:
        assert self.logon.context
        return encryption.seal(self.logon.context, soap)

    def answer(self, soap: bytes, status: int = 200) -> None:
        self.wire.reply(status, self.sealed(soap), f"Content-Type: {encryption.CONTENT_TYPE}")


Trick = Callable[[Turn], None]


class HostileNode(Server):
    """Logs clients on and answers honestly, except for the actions (Create, Command, …) that have a trick."""

    def __init__(self, user: str, password: str, tricks: Mapping[str, Trick]) -> None:
        super().__init__(self._talk)
        self.counters = Counters()
        self.actions: list[str] = []
        self.got: list[bytes] = []
        self.password = password
        self.tricks = tricks
        self._account = Account(user, Secret(password))
        self._shells = Shells(lambda *_: Reply(b"output"), self.counters)

    def __enter__(self) -> "HostileNode":  # noqa: PYI034
        self._account.open()
        super().__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._account.close()

    def _talk(self, wire: Wire) -> None:
        logon = Logon(self._account, ("ntlm",), self.counters)
        while request := wire.request():
            challenges = logon.challenges(request.headers.get("authorization", ""))
            if request.body and not encryption.is_sealed(request.headers.get("content-type", "")):
                self.counters.plaintext_bodies += 1
            if challenges:
                wire.reply(401, b"", *(f"WWW-Authenticate: {challenge}" for challenge in challenges))
            elif not request.body:
                wire.reply(200)
            else:
                assert logon.context
                self._act(wire, logon, wsman.parse(encryption.unseal(logon.context, request.body)))

    def _act(self, wire: Wire, logon: Logon, request: Envelope) -> None:
        action = request.action.rpartition("/")[2]
        self.actions.append(action)
        try:
            status, honest = 200, wsman.reply(request, asyncio.run(self._shells.perform(request)))
        except WSManError as error:
            status, honest = 500, wsman.fault(error, request.message_id, "NODE1")
        turn = Turn(wire, logon, request, honest)
        if trick := self.tricks.get(action):
            trick(turn)
        else:
            turn.answer(honest, status)
