"""Ends what a clock alone cannot: a thread that is blocked in a socket call past its deadline."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from types import TracebackType

_PERIOD = 0.1


class Guard:
    """The sockets of one session, and the moment at which they are cut. Used as a context manager.

    Checking a clock between reads is not enough: a header that arrives one byte at a time never comes back to the
    caller. So a thread of the process watches all guards in use, and shuts down the sockets of those that are due.
    """

    def __init__(self, seconds: float, cancelled: threading.Event | None = None) -> None:
        self._due = time.monotonic() + seconds
        self._left: float | None = None
        self._cancelled = cancelled
        self._abandoned = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    @property
    def left(self) -> float:
        """The seconds until the deadline; not positive once it has passed."""
        left = self._left
        return self._due - time.monotonic() if left is None else left

    @property
    def is_cancelled(self) -> bool:
        """Whether the operator gave up."""
        return self._abandoned or (self._cancelled is not None and self._cancelled.is_set())

    @property
    def is_due(self) -> bool:
        """Whether the sockets are to be cut."""
        return self.is_cancelled or self.left <= 0

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """While this is held the deadline does not come nearer: for time that is not the machine's."""
        with self._lock:
            left = self._left = self.left
        try:
            yield
        finally:
            with self._lock:
                self._due, self._left = time.monotonic() + left, None

    def watch(self, sock: socket.socket) -> None:
        """Cut this socket too when the time comes."""
        with self._lock:
            self._sockets.append(sock)

    def forget(self, sock: socket.socket) -> None:
        """Close this socket, and cut it no more."""
        with self._lock:
            self._sockets.remove(sock)
        sock.close()

    def allow(self, seconds: float) -> None:
        """Begin anew with a budget that cancelling does not end: for cleaning up."""
        with self._lock:
            self._cancelled = None
            self._due = time.monotonic() + seconds

    def abandon(self) -> None:
        """Be cancelled for good: cleaning up has no budget any more."""
        self._abandoned = True

    def cut(self) -> None:
        """Shut the sockets down, from whichever thread, if they still are to be: their owner may have begun anew.

        The plain socket's method even for TLS: that of `ssl.SSLSocket` drops the encryption first, and for an
        instant whoever is writing would write in clear.
        """
        with self._lock:
            if not self.is_due:
                return
            for sock in self._sockets:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the sockets; only for the thread that uses them."""
        with self._lock:
            for sock in self._sockets:
                sock.close()
            self._sockets.clear()

    def __enter__(self) -> "Guard":  # noqa: PYI034 - typing.Self is not in Python 3.10
        _WATCHDOG.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _WATCHDOG.remove(self)
        self.close()


class _Watchdog:
    """The one thread that looks after every guard in use."""

    def __init__(self) -> None:
        self._guards: set[Guard] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, guard: Guard) -> None:
        with self._changed:
            self._guards.add(guard)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="winrm-watchdog", daemon=True)
                self._thread.start()
            self._changed.notify()

    def remove(self, guard: Guard) -> None:
        with self._changed:
            self._guards.discard(guard)

    def abandon(self) -> None:
        with self._changed:
            for guard in self._guards:
                guard.abandon()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait(_PERIOD if self._guards else None)
                due = [guard for guard in self._guards if guard.is_due]
            for guard in due:
                guard.cut()


_WATCHDOG = _Watchdog()


def abandon() -> None:
    """Cut all connections of this process, also those over which is being cleaned up: nobody waits for them."""
    _WATCHDOG.abandon()
