"""Conversations with a node that is honest until it is not. What every fault is called, the wire's tests tell."""

import secrets
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from winrm_servers import USER

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.winrm.endpoint import endpoint
from ssoaudit.collect.winrm.shell import Limits, Logon, Output, run
from ssoaudit.credentials import Secret
from ssoaudit.inventory import WinrmSettings
from ssoaudit.lab.authentication import Account
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.wsman import SHELL
from tests.lab import tricks
from tests.lab.faulty import FaultyNode, Trick, Turn

QUICK = Limits(connect=2.0, operation=1.0, grace=5.0, deadline=1.5)


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


def test_whether_the_end_came_with_the_last_output_is_told(hostile: Start) -> None:
    done = tricks.received(tricks.stdout("eA=="), state="Done", exit_code="<rsp:ExitCode>0</rsp:ExitCode>")
    at_once = brave(hostile(Receive=tricks.saying(done)))

    assert (at_once.stdout, at_once.ended_with_output) == (b"x", True)
    assert brave(hostile()).ended_with_output is False


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


def test_who_asks_in_a_sealed_session_to_log_on_again_is_given_no_proof(hostile: Start) -> None:
    node = hostile(Receive=tricks.http(401, "WWW-Authenticate: NTLM"))
    assert fault_of(node).code == "conn-lost"
    assert node.node.counters.authenticate_messages == 2  # the second to clean up
    assert node.node.counters.open_shells == 0


def test_over_a_new_connection_the_shell_alone_is_removed_in_all_the_time_there_is(hostile: Start) -> None:
    def late(turn: Turn) -> None:
        asked.append(turn.request.operation_timeout)
        turn.answer_honestly()

    asked: list[float] = []
    node = hostile(Receive=tricks.reset, Delete=late)
    assert fault_of(node, Limits(cleanup=4.0)).code == "conn-lost"
    assert node.node.actions[-2:] == ["Receive", "Delete"]
    assert asked == [4]
    assert node.node.counters.open_shells == 0


def test_cleaning_up_ends_where_the_password_is_rejected(tmp_path: Path) -> None:
    authority, password = Authority(), secrets.token_urlsafe(16)
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(authority.pem)
    played: dict[str, Trick] = {
        "Send": tricks.fault(2150859173, "w:QuotaLimit"),
        "Signal": tricks.http(401, 'WWW-Authenticate: Basic realm="WSMAN"'),
    }
    context = authority.server_context("127.0.0.1")
    with FaultyNode(Account(USER, Secret(password)), played, context=context) as node:
        settings = WinrmSettings(auth="basic", scheme="https", port=node.port, ca_file=str(ca_file))
        where = endpoint("NODE1", "127.0.0.1", settings)
        with pytest.raises(Fault) as caught:
            run(where, settings, Logon(USER, Secret(password)), "program", [], b"in", limits=QUICK)
    assert caught.value.code == "quota"
    assert node.actions[-1] == "Signal"


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (tricks.received('<rsp:Stream Name="stdout">\u00e9</rsp:Stream>'), 200, "UnicodeEncodeError"),
        (
            tricks.soap(
                "<s:Fault><s:Detail><f:WSManFault "
                'xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="abc"/></s:Detail></s:Fault>'
            ),
            500,
            "no number",
        ),
    ],
)
def test_an_answer_that_cannot_be_read_is_no_winrm(hostile: Start, answer: bytes, status: int, words: str) -> None:
    fault = fault_of(hostile(Receive=tricks.saying(answer, status)))
    assert (fault.code, fault.stage) == ("protocol", FaultStage.RUN)
    assert words in fault.details


def test_waiting_for_the_turn_is_not_the_machines_time(hostile: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    passed, clock = [0.0], time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + passed[0])

    @contextmanager
    def turn() -> Iterator[None]:
        passed[0] += 3600.0
        yield

    node = hostile()
    settings = WinrmSettings(auth="ntlm", port=node.node.port)
    where = endpoint("NODE1", "127.0.0.1", settings)
    output = run(where, settings, Logon(USER, Secret(node.password)), "program", [], b"in", turn=turn)
    assert output.stdout == b"output"
