import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.guard import BEFORE_LOGON, LogonGuard

SERVERS = tuple(f"NODE{number}" for number in range(8))
PATIENCE = 30
"""Seconds after which a test that hangs is given up; nothing is expected to take long."""


def rejected(target: str) -> Fault:
    return Fault(FaultStage.AUTHENTICATE, "auth", f"{target} rejected the credential.", "Check the password.")


def unanswered(target: str) -> Fault:
    return Fault(FaultStage.AUTHENTICATE, "conn-lost", f"{target} hung up.", "Look there.", unanswered=True)


def fail(guard: LogonGuard, *faults: Fault) -> None:
    """A logon to NODE1, NODE2 and so on, each of which ends in its fault."""
    for number, fault in enumerate(faults, start=1):
        with pytest.raises(Fault) as caught, guard.logon(f"NODE{number}"):
            raise fault
        assert caught.value is fault


def prove(guard: LogonGuard) -> None:
    with guard.logon("CANARY"):
        pass


def told(guard: LogonGuard, target: str = "NODE9") -> Fault:
    """What is said in place of a logon."""
    with pytest.raises(Fault) as caught, guard.logon(target):
        pytest.fail(f"{target} was asked")
    return caught.value


@contextmanager
def running(attempt: Callable[[str], None], targets: tuple[str, ...] = SERVERS) -> Iterator[dict[str, Future[None]]]:
    """An attempt per target, each in a thread of its own, all let go at once."""
    gate = threading.Barrier(len(targets))

    def start(target: str) -> None:
        gate.wait(PATIENCE)
        attempt(target)

    with ThreadPoolExecutor(len(targets)) as pool:
        yield {target: pool.submit(start, target) for target in targets}


def faults(attempts: dict[str, Future[None]]) -> dict[str, BaseException]:
    found = {target: attempt.exception(PATIENCE) for target, attempt in attempts.items()}
    return {target: error for target, error in found.items() if error is not None}


def test_after_a_rejection_nobody_else_logs_on() -> None:
    guard, tried = LogonGuard(), []

    def attempt(target: str) -> None:
        with guard.logon(target):
            tried.append(target)
            raise rejected(target)

    with running(attempt) as attempts:
        found = faults(attempts)
    assert len(tried) == 1
    assert set(found) == set(SERVERS)
    codes = [fault.code for fault in found.values() if isinstance(fault, Fault)]
    assert sorted(codes) == ["auth", *["not-tried"] * (len(SERVERS) - 1)]


def test_who_was_not_tried_learns_who_was_rejected() -> None:
    guard = LogonGuard()
    fail(guard, rejected("NODE1"))
    fault = told(guard)
    assert (fault.code, fault.stage) == ("not-tried", FaultStage.AUTHENTICATE)
    assert "NODE9 was not asked" in fault.message
    assert "NODE1 rejected the credential." in fault.message
    assert fault.hint == "Check the password."
    assert not fault.retryable


def test_who_rejected_is_told_its_own_words_again() -> None:
    guard, rejection = LogonGuard(), rejected("NODE1")
    fail(guard, rejection)
    assert told(guard, "NODE1") is rejection


def test_until_a_logon_is_proven_one_is_tried_at_a_time() -> None:
    guard, alone = LogonGuard(), threading.Lock()

    def attempt(target: str) -> None:
        with guard.logon(target):
            assert alone.acquire(blocking=False), "two log on side by side"
            try:
                raise Fault(FaultStage.CONNECT, "refused", f"{target} is silent.", "")
            finally:
                alone.release()

    with running(attempt) as attempts:
        found = faults(attempts)
    assert {type(error) for error in found.values()} == {Fault}
    assert len(found) == len(SERVERS)


def test_once_a_logon_is_proven_all_log_on_side_by_side() -> None:
    guard = LogonGuard()
    with guard.logon("CANARY"):
        pass
    inside = threading.Barrier(len(SERVERS))

    def attempt(target: str) -> None:
        with guard.logon(target):
            inside.wait(PATIENCE)

    with running(attempt) as attempts:
        assert faults(attempts) == {}


