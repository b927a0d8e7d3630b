"""Ctrl-C while servers are read: nothing stays behind there, and nothing half-written here."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ssoaudit.inventory import Server
from ssoaudit.lab.process import Lab
from tests.cli.program import environment
from tests.lab.child import ROOT
from tests.lab.faulty import NAME
from tests.lab.faulty_process import FaultyProcess
from tests.lab.wire_estate import LOOPBACK, server
from tests.lab.wire_faults import NTLM

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there a signal reaches the whole console")

SECONDS = 6.0
AT_ONCE = 2.0
PATIENCE = 60

# A shell's background job ignores the signal, and hands that on.
PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from ssoaudit.cli import main
sys.exit(main(sys.argv[1:]))
"""


def write(path: Path, user: str, *servers: Server) -> Path:
    lines = ["name: Wire", "stage: planned", "change: new", f"winrm: {{auth: ntlm, user: '{user}'}}", "servers:"]
    lines += [
        f"  - {{host: {each.host}, address: {LOOPBACK}, port: {each.port}, roles: [cluster]}}" for each in servers
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@contextmanager
def auditing(lab: Lab, inventory: Path) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM, "run", str(inventory), "--out", "out"],
        cwd=inventory.parent,
        env=environment({"SSOAUDIT_PASSWORD": lab.password.reveal(), "PYTHONPATH": str(ROOT)}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def interrupted(process: "subprocess.Popen[bytes]") -> tuple[float, str]:
    """Seconds from the signal to the end, and what was said."""
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=PATIENCE)
    return time.monotonic() - started, stderr.decode()


@pytest.mark.parametrize("is_first", [True, False], ids=["first look", "all servers"])
def test_the_shells_are_removed_and_nothing_is_written(
    faulty: FaultyProcess, labs: Callable[[str], Lab], tmp_path: Path, is_first: bool
) -> None:
    lab = labs(NTLM)
    with faulty.node("hang", NTLM, lab.user, lab.password.reveal()) as node:
        hanging = server(node, NTLM, tmp_path)
        servers = [hanging, *lab.inventory().servers] if is_first else [*lab.inventory().servers, hanging]
        with auditing(lab, write(tmp_path / "inventory.yaml", lab.user, *servers)) as process:
            node.wait_for("Receive")
            seconds, told = interrupted(process)
        assert process.returncode == 130
        assert seconds <= SECONDS
        assert told.splitlines()[-1] == "Interrupted."
        assert "Traceback" not in told
        assert node.seen.counters["open_shells"] == 0
    assert sum(counters["open_shells"] for counters in lab.counters().values()) == 0
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["inventory.yaml", "out"]


@pytest.mark.parametrize("is_first", [True, False], ids=["first look", "all servers"])
def test_a_second_time_it_ends_at_once(
    faulty: FaultyProcess, labs: Callable[[str], Lab], tmp_path: Path, is_first: bool
) -> None:
    lab = labs(NTLM)
    with faulty.node("hang-for-good", NTLM, lab.user, lab.password.reveal()) as node:
        hanging = server(node, NTLM, tmp_path)
        servers = [hanging, *lab.inventory().servers] if is_first else [*lab.inventory().servers, hanging]
        with auditing(lab, write(tmp_path / "inventory.yaml", lab.user, *servers)) as process:
            node.wait_for("Receive")
            process.send_signal(signal.SIGINT)
            node.wait_for("Delete")
            seconds, told = interrupted(process)
    assert process.returncode == 130
    assert seconds <= AT_ONCE
    assert "Traceback" not in told
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["inventory.yaml", "out"]


def test_it_ends_in_time_where_nothing_can_be_removed(
    faulty: FaultyProcess, labs: Callable[[str], Lab], tmp_path: Path
) -> None:
    lab = labs(NTLM)
    with faulty.node("hang-for-good", NTLM, lab.user, lab.password.reveal()) as node:
        hanging = server(node, NTLM, tmp_path)
        with auditing(lab, write(tmp_path / "inventory.yaml", lab.user, hanging)) as process:
            node.wait_for("Receive")
            seconds, told = interrupted(process)
    assert (process.returncode, NAME in told) == (130, False)
    assert seconds <= SECONDS
