"""Servers that a test can make misbehave: one function serves a connection, as bytes or as HTTP."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType


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

    def reset(self) -> None:
        """End the connection as a machine does that has forgotten it."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._file.close()
        self._sock.close()
        raise ConnectionResetError

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
