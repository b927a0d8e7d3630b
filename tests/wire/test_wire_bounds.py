"""What a collection may cost: memory where a node sends without end, and failed logons where a password is wrong."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.credentials import Secret
from ssoaudit.lab.estate import NODES, LabEstate, healthy
from ssoaudit.lab.process import Lab
from ssoaudit.vocabulary import Role
from tests.lab.child import ROOT
from tests.lab.faulty import NAME
from tests.lab.faulty_process import FaultyProcess
from tests.lab.wire_estate import codes, collected, inventory, server
from tests.lab.wire_faults import BASIC, FAULTS, NTLM, SHORT, Expected

MEGABYTE = 1024**2
MOST_GROWTH = 60 * MEGABYTE
SERVERS = 50
WRONG = Secret("a-password-that-is-refused-4e1b")
SCHEMES = (NTLM, BASIC)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells a process's memory")
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["huge", "huge-chunks", "huge-challenge", "gzip-bomb"])
def test_what_a_node_sends_does_not_fill_the_memory(
    faulty: FaultyProcess, labs: Callable[[str], Lab], tmp_path: Path, name: str, scheme: str
) -> None:
    lab = labs(scheme)
    with faulty.node(name, scheme, lab.user, lab.password.reveal()) as node:
        one = inventory(lab, lab.inventory().servers[0])
        other = inventory(lab, server(node, scheme, tmp_path))
        order = {
            "user": lab.user,
            "password": lab.password.reveal(),
            "deadline": FAULTS[name].deadline,
            "inventories": [one.model_dump_json(), other.model_dump_json()],
        }
        ended = subprocess.run(
            [sys.executable, "-m", "tests.lab.memory_child"],
            cwd=ROOT,
            input=json.dumps(order),
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
            check=True,
        )
    expected = FAULTS[name].expected(scheme)
    assert isinstance(expected, Expected)
    told = json.loads(ended.stdout)
    assert told["codes"] == [expected.code]
    assert told["growth"] <= MOST_GROWTH


def many(*, canary: bool = True) -> LabEstate:
    """Fifty servers, the first of which is a cluster node; without a canary nothing listens there."""
    machine = healthy().machines[NODES[0]]
    names = [f"SERVER{number:02}" for number in range(SERVERS)]
    servers = {name: replace(machine, name=name, roles=(Role.BIZTALK,)) for name in names}
    servers[names[0]] = replace(servers[names[0]], roles=(Role.CLUSTER,))
    return LabEstate(servers, unreachable=frozenset() if canary else frozenset(names[:1]))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("canary", [True, False])
def test_a_wrong_password_is_one_failed_logon(scheme: str, canary: bool) -> None:
    with Lab(many(canary=canary), tls=scheme == BASIC) as lab:
        evidence = collected(inventory(lab, *lab.inventory().servers), Logon(lab.user, WRONG), SHORT)
        counters = lab.counters().values()
    told = sorted(code for each in evidence.servers for code, _ in codes(evidence, each.name))
    assert told == (["auth", *["not-tried"] * 49] if canary else ["auth", *["not-tried"] * 48, "refused"])
    assert sum(each["rejected_logons"] for each in counters) == 1
    assert sum(each["authenticate_messages"] for each in counters) == (1 if scheme == NTLM else 0)
    assert sum(each["plaintext_bodies"] + each["shells_opened"] for each in counters) == 0


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["web-server", "hostile-fault"])
def test_who_answers_without_taking_the_password_does_not_prove_it(
    faulty: FaultyProcess, tmp_path: Path, name: str, scheme: str
) -> None:
    with Lab(many(), tls=scheme == BASIC) as lab:
        password = lab.password.reveal() if name == "web-server" else WRONG.reveal()
        with faulty.node(name, scheme, lab.user, password) as node:
            first = server(node, scheme, tmp_path)
            estate = inventory(lab, first, *lab.inventory().servers[1:])
            evidence = collected(estate, Logon(lab.user, WRONG))
        counters = lab.counters().values()
    expected = FAULTS[name].expected(scheme)
    assert isinstance(expected, Expected)
    assert codes(evidence, NAME) <= {(expected.code, expected.stage.value), ("not-tried", "authenticate")}
    assert sum(each["rejected_logons"] for each in counters) == 1
