"""PowerShell on this machine: what it prints, and that it and its children end in time."""

import os
import stat
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ssoaudit.collect import local, script
from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.winrm.limits import Limits
from ssoaudit.collect.winrm.shell import Output
from ssoaudit.lab.powershell import clixml

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there a script is no powershell.exe")

BIG = b"x" * 300_000
CHILD = "subprocess.Popen([sys.executable, '-c', 'import time; print(1, flush=True); time.sleep(600)'])"

Fake = Callable[[str], None]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Puts a program called powershell.exe on the path."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def write(body: str) -> None:
        program = tmp_path / script.COMMAND
        program.write_text(f"#!{sys.executable}\nimport os, subprocess, sys, time\n{body}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    return write


def run(stdin: bytes = b"", **limits: float) -> tuple[bytes, Output]:
    printed = bytearray()
    given = Limits(**{"deadline": 20.0, **limits})  # type: ignore[arg-type]
    output = local.run("NODE1", script.ARGUMENTS, stdin, limits=given, on_stdout=printed.extend)
    return bytes(printed), output


def fault(stdin: bytes = b"", **limits: float) -> Fault:
    with pytest.raises(Fault) as raised:
        run(stdin, **limits)
    return raised.value


def test_command_line_and_input_arrive_as_they_are(fake: Fake) -> None:
    fake("print(sys.argv[1:]); sys.stdout.flush(); sys.stdout.buffer.write(sys.stdin.buffer.read())")
    printed, output = run(BIG)
    assert printed == output.stdout == f"{list(script.ARGUMENTS)}\n".encode() + BIG
    assert (output.exit_code, output.stderr) == (0, "")


def test_errors_are_told_in_plain_text_and_the_exit_code_is_kept(fake: Fake) -> None:
    fake(f"sys.stderr.buffer.write({clixml('boom')!r}); sys.exit(7)")
    _, output = run()
    assert (output.stderr, output.exit_code) == ("boom", 7)


def test_a_program_that_does_not_read_its_input_ends_all_the_same(fake: Fake) -> None:
    fake("print('done')")
    assert run(BIG)[0] == b"done\n"


def test_little_of_the_operators_environment_is_handed_on(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSOAUDIT_PASSWORD", "PSModulePath", "KRB5CCNAME"):
        monkeypatch.setenv(name, "canary")
    monkeypatch.setenv("COMPUTERNAME", "NODE1")
    fake("print(sorted(set(os.environ) - {'LC_CTYPE'}))")
    assert run()[0] == f"{['COMPUTERNAME', 'PATH']}\n".encode()


def test_what_came_before_a_hang_is_kept_and_everything_is_ended(fake: Fake, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    fake(
        f"writer = os.open({str(alive)!r}, os.O_WRONLY); os.set_inheritable(writer, True)\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], close_fds=False)\n"
        "print('before', flush=True); time.sleep(600)"
    )
    # A pipe is at its end once nobody holds its other side: then the child is gone as well.
    reader = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    printed = bytearray()
    started = time.monotonic()
    with pytest.raises(Fault) as raised:
        local.run("NODE1", (), b"", limits=Limits(deadline=3.0), on_stdout=printed.extend)
    assert time.monotonic() - started <= 3.0 + 2.0
    assert (raised.value.code, raised.value.stage, bytes(printed)) == ("deadline", FaultStage.RUN, b"before\n")
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_a_child_that_keeps_the_output_open_is_ended(fake: Fake) -> None:
    fake(CHILD)
    assert fault(deadline=2.0).code == "deadline"


def test_output_that_is_too_much_ends_it(fake: Fake) -> None:
    fake("while True: sys.stdout.write('x' * 65536)")
    assert fault(stdout_bytes=1_000_000).code == "too-large"


def test_errors_that_are_too_much_are_cut(fake: Fake) -> None:
    fake("sys.stderr.write('x' * 100000)")
    assert run(stderr_bytes=1000)[1].stderr == "x" * 1000


def test_the_operator_may_give_up(fake: Fake) -> None:
    fake("print('begun', flush=True); time.sleep(600)")
    cancelled = threading.Event()
    with pytest.raises(Fault) as raised:
        local.run("NODE1", (), b"", cancelled=cancelled, on_stdout=lambda _: cancelled.set())
    assert raised.value.code == "cancelled"


def test_a_machine_without_powershell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = fault()
    assert (found.code, found.stage) == ("no-powershell", FaultStage.CONFIGURE)
    assert found.message == "NODE1 is to be read on the spot, and this machine has no powershell.exe."


def test_a_powershell_that_cannot_be_started(fake: Fake, tmp_path: Path) -> None:
    program = tmp_path / script.COMMAND
    program.write_bytes(b"\x00\x01")
    program.chmod(0o755)
    assert fault().message.startswith("powershell.exe of NODE1 cannot be started: exec format error")
