"""Listeners of every kind at the end of a path: what they tell, and what they cannot do."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from ssoaudit.collect.paths import winrm_path
from ssoaudit.inventory import Server, WinrmSettings
from ssoaudit.pilot import WinrmPath

Talk = Callable[[socket.socket], None]


@contextmanager
def listening(talk: Talk) -> Iterator[int]:
    """A listener on loopback for one connection, which is talked to as told."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(10)
                talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def path_to(talk: Talk, *, scheme: str = "http", seconds: float = 5) -> WinrmPath:
    with listening(talk) as port:
        settings = WinrmSettings.model_validate({"scheme": scheme, "port": port})
        return winrm_path(Server(host="node1", address="127.0.0.1"), settings, seconds)


def answering(*lines: str) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall("\r\n".join([*lines, "", ""]).encode())

    return talk


def wait_for_the_end(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def test_the_ways_of_logging_on_and_the_clock() -> None:
    later = format_datetime(datetime.now(timezone.utc) + timedelta(minutes=7), usegmt=True)
    offers = ("WWW-Authenticate: Negotiate", "WWW-Authenticate: Kerberos", 'WWW-Authenticate: Basic realm="WSMAN"')
    path = path_to(answering("HTTP/1.1 401 ", *offers, f"Date: {later}", "Content-Length: 0"))

    assert (path.status, path.schemes, path.fault) == (401, ("Negotiate", "Kerberos", "Basic"), None)
    assert path.clock_seconds is not None
    assert 410 <= path.clock_seconds <= 421


@pytest.mark.parametrize("date", ["yesterday", "Sat, 99 Nov 2026 08:00:00 GMT", "Sat, 21 Nov 99999 08:00:00 GMT"])
def test_a_clock_that_is_none(date: str) -> None:
    path = path_to(answering("HTTP/1.1 200 OK", f"Date: {date}", "Content-Length: 0"))
    assert (path.status, path.clock_seconds, path.fault) == (200, None, None)


def test_hostile_offers_are_cut_and_made_visible() -> None:
    offers = [f"WWW-Authenticate: Scheme{number}\x1b[31m{'x' * 100}" for number in range(80)]
    path = path_to(answering("HTTP/1.1 401 ", *offers, "Content-Length: 0"))

    assert len(path.schemes) <= 50
    assert all(len(scheme) <= 32 and scheme.isprintable() for scheme in path.schemes)


@pytest.mark.parametrize(
    "talk",
    [
        answering("SSH-2.0-OpenSSH"),
        answering("HTTP/1.1 401 ", *(f"X-{number}: x" for number in range(200))),
        answering("HTTP/1.1 401 ", "X: " + "x" * 100_000),
        lambda connection: connection.close(),
    ],
    ids=["another protocol", "too many headers", "a header too long", "closed at once"],
)
def test_what_is_no_listener_of_winrm_ends_the_path(talk: Talk) -> None:
    path = path_to(talk)

    assert path.connects
    assert path.fault is not None
    assert path.fault.message
    assert path.status in (None, 401)


def test_a_silent_listener_is_not_waited_for() -> None:
    started = time.monotonic()
    path = path_to(wait_for_the_end, seconds=1)

    assert time.monotonic() - started <= 1 + 2
    assert path.connects
    assert path.fault is not None


def test_a_dripping_listener_is_not_waited_for() -> None:
    ended = threading.Event()

    def drip(connection: socket.socket) -> None:
        try:
            connection.sendall(b"HTTP/1.1 401 \r\nX: ")
            while not ended.wait(0.05):
                connection.sendall(b"x")
        except OSError:
            pass

    started = time.monotonic()
    path = path_to(drip, seconds=1)
    ended.set()

    assert time.monotonic() - started <= 1 + 2
    assert path.fault is not None


def test_http_behind_a_port_of_https_is_told_as_such() -> None:
    path = path_to(answering("HTTP/1.1 400 Bad Request", "Content-Length: 0"), scheme="https")

    assert path.connects
    assert path.certificate is None
    assert path.fault is not None
    assert (path.fault.stage, path.fault.code) == ("connect", "scheme")
