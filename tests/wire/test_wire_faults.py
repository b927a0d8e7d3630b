"""Every fault of the wire, over both ways of talking: what is told of its node, and that it is of no other."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ssoaudit.collect.winrm.classify import _ROWS
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.evidence import Evidence, Missing
from ssoaudit.lab.estate import NODES
from ssoaudit.lab.process import Lab
from tests.lab.faulty import NAME
from tests.lab.faulty_process import FaultyProcess, Running
from tests.lab.wire_estate import codes, collected, inventory, is_whole, server
from tests.lab.wire_faults import AMPLE, BASIC, FAULTS, NTLM, Expected, Outcome, Senseless, Works

MARGIN = 2.0
TESTS = Path(__file__).parents[1]

PROVOKED_ELSEWHERE = frozenset(
    {
        "auth-weak",
        "cancelled",
        "certificate-cut",
        "certificate-rejected",
        "credential-characters",
        "credssp-binding",
        "credssp-old",
        "dns",
        "dns-timeout",
        "krb-expired",
        "krb-failed",
        "krb-kdc",
        "krb-mutual",
        "krb-no-ticket",
        "krb-rejected",
        "krb-skew",
        "krb-spn",
        "silent",
        "tls",
        "tls-expired",
        "unreachable",
    }
)
"""The faults that are no matter of what a logged-on node does: tests of their own bring them about."""


FIRST = (
    "silent",
    "hang",
    "hang-on-create",
    "hang-on-command",
    "hang-on-send",
    "hang-on-signal",
    "hang-for-good",
    "drip",
    "hdrip",
    "never-ends",
    "reset",
    "reset-once-given-the-password",
    "http401",
    "throw",
)
"""Faults that are tried at the node of the first look too: it is visited twice, within the time of one visit."""

STANDING = frozenset({"hang-on-signal", "never-ends", "shell-not-found"})
"""Faults of a command that runs, after which the connection still stands."""


def cases() -> list[object]:
    """The faults, with those that take time first, so that they are spread over the processes."""
    names = sorted(FAULTS, key=lambda name: (FAULTS[name].attempts != 3, FAULTS[name].deadline == AMPLE, name))
    return [
        pytest.param(name, scheme, id=f"{name}-{scheme}")
        for name in names
        for scheme in (NTLM, BASIC)
        if not isinstance(FAULTS[name].expected(scheme), Senseless)
    ]


def left_behind(lab: Lab) -> int:
    """Shells that are open on the healthy nodes, and messages that came to them in clear."""
    return sum(counters["open_shells"] + counters["plaintext_bodies"] for counters in lab.counters().values())


def attempts(node: Running) -> int:
    """How often the node was talked to; connections that only clean up do not count."""
    return node.seen.actions.count("Create") or node.seen.connections


def seconds(evidence: Evidence, name: str) -> float:
    return next(
        (server.finished - server.started).total_seconds() for server in evidence.servers if server.name == name
    )


@pytest.mark.parametrize(("name", "scheme"), cases())
def test_a_fault_is_told_in_time_and_is_of_one_node_alone(
    faulty: FaultyProcess, labs: Callable[[str], Lab], tmp_path: Path, name: str, scheme: str
) -> None:
    fault, lab = FAULTS[name], labs(scheme)
    expected = fault.expected(scheme)
    with faulty.node(name, scheme, lab.user, lab.password.reveal()) as node:
        estate = inventory(lab, *lab.inventory().servers, server(node, scheme, tmp_path))
        started = time.monotonic()
        evidence = collected(estate, Logon(lab.user, lab.password), fault.deadline)
        wall = time.monotonic() - started
        tries, seen = attempts(node), node.seen

    assert_told(evidence, expected)
    assert [each for each in NODES if not is_whole(evidence, each, each)] == []
    assert wall <= fault.deadline + MARGIN
    assert seconds(evidence, NAME) <= fault.deadline + MARGIN
    assert left_behind(lab) == 0
    if fault.listens == "yes":
        assert tries == fault.attempts
        orphans = expected.orphans if isinstance(expected, Expected) else 0
        assert seen.counters["open_shells"] == orphans
        if "Receive" in seen.actions and not orphans:
            assert seen.actions[-1] == "Delete"
            assert ("Signal" in seen.actions) is (name in STANDING), "over a new connection the shell alone is removed"
        assert seen.counters["plaintext_bodies"] == 0
        assert seen.counters["rejected_logons"] == 0


@pytest.mark.parametrize(("name", "scheme"), [(name, scheme) for name in FIRST for scheme in (NTLM, BASIC)])
def test_a_fault_of_the_first_node_is_told_in_the_same_time(
    faulty: FaultyProcess, labs: Callable[[str], Lab], tmp_path: Path, name: str, scheme: str
) -> None:
    fault, lab = FAULTS[name], labs(scheme)
    expected = fault.expected(scheme)
    with faulty.node(name, scheme, lab.user, lab.password.reveal()) as node:
        estate = inventory(lab, server(node, scheme, tmp_path), *lab.inventory().servers)
        started = time.monotonic()
        evidence = collected(estate, Logon(lab.user, lab.password), fault.deadline)
        wall = time.monotonic() - started
        seen = node.seen

    assert_told(evidence, expected)
    assert [each for each in NODES if not is_whole(evidence, each, each)] == []
    assert wall <= fault.deadline + MARGIN
    assert left_behind(lab) == 0
    assert seen.counters["open_shells"] == (expected.orphans if isinstance(expected, Expected) else 0)
    assert seen.counters["rejected_logons"] == 0


def assert_told(evidence: Evidence, expected: Outcome) -> None:
    if isinstance(expected, Works):
        assert is_whole(evidence, NAME, NODES[1])
        return
    assert isinstance(expected, Expected)
    assert codes(evidence, NAME) == {(expected.code, expected.stage.value)}
    missing = [reading for reading in evidence.topics(NAME).values() if isinstance(reading, Missing)]
    assert (len(missing) < len(evidence.topics(NAME))) is expected.keeps
    assert all(NAME in reading.message and reading.hint for reading in missing)


def other_tests() -> list[str]:
    files = [*TESTS.glob("collect/winrm/test_*.py"), *TESTS.glob("wire/test_*.py")]
    return [file.read_text(encoding="utf-8") for file in files if file != Path(__file__)]


def provoked() -> set[str]:
    outcomes = [outcome for fault in FAULTS.values() for outcome in (fault.ntlm, fault.basic)]
    return {outcome.code for outcome in outcomes if isinstance(outcome, Expected)}


@pytest.mark.parametrize("code", _ROWS)
def test_every_row_of_the_taxonomy_is_provoked(code: str) -> None:
    if code not in provoked():
        assert code in PROVOKED_ELSEWHERE
        assert any(f'"{code}"' in text for text in other_tests())


def test_what_is_said_to_be_provoked_elsewhere_is_a_row_and_not_provoked_here() -> None:
    assert provoked() & PROVOKED_ELSEWHERE == set()
    assert set(_ROWS) >= PROVOKED_ELSEWHERE


@pytest.mark.parametrize("code", _ROWS)
def test_every_row_names_its_target_and_what_to_do(code: str) -> None:
    row = _ROWS[code]
    assert "{target}" in row.message
    assert row.message.endswith(".")
    assert row.hint.endswith(".")


WORDS = {
    "fault-with-subcode": "InvalidParameter",
    "must-understand": "not understood",
    "hostile-fault": "document type",
}


@pytest.mark.parametrize("name", WORDS)
def test_the_log_has_the_words_of_a_fault(
    faulty: FaultyProcess, labs: Callable[[str], Lab], tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    lab = labs(NTLM)
    with faulty.node(name, NTLM, lab.user, lab.password.reveal()) as node:
        collected(inventory(lab, server(node, NTLM, tmp_path)), Logon(lab.user, lab.password))
    assert any(WORDS[name] in getattr(record, "details", "") for record in caplog.records)
