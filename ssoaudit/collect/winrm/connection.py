"""One TCP connection at a time, to an address looked up once, and replies read within bounds."""

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import requests
import requests.adapters
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import wait_for_read

from ssoaudit.collect.winrm.classify import RefusedError
from ssoaudit.collect.winrm.endpoint import Endpoint
from ssoaudit.collect.winrm.limits import Limits
from ssoaudit.collect.winrm.watchdog import Guard

Address = tuple[socket.AddressFamily, tuple[Any, ...]]

_CHUNK = 65536
_GLANCE = 0.1
_REDIRECTS = range(300, 400)
_PROXY_AUTHENTICATION = 407


def check(guard: Guard) -> None:
    """Go on only while there is time.

    Raises:
        RefusedError: `cancelled` or `deadline`.
    """
    if guard.is_cancelled:
        raise RefusedError("cancelled")
    if guard.is_due:
        raise RefusedError("deadline")


def resolve(where: Endpoint, guard: Guard, seconds: float) -> tuple[Address, ...]:
    """The addresses of the host.

    In a thread of its own, because a resolver cannot be interrupted; one that never comes back is left behind.

    Raises:
        RefusedError: `dns` or `dns-timeout`; `cancelled` or `deadline`.
    """
    answers: queue.SimpleQueue[tuple[Address, ...] | str] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answers.put(getattr(error, "strerror", None) or type(error).__name__)
        else:
            answers.put(tuple((family, address) for family, _, _, _, address in found))

    threading.Thread(target=ask, name=f"resolve {where.host}", daemon=True).start()
    answer = None
    patience = time.monotonic() + seconds
    while answer is None:
        check(guard)
        if time.monotonic() >= patience:
            raise RefusedError("dns-timeout")
        with contextlib.suppress(queue.Empty):
            answer = answers.get(timeout=_GLANCE)
    if isinstance(answer, str):
        raise RefusedError("dns", answer)
    return answer


