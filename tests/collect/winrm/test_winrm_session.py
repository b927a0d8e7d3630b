"""Conversations with a node that is honest until it is not."""

import secrets
import threading
import traceback
from collections.abc import Callable, Iterator

import pytest
from winrm_servers import USER, HostileNode, Trick, Turn

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.winrm.endpoint import endpoint
from ssoaudit.collect.winrm.shell import Limits, Logon, Output, run
from ssoaudit.credentials import Secret
from ssoaudit.inventory import WinrmSettings
from ssoaudit.lab import encryption, wsman
from ssoaudit.lab.wsman import SHELL

Hostile = Callable[..., HostileNode]
QUICK = Limits(connect=2.0, operation=1.0, grace=1.0, deadline=1.5, cleanup=2.0)


@pytest.fixture
def hostile() -> Iterator[Callable[..., HostileNode]]:
    started: list[HostileNode] = []

    def start(**tricks: Trick) -> HostileNode:
        node = HostileNode(USER, secrets.token_urlsafe(16), tricks)
        started.append(node)
        node.__enter__()
        return node

    yield start
    for node in started:
        node.__exit__(None, None, None)


def brave(node: HostileNode, limits: Limits = QUICK, cancelled: threading.Event | None = None) -> Output:
    settings = WinrmSettings(auth="ntlm", port=node.port)
    where = endpoint("NODE1", "127.0.0.1", settings)
    logon = Logon(USER, Secret(node.password))
    return run(
        where, settings, logon, "program", [], b"in", limits=limits, cancelled=cancelled, on_stdout=node.got.append
    )


def fault_of(node: HostileNode, limits: Limits = QUICK, cancelled: threading.Event | None = None) -> Fault:
    with pytest.raises(Fault) as caught:
        brave(node, limits, cancelled)
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert node.password not in told + repr(caught.value)
    assert node.counters.plaintext_bodies == 0
    return caught.value


def test_the_hostile_node_can_be_honest(hostile: Hostile) -> None:
    assert brave(hostile()).stdout == b"output"


