"""Conversations with a node that is honest until it is not. What every fault is called, the wire's tests tell."""

import secrets
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from winrm_servers import USER

from ssoaudit.collect.faults import Fault
from ssoaudit.collect.winrm.endpoint import endpoint
from ssoaudit.collect.winrm.shell import Limits, Logon, Output, run
from ssoaudit.credentials import Secret
from ssoaudit.inventory import WinrmSettings
from ssoaudit.lab.authentication import Account
from ssoaudit.lab.wsman import SHELL
from tests.lab import tricks
from tests.lab.faulty import FaultyNode, Trick, Turn

QUICK = Limits(connect=2.0, operation=1.0, grace=5.0, deadline=1.5, cleanup=2.0)


@dataclass
class Hostile:
    """A faulty node, the password that it takes, and the output that came of it."""

    node: FaultyNode
    password: str = field(repr=False)
    got: list[bytes] = field(default_factory=list)


Start = Callable[..., Hostile]


@pytest.fixture
def hostile() -> Iterator[Start]:
    with ExitStack() as stack:

        def start(**played: Trick) -> Hostile:
            password = secrets.token_urlsafe(16)
            node = stack.enter_context(FaultyNode(Account(USER, Secret(password)), played))
            return Hostile(node, password)

        yield start


def brave(node: Hostile, limits: Limits = QUICK, cancelled: threading.Event | None = None) -> Output:
    settings = WinrmSettings(auth="ntlm", port=node.node.port)
    where = endpoint("NODE1", "127.0.0.1", settings)
    logon = Logon(USER, Secret(node.password))
    return run(
        where, settings, logon, "program", [], b"in", limits=limits, cancelled=cancelled, on_stdout=node.got.append
    )


def fault_of(node: Hostile, limits: Limits = QUICK, cancelled: threading.Event | None = None) -> Fault:
    with pytest.raises(Fault) as caught:
        brave(node, limits, cancelled)
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert node.password not in told + repr(caught.value)
    assert node.node.counters.plaintext_bodies == 0
    return caught.value


def test_the_hostile_node_can_be_honest(hostile: Start) -> None:
    assert brave(hostile()).stdout == b"output"


def test_what_came_before_a_fault_is_not_lost(hostile: Start) -> None:
    replies = iter([tricks.received(tricks.stdout("Zmlyc3Q=")), tricks.received(tricks.stdout("c2Vjb25k"))])

    def some(turn: Turn) -> None:
        reply = next(replies, None)
        if reply is None:
            turn.wire.hang_up()
        else:
            turn.answer(reply)

    node = hostile(Receive=some)
    assert fault_of(node).code == "conn-lost"
    assert node.got == [b"first", b"second"]


def test_over_a_connection_that_stands_cleaning_up_needs_no_new_logon(hostile: Start) -> None:
    node = hostile(Receive=tricks.saying(tricks.received(tricks.stdout("eA=="))))
    assert fault_of(node).code == "deadline"
    assert node.node.connections == 1


def test_a_failed_clean_up_does_not_spoil_the_output(hostile: Start) -> None:
    node = hostile(Delete=tricks.in_clear)
    assert brave(node).stdout == b"output"
    assert node.node.counters.plaintext_bodies == 0


def test_cancelling_ends_a_wait(hostile: Start) -> None:
    cancelled = threading.Event()

    def cancel(turn: Turn) -> None:
        cancelled.set()
        turn.wire.wait_until_left()

    node = hostile(Receive=cancel)
    assert fault_of(node, Limits(), cancelled).code == "cancelled"
    assert node.node.counters.open_shells == 0


def test_a_command_that_ends_before_it_has_read_its_input(hostile: Start) -> None:
    def ended(turn: Turn) -> None:
        assert turn.honest
        tricks.fault(232)(turn)

    assert brave(hostile(Send=ended)).stdout == b"output"


def test_another_fault_of_sending_is_a_fault(hostile: Start) -> None:
    node = hostile(Send=tricks.fault(2150859173, "w:QuotaLimit"))
    assert fault_of(node).code == "quota"
    assert node.node.counters.open_shells == 0


def test_stderr_is_cut_and_not_a_fault(hostile: Start) -> None:
    replies = iter([tricks.received(f'<rsp:Stream Name="stderr">{"YWJj" * 10}</rsp:Stream>')])

    def noisy(turn: Turn) -> None:
        reply = next(replies, None)
        if reply is None:
            turn.answer_honestly()
        else:
            turn.answer(reply)

    assert brave(hostile(Receive=noisy), Limits(stderr_bytes=5)).stderr == "abcab"


def test_the_operation_timeout_shrinks_with_the_time_left(hostile: Start) -> None:
    asked = []

    def ask(turn: Turn) -> None:
        asked.append(turn.request.operation_timeout)
        turn.answer_honestly()

    brave(hostile(Create=ask), Limits(operation=20, deadline=8))
    brave(hostile(Create=ask), Limits(operation=5, deadline=60))
    assert asked == [7, 5]


def test_how_the_shell_is_opened(hostile: Start) -> None:
    seen: list[Turn] = []

    def note(turn: Turn) -> None:
        seen.append(turn)
        turn.answer_honestly()

    brave(hostile(Create=note), Limits(deadline=60))
    request = seen[0].request
    assert request.options == {"WINRS_NOPROFILE": "TRUE", "WINRS_CODEPAGE": "65001"}
    assert request.body.findtext(f"{{{SHELL}}}Shell/{{{SHELL}}}IdleTimeOut") == "PT90S"


def test_ciphertext_is_not_sent_again_on_another_connection(hostile: Start) -> None:
    node = hostile(Command=tricks.answer_and_close)
    assert fault_of(node).code == "conn-lost"
    assert node.node.connections == 2  # the second to clean up, with a logon of its own
    assert node.node.counters.open_shells == 0