class Line:
    """Opens the connections of one session, each under the guard's eye, until it is sealed.

    `on_authorization` is given the value of each Authorization header that goes out.
    """

    def __init__(
        self,
        addresses: Sequence[Address],
        guard: Guard,
        connect: float,
        on_authorization: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._addresses = addresses
        self._guard = guard
        self._connect = connect
        self._sealed = False
        self._prepared: socket.socket | None = None
        self.on_authorization = on_authorization
        self.is_secure = False
        """Whether a TLS handshake has ended well."""

    def prepare(self) -> None:
        """Make the first connection now, before anyone logs on over it. Raises as `open` does."""
        self._prepared = self.open()

    def seal(self) -> None:
        """Open no further connection.

        The security context belongs to the connection it was made on. On another one the library would log on again
        and send the old ciphertext a second time.
        """
        self._sealed = True

    @contextlib.contextmanager
    def securing(self, sock: socket.socket) -> Iterator[None]:
        """Keep a socket under the guard's eye during its TLS handshake, for which `ssl` takes it out of the object."""
        twin = sock.dup()
        self._guard.watch(twin)
        try:
            yield
        finally:
            self._guard.forget(twin)

    def secure(self, sock: socket.socket) -> None:
        """Put a socket under the guard's eye whose TLS handshake has ended well."""
        self.is_secure = True
        self._guard.watch(sock)

    def open(self) -> socket.socket:
        """A connected socket.

        Raises:
            RefusedError: `conn-lost` once sealed, `connect-timeout`, `refused` or `unreachable`.
        """
        prepared, self._prepared = self._prepared, None
        if prepared is not None:
            if not wait_for_read(prepared, timeout=0):
                return prepared
            self._guard.forget(prepared)  # the other end did not wait as long as we did for our turn
        if self._sealed:
            raise RefusedError("conn-lost", "the connection was closed between two requests")
        failure = RefusedError("connect-timeout")
        for family, address in self._addresses:
            seconds = min(self._connect, self._guard.left)
            if seconds <= 0 or self._guard.is_due:
                break
            try:
                return self._connected(family, address, seconds)
            except OSError as error:
                failure = _failure(error)
        raise failure

    def _connected(self, family: socket.AddressFamily, address: tuple[Any, ...], seconds: float) -> socket.socket:
        sock = socket.socket(family, socket.SOCK_STREAM)
        self._guard.watch(sock)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(seconds)
            sock.connect(address)
        except OSError:
            self._guard.forget(sock)
            raise
        return sock


def _failure(error: OSError) -> RefusedError:
    match error:
        case TimeoutError():
            return RefusedError("connect-timeout")
        case ConnectionRefusedError():
            return RefusedError("refused")
    return RefusedError("unreachable", error.strerror or "")


def _pools(line: Line) -> Mapping[str, type[HTTPConnectionPool]]:
    class Watched(HTTPConnection):
        debuglevel = 0  # would print the Authorization header

        def _new_conn(self) -> socket.socket:
            return line.open()

        def putheader(self, header: str, *values: str) -> None:  # type: ignore[override]  # as urllib3 has it
            if header.lower() == "authorization":
                line.on_authorization(values[0])
            super().putheader(header, *values)

    class Encrypted(Watched, HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            sock = super()._new_conn()
            self._handshake.enter_context(line.securing(sock))
            return sock

        def connect(self) -> None:
            with contextlib.ExitStack() as self._handshake:
                super().connect()
                if isinstance(self.sock, socket.socket):
                    line.secure(self.sock)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Watched

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}


class BoundedResponse(requests.Response):
    """A reply whose body is read at most up to a limit, and never decompressed.

    The authentication libraries read `content` too, before anyone has logged on.
    """

    def __init__(self, reply: requests.Response, limit: int, guard: Guard) -> None:
        super().__init__()
        self.__dict__.update(reply.__dict__)
        self._limit = limit
        self._guard = guard
        self._body: bytes | None = None

    @property
    def content(self) -> bytes:
        """The body.

        Raises:
            RefusedError: `too-large`, `deadline` or `cancelled`.
        """
        if self._body is None:
            try:
                self._body = self._read()
            except BaseException:
                self.raw.close()
                raise
        return self._body

    def _read(self) -> bytes:
        body = bytearray()
        while part := self.raw.read1(_CHUNK, decode_content=False):
            body += part
            if len(body) > self._limit:
                raise RefusedError("too-large", "one reply")
            check(self._guard)
        return bytes(body)


class BoundedAdapter(requests.adapters.HTTPAdapter):
    """Sends over a guarded line, with the time that is left; refuses what WinRM never answers with."""

    def __init__(self, line: Line, guard: Guard, limits: Limits) -> None:
        self._pools = _pools(line)
        self._guard = guard
        self._limits = limits
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on as they come
        """The pools, made to open their connections on the guarded line."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        """The reply, its body not yet read. What the caller asks for as a time-out is not heeded.

        Raises:
            RefusedError: `cancelled`, `deadline`, `redirect`, `http` or `protocol`.
        """
        check(self._guard)
        left = max(self._guard.left, 0.001)
        reply = self._limits.operation + self._limits.grace
        kwargs |= {"stream": True, "timeout": (min(self._limits.connect, left), min(reply, left))}
        return super().send(request, *args, **kwargs)

    def build_response(self, req: requests.PreparedRequest, resp: urllib3.BaseHTTPResponse) -> requests.Response:
        """The reply, once its status and headers are found acceptable."""
        encoding = resp.headers.get("Content-Encoding", "identity").strip().lower()
        refusal = None
        if resp.status in _REDIRECTS:
            refusal = RefusedError("redirect", f"HTTP {resp.status}")
        elif resp.status == _PROXY_AUTHENTICATION:
            refusal = RefusedError("http", f"HTTP {resp.status}")
        elif encoding not in ("identity", ""):
            refusal = RefusedError("protocol", "compressed reply")
        if refusal is not None:
            resp.close()
            raise refusal
        return BoundedResponse(super().build_response(req, resp), self._limits.response_bytes, self._guard)
