"""Trying again, and waiting for one's turn."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

import pytest
from winrm_servers import USER, Server, Wire

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.winrm import attempts
from ssoaudit.collect.winrm.budget import Budget
from ssoaudit.collect.winrm.endpoint import endpoint
from ssoaudit.collect.winrm.limits import Limits
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.collect.winrm.shell import Output, Turn
from ssoaudit.collect.winrm.watchdog import Guard
from ssoaudit.credentials import Secret
from ssoaudit.inventory import WinrmSettings
from ssoaudit.lab.authentication import Account
from tests.lab.faulty import FaultyNode
from tests.lab.faulty import Turn as Played

LIMITS = Limits(connect=2.0, operation=1.0, grace=1.0, deadline=20.0, cleanup=0.5)


def ask(
    server: Server,
    *,
    deadline: float = 20.0,
    cancelled: threading.Event | None = None,
    turn: Turn | None = None,
    most: int = attempts.MOST,
) -> Output:
    settings = WinrmSettings(auth="ntlm", port=server.port)
    where = endpoint("NODE1", "127.0.0.1", settings)
    limits = replace(LIMITS, deadline=deadline)
    more = {"turn": turn} if turn else {}
    logon = Logon(USER, Secret("x"))
    return attempts.run(
        where, settings, logon, "program", [], b"", limits=limits, cancelled=cancelled, most=most, **more
    )


def hang_up(wire: Wire) -> None:
    wire.request()


def reject(wire: Wire) -> None:
    while wire.request():
        wire.reply(401, b"", "WWW-Authenticate: Bearer")


def test_a_cut_connection_is_tried_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_PAUSE", 0.001)
    with Server(hang_up) as server, pytest.raises(Fault) as caught:
        ask(server)
    assert caught.value.code == "conn-lost"
    assert server.connections == 3


def test_who_wants_one_attempt_makes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_PAUSE", 0.001)
    with Server(hang_up) as server, pytest.raises(Fault):
        ask(server, most=1)
    assert server.connections == 1


def test_what_would_be_the_same_again_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_PAUSE", 0.001)
    with Server(reject) as server, pytest.raises(Fault) as caught:
        ask(server)
    assert caught.value.code == "auth-scheme"
    assert server.connections == 1


def test_without_time_for_another_attempt_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_PAUSE", 60.0)
    with Server(hang_up) as server, pytest.raises(Fault) as caught:
        ask(server)
    assert caught.value.code == "conn-lost"
    assert server.connections == 1


def test_giving_up_ends_the_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_PAUSE", 600.0)
    cancelled = threading.Event()

    def hang_up_and_cancel(wire: Wire) -> None:
        wire.request()
        cancelled.set()

    with Server(hang_up_and_cancel) as server, pytest.raises(Fault):
        ask(server, deadline=100_000.0, cancelled=cancelled)
    assert server.connections == 1


def test_every_attempt_waits_for_its_turn_with_a_connection_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_PAUSE", 0.001)
    connections = []

    @contextmanager
    def turn() -> Iterator[None]:
        connections.append(server.connections)
        yield

    with Server(hang_up) as server, pytest.raises(Fault):
        ask(server, turn=turn)
    assert len(connections) == 3


def test_whoever_holds_the_turn_learns_why_the_logon_failed() -> None:
    learned = []

    @contextmanager
    def turn() -> Iterator[None]:
        try:
            yield
        except Fault as fault:
            learned.append(fault)
            raise

    with Server(reject) as server, pytest.raises(Fault) as caught:
        ask(server, turn=turn)
    assert learned == [caught.value]


def test_a_turn_that_does_not_come_sends_nothing() -> None:
    refusal = Fault(FaultStage.AUTHENTICATE, "not-tried", "NODE1 was not asked.", "")
    asked = []

    @contextmanager
    def turn() -> Iterator[None]:
        raise refusal
        yield

    with Server(lambda wire: asked.append(wire.request())) as server, pytest.raises(Fault) as caught:
        ask(server, turn=turn)
    assert caught.value is refusal
    assert asked in ([], [None])


def test_waiting_for_the_turn_costs_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    guard = Guard(10.0)
    with guard.paused():
        now[0] += 3600.0
        assert not guard.is_due
        assert guard.left == 10.0
    assert guard.left == 10.0
    now[0] += 11.0
    assert guard.is_due


@dataclass
class Clock:
    """The time, which passes faster where a test wants it to."""

    passed: float = 0.0

    def __post_init__(self) -> None:
        self._real = time.monotonic

    def monotonic(self) -> float:
        return self._real() + self.passed


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(attempts, "_PAUSE", 0.001)
    monkeypatch.setattr(time, "monotonic", clock.monotonic)
    return clock


def twice(clock: Clock, seconds: float, turn: Turn) -> list[int]:
    """The operation timeouts of two attempts, the first of which takes some seconds and is cut off."""
    password, asked = Secret("canary-Pa55word"), []

    def create(played: Played) -> None:
        asked.append(int(played.request.operation_timeout))
        played.answer_honestly()

    def command(played: Played) -> None:
        if len(asked) == 1:
            clock.passed += seconds
            played.wire.hang_up()
        else:
            played.answer_honestly()

    with FaultyNode(Account(USER, password), {"Create": create, "Command": command}) as node:
        settings = WinrmSettings(auth="ntlm", port=node.port)
        where, limits = endpoint("NODE1", "127.0.0.1", settings), Limits(operation=60.0, deadline=30.0)
        attempts.run(where, settings, Logon(USER, password), "program", [], b"", limits=limits, turn=turn)
    return asked


def test_all_attempts_share_the_deadline(clock: Clock) -> None:
    assert twice(clock, 20.0, nullcontext) == [29, 9]


def test_waiting_for_the_turn_does_not_shorten_the_next_attempt(clock: Clock) -> None:
    @contextmanager
    def turn() -> Iterator[None]:
        clock.passed += 3600.0
        yield

    assert twice(clock, 20.0, turn) == [29, 9]


def test_a_budget_that_is_used_up_is_not_negative(clock: Clock) -> None:
    budget = Budget(LIMITS)
    clock.passed += 3600.0
    assert 0.0 < budget.left.deadline < 0.1
