import socket
import ssl
import threading

import pytest

from ssoaudit.collect.winrm.watchdog import Guard, abandon

PATIENCE = 30


@pytest.fixture
def pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair()


def test_a_blocked_read_ends_at_the_deadline(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with theirs, Guard(0.05) as guard:
        guard.watch(ours)
        assert ours.recv(1) == b""
        assert guard.is_due
        assert not guard.is_cancelled


def test_a_blocked_read_ends_when_cancelled(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    cancelled = threading.Event()
    with theirs, Guard(3600, cancelled) as guard:
        guard.watch(ours)
        threading.Timer(0.05, cancelled.set).start()
        assert ours.recv(1) == b""
        assert guard.is_cancelled


def test_a_socket_that_comes_too_late_is_cut_too(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with theirs, Guard(-1) as guard:
        guard.watch(ours)
        assert ours.recv(1) == b""


def test_a_new_budget_is_not_ended_by_cancelling(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    cancelled = threading.Event()
    cancelled.set()
    with theirs, Guard(-1, cancelled) as guard:
        guard.allow(3600)
        guard.watch(ours)
        assert not guard.is_due
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"


def test_what_is_abandoned_has_no_budget(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with theirs, Guard(3600) as guard:
        guard.watch(ours)
        guard.allow(3600)
        abandon()
        assert ours.recv(1) == b""
        guard.allow(3600)
        assert guard.is_due
    assert not Guard(3600).is_due


def test_leaving_closes_the_sockets(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with theirs, Guard(3600) as guard:
        guard.watch(ours)
    assert ours.fileno() == -1


def test_cutting_tls_keeps_it_encrypted(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with theirs, Guard(-1) as guard:
        sealed = context.wrap_socket(ours, server_hostname="node1", do_handshake_on_connect=False)
        guard.watch(sealed)
        guard.cut()
        with pytest.raises(OSError, match=r"."):
            sealed.do_handshake()
        with pytest.raises(OSError, match=r"."):
            sealed.sendall(b"secret")
        assert b"secret" not in theirs.recv(65536)
        assert sealed._sslobj is not None  # type: ignore[attr-defined]


class Hesitant(Guard):
    """Is found due by the watchdog, and cut only when told to."""

    def __init__(self) -> None:
        super().__init__(-1)
        self.is_found, self.go_on, self.is_cut = threading.Event(), threading.Event(), threading.Event()

    def cut(self) -> None:
        self.is_found.set()
        assert self.go_on.wait(PATIENCE)
        super().cut()
        self.is_cut.set()


def test_who_begins_anew_while_being_cut_keeps_the_new_connection(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with theirs, Hesitant() as guard:
        assert guard.is_found.wait(PATIENCE)
        guard.allow(3600)
        guard.watch(ours)
        guard.go_on.set()
        assert guard.is_cut.wait(PATIENCE)
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"


def test_what_is_forgotten_is_closed_and_cut_no_more(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with ours, theirs, Guard(3600) as guard:
        twin = ours.dup()
        guard.watch(twin)
        guard.forget(twin)
        assert twin.fileno() == -1
        with pytest.raises(ValueError, match=r"."):
            guard.forget(twin)