def soap(body: str) -> bytes:
    return (
        f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:rsp="{SHELL}">'
        f"<s:Header/><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def running(stdout: str = "") -> bytes:
    stream = f'<rsp:Stream Name="stdout">{stdout}</rsp:Stream>' if stdout else ""
    return soap(
        f'<rsp:ReceiveResponse>{stream}<rsp:CommandState State="{SHELL}/CommandState/Running"/></rsp:ReceiveResponse>'
    )


def in_clear(turn: Turn) -> None:
    turn.wire.reply(200, turn.honest, f"Content-Type: {wsman.CONTENT_TYPE}")


def fault_in_clear(turn: Turn) -> None:
    turn.wire.reply(500, wsman.fault(wsman.access_denied(), "", "NODE1"), f"Content-Type: {wsman.CONTENT_TYPE}")


def dtd(turn: Turn) -> None:
    turn.answer(b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>')


def altered(turn: Turn) -> None:
    body = bytearray(turn.sealed(turn.honest))
    body[-40] ^= 1
    turn.wire.reply(200, bytes(body), f"Content-Type: {encryption.CONTENT_TYPE}")


def untyped(turn: Turn) -> None:
    turn.wire.reply(200, b"--Encrypted Boundary\r\n")


def empty(turn: Turn) -> None:
    turn.wire.reply(200)


def empty_500(turn: Turn) -> None:
    turn.wire.reply(500)


def ask_again(turn: Turn) -> None:
    turn.wire.reply(401, b"", "WWW-Authenticate: NTLM")


def hang_up(turn: Turn) -> None:
    turn.wire.hang_up()


def hang(turn: Turn) -> None:
    turn.wire.wait_until_left()


def drip(turn: Turn) -> None:
    turn.wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    turn.wire.drip(b"x")


def drip_header(turn: Turn) -> None:
    turn.wire.send(b"HTTP/1.1 200 OK\r\nX-Header: ")
    turn.wire.drip(b"x")


def no_xml(turn: Turn) -> None:
    turn.answer(b"<a")


def other_xml(turn: Turn) -> None:
    turn.answer(b"<a/>")


def never_ends(turn: Turn) -> None:
    turn.answer(running("eA=="))


def says_nothing(turn: Turn) -> None:
    turn.answer(running())


def too_much(turn: Turn) -> None:
    turn.answer(running("A" * 400_000))


def done_without_code(turn: Turn) -> None:
    turn.answer(
        soap(f'<rsp:ReceiveResponse><rsp:CommandState State="{SHELL}/CommandState/Done"/></rsp:ReceiveResponse>')
    )


def timed_out(turn: Turn) -> None:
    turn.answer(wsman.fault(wsman.timed_out(), "", "NODE1"), 500)


@pytest.mark.parametrize(
    ("trick", "code"),
    [
        (in_clear, "downgrade"),
        (fault_in_clear, "downgrade"),
        (dtd, "hostile"),
        (altered, "integrity"),
        (untyped, "downgrade"),
        (empty, "protocol"),
        (empty_500, "http"),
        (ask_again, "conn-lost"),
        (hang_up, "conn-lost"),
        (no_xml, "protocol"),
        (other_xml, "protocol"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
@pytest.mark.parametrize("action", ["Create", "Receive"])
def test_a_bad_reply_is_a_fault(hostile: Hostile, action: str, trick: Trick, code: str) -> None:
    node = hostile(**{action: trick})
    fault = fault_of(node)
    assert fault.code == code
    assert fault.stage is (FaultStage.RUN if action == "Receive" else fault.stage)
    assert node.counters.open_shells == (0 if action == "Receive" else 1)


@pytest.mark.parametrize(
    ("trick", "code"),
    [
        (hang, "deadline"),
        (drip, "deadline"),
        (drip_header, "deadline"),
        (never_ends, "deadline"),
        (says_nothing, "protocol"),
        (timed_out, "protocol"),
        (done_without_code, "protocol"),
        (too_much, "too-large"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_reading_ends_and_the_shell_is_removed(hostile: Hostile, trick: Trick, code: str) -> None:
    node = hostile(Receive=trick)
    limits = Limits(operation=1.0, grace=5.0, deadline=1.5, cleanup=2.0, stdout_bytes=1_000_000)
    fault = fault_of(node, limits)
    assert (fault.stage, fault.code) == (FaultStage.RUN, code)
    assert node.actions[-2:] == ["Signal", "Delete"]
    assert node.counters.open_shells == 0


def test_what_came_before_a_fault_is_not_lost(hostile: Hostile) -> None:
    replies = iter([running("Zmlyc3Q="), running("c2Vjb25k")])

    def some(turn: Turn) -> None:
        reply = next(replies, None)
        if reply is None:
            turn.wire.hang_up()
        else:
            turn.answer(reply)

    node = hostile(Receive=some)
    assert fault_of(node).code == "conn-lost"
    assert node.got == [b"first", b"second"]


def test_over_a_connection_that_stands_cleaning_up_needs_no_new_logon(hostile: Hostile) -> None:
    node = hostile(Receive=never_ends)
    assert fault_of(node).code == "deadline"
    assert node.connections == 1


def test_a_shell_that_cannot_be_removed_takes_no_longer_than_allowed(hostile: Hostile) -> None:
    node = hostile(Receive=hang, Signal=hang, Delete=hang)
    assert fault_of(node, Limits(deadline=0.5, cleanup=0.5)).code == "deadline"


def test_a_failed_clean_up_does_not_spoil_the_output(hostile: Hostile) -> None:
    node = hostile(Signal=hang_up, Delete=in_clear)
    assert brave(node).stdout == b"output"
    assert node.counters.plaintext_bodies == 0


def test_cancelling_ends_a_wait(hostile: Hostile) -> None:
    cancelled = threading.Event()

    def cancel(turn: Turn) -> None:
        cancelled.set()
        turn.wire.wait_until_left()

    node = hostile(Receive=cancel)
    assert fault_of(node, Limits(), cancelled).code == "cancelled"
    assert node.counters.open_shells == 0


def test_a_command_that_ends_before_it_has_read_its_input(hostile: Hostile) -> None:
    def closed(turn: Turn) -> None:
        turn.answer(wsman.fault(wsman.WSManError(232, "w:InternalError", "The pipe is being closed."), "", "N"), 500)

    assert brave(hostile(Send=closed)).stdout == b"output"


def test_another_fault_of_sending_is_a_fault(hostile: Hostile) -> None:
    def full(turn: Turn) -> None:
        turn.answer(wsman.fault(wsman.WSManError(2150859173, "w:QuotaLimit", "Enough."), "", "N"), 500)

    node = hostile(Send=full)
    assert fault_of(node).code == "quota"
    assert node.counters.open_shells == 0


def test_stderr_is_cut_and_not_a_fault(hostile: Hostile) -> None:
    replies = iter(
        [soap('<rsp:ReceiveResponse><rsp:Stream Name="stderr">' + "YWJj" * 10 + "</rsp:Stream></rsp:ReceiveResponse>")]
    )

    def noisy(turn: Turn) -> None:
        turn.answer(next(replies, turn.honest))

    assert brave(hostile(Receive=noisy), Limits(stderr_bytes=5)).stderr == "abcab"


def test_the_operation_timeout_shrinks_with_the_time_left(hostile: Hostile) -> None:
    asked = []

    def ask(turn: Turn) -> None:
        asked.append(turn.request.operation_timeout)
        turn.answer(turn.honest)

    brave(hostile(Create=ask), Limits(operation=20, deadline=8))
    brave(hostile(Create=ask), Limits(operation=5, deadline=60))
    assert asked == [7, 5]


def test_how_the_shell_is_opened(hostile: Hostile) -> None:
    seen: list[Turn] = []

    def note(turn: Turn) -> None:
        seen.append(turn)
        turn.answer(turn.honest)

    brave(hostile(Create=note), Limits(deadline=60))
    request = seen[0].request
    assert request.options == {"WINRS_NOPROFILE": "TRUE", "WINRS_CODEPAGE": "65001"}
    assert request.body.findtext(f"{{{SHELL}}}Shell/{{{SHELL}}}IdleTimeOut") == "PT90S"


def test_ciphertext_is_not_sent_again_on_another_connection(hostile: Hostile) -> None:
    def answer_and_close(turn: Turn) -> None:
        headers = (f"Content-Type: {encryption.CONTENT_TYPE}", "Connection: close")
        turn.wire.reply(200, turn.sealed(turn.honest), *headers)

    node = hostile(Command=answer_and_close)
    assert fault_of(node).code == "conn-lost"
    assert node.connections == 2  # the second to clean up, with a logon of its own
    assert node.counters.open_shells == 0
