"""Results on stdout, all else on stderr; and what happens where one of them is gone, full, or no terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from program import SECONDS, Ended, command, environment, run, write_inventory

from ssoaudit.lab.process import Lab

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX descriptors")


@pytest.fixture
def result(first_scan: tuple[Ended, Path]) -> Path:
    return first_scan[1] / "result.json"


@posix
@pytest.mark.parametrize("output", ["html", "table"])
def test_a_reader_who_has_enough_is_no_error(result: Path, tmp_path: Path, output: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(  # noqa: S603 - our own program
        command("report", result, "--format", output),
        cwd=tmp_path,
        env=environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    _, stderr = process.communicate(timeout=SECONDS)
    assert (process.returncode, stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_behind_stdout(result: Path, tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(  # noqa: S603 - our own program
            command("report", result), cwd=tmp_path, env=environment(), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert ended.returncode == 2
    assert ended.stderr == b"Error: stdout: cannot be written: no space left on device; send it elsewhere\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("run", "-h"), ("checks", "list", "--help")])
def test_help_that_cannot_be_printed(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, stderr = redirected(*arguments, cwd=tmp_path, to=">/dev/full")
    assert (code, stderr) == (2, "Error: stdout: cannot be written: no space left on device; send it elsewhere\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("to", ["2>/dev/full", "2>&-"])
@pytest.mark.parametrize(
    ("arguments", "code"), [(("nope",), 2), ((), 2), (("run", "no.yaml"), 2), (("-v", "checks", "list"), 0)]
)
def test_nobody_reads_stderr(tmp_path: Path, arguments: tuple[str, ...], code: int, to: str) -> None:
    assert redirected(*arguments, cwd=tmp_path, to=to) == (code, "")


@posix
@pytest.mark.parametrize(("verb", "name"), [("evaluate", "evidence.json"), ("report", "result.json")])
def test_stdout_is_closed(first_scan: tuple[Ended, Path], tmp_path: Path, verb: str, name: str) -> None:
    code, stderr = redirected(verb, first_scan[1] / name, cwd=tmp_path, to=">&-")
    assert (code, stderr) == (2, "Error: stdout: is closed; send it elsewhere\n")


def redirected(*arguments: object, cwd: Path, to: str) -> tuple[int, str]:
    """Exit code and stderr of the program with a redirection of the shell's."""
    ended = subprocess.run(  # noqa: S603 - our own program
        ["/bin/sh", "-c", f'"$@" {to}', "sh", *command(*arguments)],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    return ended.returncode, ended.stderr.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_log_that_cannot_go_on_does_not_end_the_run(result: Path, tmp_path: Path) -> None:
    ended = run("--log-file", "/dev/full", "report", result, cwd=tmp_path)
    assert ended.code == 0
    assert ended.stderr == "warning: /dev/full: the log can no longer be written: no space left on device\n"


@pytest.mark.usefixtures("driver")
def test_a_character_that_the_terminal_lacks_is_spelled_out(
    lab: Lab, passwords: dict[str, str], tmp_path: Path
) -> None:
    inventory = write_inventory(tmp_path / "i.yaml", lab.inventory())
    ended = run("run", inventory, cwd=tmp_path, variables={**passwords, "PYTHONIOENCODING": "ascii"})
    assert (ended.code, b"Pr\\xfcfstand" in ended.stdout) == (0, True)


@posix
@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour_is_for_terminals_that_want_it(
    result: Path, tmp_path: Path, variables: dict[str, str], *, coloured: bool
) -> None:
    code, shown, _ = in_terminal("report", result, cwd=tmp_path, variables={"TERM": "xterm", **variables})
    assert (code, b"\x1b[" in shown) == (0, coloured)


def test_a_pipe_is_never_coloured(result: Path, tmp_path: Path) -> None:
    assert b"\x1b[" not in run("report", result, cwd=tmp_path, variables={"FORCE_COLOR": "1"}).stdout


@posix
def test_the_bar_is_on_a_terminal_only(inventory: Path, passwords: dict[str, str], tmp_path: Path) -> None:
    code, shown, piped = in_terminal(
        "-v", "collect", inventory, cwd=tmp_path, variables=passwords, terminal_is="stderr"
    )
    assert (code, piped) == (0, b"evidence.json: 5 of 5 servers answered\n")
    assert b"Reading servers" in shown
    assert b"5/5" in shown
    lines = shown.replace(b"\r\n", b"\n").split(b"\n")
    assert all(b"info: SSONODE2: read in" not in line.rsplit(b"\r", 1)[0] for line in lines)


def in_terminal(
    *arguments: object, cwd: Path, variables: dict[str, str], terminal_is: str = "stdout"
) -> tuple[int, bytes, bytes]:
    """Exit code, what a terminal on one stream showed, and what went into a pipe on the other."""
    import pty  # noqa: PLC0415 - POSIX alone has it

    ours, theirs = pty.openpty()
    process = subprocess.Popen(  # noqa: S603 - our own program
        command(*arguments),
        cwd=cwd,
        env=environment(variables),
        stdin=subprocess.DEVNULL,
        stdout=theirs if terminal_is == "stdout" else subprocess.PIPE,
        stderr=theirs if terminal_is == "stderr" else subprocess.PIPE,
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:
        pass  # Linux says so when the other end is closed
    finally:
        os.close(ours)
    stdout, stderr = process.communicate(timeout=SECONDS)
    return process.returncode, shown, (stderr if terminal_is == "stdout" else stdout) or b""