class CountedLock:
    """A lock that tells when somebody comes to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.came = threading.Semaphore(0)

    def __enter__(self) -> None:
        self.came.release()
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._lock.release()


def test_those_who_waited_for_the_first_go_on_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    guard, turn, first = LogonGuard(), CountedLock(), threading.Lock()
    monkeypatch.setattr(guard, "_canary", turn)
    others = threading.Barrier(len(SERVERS) - 1)

    def attempt(target: str) -> None:
        with guard.logon(target):
            if first.acquire(blocking=False):
                assert all(turn.came.acquire(timeout=PATIENCE) for _ in SERVERS)
            else:
                others.wait(PATIENCE)

    with running(attempt) as attempts:
        assert faults(attempts) == {}


def side_by_side(guard: LogonGuard) -> bool:
    """Whether two can be inside at once: while one is, another is let in or has to wait."""
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with guard.logon("HOLDER"):
            entered.set()
            assert leave.wait(PATIENCE)

    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        assert entered.wait(PATIENCE)
        free = not guard._canary.locked()
        leave.set()
        holder.result(PATIENCE)
    return free


@pytest.mark.parametrize("stage", [FaultStage(value) for value in sorted(BEFORE_LOGON)])
def test_a_fault_before_the_logon_proves_nothing(stage: FaultStage) -> None:
    guard = LogonGuard()
    with pytest.raises(Fault), guard.logon("NODE1"):
        raise Fault(stage, "x", "NODE1 is silent.", "")
    assert not side_by_side(guard)


@pytest.mark.parametrize("code", ["no-ticket", "clock-skew"])
def test_a_logon_that_failed_for_another_reason_proves_nothing(code: str) -> None:
    guard = LogonGuard()
    with pytest.raises(Fault), guard.logon("NODE1"):
        raise Fault(FaultStage.AUTHENTICATE, code, "NODE1 did not log on.", "")
    assert not side_by_side(guard)


def test_an_error_of_our_own_proves_nothing() -> None:
    guard = LogonGuard()
    with pytest.raises(ZeroDivisionError), guard.logon("NODE1"):
        raise ZeroDivisionError
    assert not side_by_side(guard)


@pytest.mark.parametrize("stage", [FaultStage.SHELL, FaultStage.RUN, FaultStage.READ])
def test_a_fault_after_the_logon_proves_it(stage: FaultStage) -> None:
    guard = LogonGuard()
    with pytest.raises(Fault), guard.logon("NODE1"):
        raise Fault(stage, "denied", "NODE1 opened no shell.", "")
    assert side_by_side(guard)


def test_the_first_to_enter_is_alone_the_second_is_not() -> None:
    guard = LogonGuard()
    assert not side_by_side(guard)
    assert side_by_side(guard)


def test_a_silent_canary_leaves_the_turn_to_the_next() -> None:
    guard = LogonGuard()
    for server in SERVERS[:3]:
        silent = Fault(FaultStage.RESOLVE, "dns", f"{server} has no address.", "")
        with pytest.raises(Fault) as caught, guard.logon(server):
            raise silent
        assert caught.value is silent
    with guard.logon(SERVERS[3]):
        pass
    assert side_by_side(guard)


def test_after_a_proof_one_rejection_stops_its_own_server_alone() -> None:
    guard, rejection = LogonGuard(), rejected("NODE1")
    prove(guard)
    fail(guard, rejection)
    assert told(guard, "NODE1") is rejection
    prove(guard)


def test_after_a_rejection_logons_are_one_at_a_time_until_one_succeeds() -> None:
    guard = LogonGuard()
    prove(guard)
    fail(guard, rejected("NODE1"))
    assert not side_by_side(guard)
    assert side_by_side(guard)


def test_after_a_proof_the_second_server_to_reject_stops_all() -> None:
    guard = LogonGuard()
    prove(guard)
    fail(guard, rejected("NODE1"))
    prove(guard)
    with pytest.raises(Fault), guard.logon("NODE2"):
        raise rejected("NODE2")
    assert "NODE2 rejected the credential." in told(guard).message


def test_a_rejection_that_comes_after_the_logon_is_learned() -> None:
    guard, rejection = LogonGuard(), rejected("NODE1")
    prove(guard)
    guard.learn("NODE1", rejection)
    assert told(guard, "NODE1") is rejection
    prove(guard)
    guard.learn("NODE2", rejected("NODE2"))
    assert told(guard).code == "not-tried"


def test_one_rejection_told_twice_is_one() -> None:
    guard, rejection = LogonGuard(), rejected("NODE1")
    prove(guard)
    fail(guard, rejection)
    prove(guard)
    guard.learn("NODE1", rejection)
    assert side_by_side(guard)


def test_two_in_a_row_that_do_not_answer_stop_all() -> None:
    guard = LogonGuard()
    fail(guard, unanswered("NODE1"), unanswered("NODE2"))
    fault = told(guard)
    assert (fault.code, fault.stage, fault.hint) == ("not-tried", FaultStage.AUTHENTICATE, "Look there.")
    assert "did not say whether they take it: NODE2 hung up." in fault.message


def test_one_that_does_not_answer_proves_nothing_and_stops_nobody() -> None:
    guard, fault = LogonGuard(), unanswered("NODE1")
    fail(guard, fault)
    guard.learn("NODE1", fault)
    assert not side_by_side(guard)


def test_a_proof_clears_who_did_not_answer_before_and_after() -> None:
    guard = LogonGuard()
    fail(guard, unanswered("NODE1"))
    prove(guard)
    fail(guard, *map(unanswered, SERVERS))
    prove(guard)


def test_who_did_not_answer_before_a_proof_is_in_no_row_with_who_comes_after() -> None:
    guard = LogonGuard()
    fail(guard, unanswered("NODE1"))
    prove(guard)
    guard.learn("NODE2", rejected("NODE2"))
    with pytest.raises(Fault), guard.logon("NODE3"):
        raise unanswered("NODE3")
    prove(guard)
