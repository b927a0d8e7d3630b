"""The PowerShell part where there is none, and where what is called pwsh is none."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ssoaudit.collect.standalone import decoded
from ssoaudit.lab.estate import NODES, healthy
from tests.powershell import alone, bootstrap, reading, syntax
from tests.powershell.bench import Bench, Outcome
from tests.powershell.grammar import flaws
from tests.powershell.node import PowershellNode
from tests.powershell.process import Ran, find, run
from tests.powershell.shapes import shapes
from tests.powershell.shown import shown
from tests.powershell.troubles import troubles

ROOT = Path(__file__).parents[2]
FAKES = {
    "prints nonsense": "echo nonsense",
    "fails": "echo broken >&2; exit 1",
    "claims to have ended": "echo 'SSOAUDIT/1 END 3'",
    "repeats its input": "cat",
}

needs_sh = pytest.mark.skipif(sys.platform == "win32", reason="the false PowerShells are scripts of sh")


def fake(directory: Path, commands: str) -> str:
    program = directory / "pwsh"
    program.write_text(f"#!/bin/sh\n{commands}\n")
    program.chmod(0o700)
    return str(program)


def make(variables: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """What `make test-powershell` calls."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SSOAUDIT_")}
    return subprocess.run(
        [sys.executable, "-m", "tests.powershell"],
        cwd=ROOT,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> "subprocess.CompletedProcess[str]":
    return make({"PATH": str(tmp_path_factory.mktemp("empty"))})


def test_without_a_powershell_one_sentence_says_so(without: "subprocess.CompletedProcess[str]") -> None:
    assert without.returncode == 0
    assert without.stderr == ""
    assert without.stdout.count("\n") == 1
    assert "not run" in without.stdout


def test_the_variable_goes_before_the_path(tmp_path: Path) -> None:
    program = fake(tmp_path, "exit 0")
    assert find({"PATH": str(tmp_path)}) == program
    assert find({"PATH": str(tmp_path), "SSOAUDIT_PWSH": "/elsewhere/pwsh"}) == "/elsewhere/pwsh"
    assert find({"PATH": ""}) is None


def outcomes(program: str, seconds: float) -> list[Outcome]:
    """A case of each kind."""
    with PowershellNode(program, seconds) as node:
        bench = Bench(program, seconds, node)
        name, machine = next(shapes())
        found = [*bootstrap.outcomes(bench), *reading.read_machine(bench, name, machine), *syntax.outcomes(bench)]
        found += alone.outcomes(bench)
        trouble = next(troubles())
        found.append(Outcome("self_test", reading.read_self_test(bench, machine, {}, frozenset())))
        return [*found, Outcome(trouble.name, reading.read_trouble(bench, machine, trouble))]


@needs_sh
@pytest.mark.parametrize("commands", FAKES.values(), ids=FAKES)
def test_what_is_no_powershell_fails_every_case(commands: str, tmp_path: Path) -> None:
    found = outcomes(fake(tmp_path, commands), 60)
    # Whoever claims to have ended is believed that alone.
    passed = {outcome.name for outcome in found if not outcome.problem}
    assert passed <= {"SSONODE1: the end"}
    assert all("expected" in outcome.problem and "got" in outcome.problem for outcome in found if outcome.problem)


def test_the_stand_alone_script_of_a_machine_asks_as_the_auditor_would() -> None:
    machine = shown(healthy().machines[NODES[0]])
    text = alone.with_machine(machine)
    (told,) = re.findall(r"(?m)^\$Parameters = '(.*)'\r$", text)
    assert decoded(told)["topics"] == [topic.topic for topic in alone.topics_of(machine)]
    assert flaws(text.replace("\r\n", "\n")) == []


WELL_BEHAVED = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from ssoaudit.lab.estate import NODES, healthy
from ssoaudit.lab.powershell import Answer, facts_file
from ssoaudit.lab.process import answers
from tests.powershell.shown import shown

place = sys.argv.index("-File") + 1
script, file = Path(sys.argv[place]).read_bytes(), Path(NODES[0] + ".ssofacts")
if b"ConstrainedLanguage'" in script:
    sys.exit(print("PowerShell runs in ConstrainedLanguage here.") or 1)
if b"throw 'on purpose'" in script:
    sys.exit("on purpose")
if file.exists() and "-Force" not in sys.argv:
    sys.exit(print("the file is there already") or 1)
told = {name: Answer(**each) for name, each in answers(shown(healthy().machines[NODES[0]])).items()}
file.write_bytes(facts_file(script, NODES[0], told, datetime.now(timezone.utc)))
"""


@needs_sh
def test_a_stand_alone_script_that_does_as_it_should_passes(tmp_path: Path) -> None:
    (tmp_path / "behaved.py").write_text(WELL_BEHAVED)
    program = fake(tmp_path, f'PYTHONPATH="{ROOT}" exec "{sys.executable}" "{tmp_path / "behaved.py"}" "$@"')
    with PowershellNode(program, 60) as node:
        found = list(alone.outcomes(Bench(program, 60, node)))
    assert [outcome for outcome in found if outcome.problem] == []
    assert len(found) > 25


@needs_sh
def test_a_failure_shows_what_was_printed(tmp_path: Path) -> None:
    found = outcomes(fake(tmp_path, "echo printed; echo said >&2; exit 7"), 60)
    assert {
        (outcome.name, "exit code 7; stdout: 'printed'; stderr: 'said'" in outcome.problem) for outcome in found
    } == {(outcome.name, True) for outcome in found}


@needs_sh
def test_what_hangs_is_ended_and_soon_not_started_again(tmp_path: Path) -> None:
    ended = make({"SSOAUDIT_PWSH": fake(tmp_path, "echo begun; sleep 600 & sleep 600"), "SSOAUDIT_PWSH_SECONDS": "0.5"})
    lines = ended.stdout.splitlines()
    assert ended.returncode == 1
    assert ended.stderr == ""
    assert "did not end; stdout: 'begun'" in lines[0]
    assert lines[-1].startswith("0 passed, ")
    assert sum(line.startswith("FAILED ") for line in lines) == int(lines[-1].split()[2])
    assert "not started: PowerShell did not end in time in 2 cases before" in ended.stdout


@needs_sh
def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    ran = run(str(tmp_path / "pwsh"), (), b"", 5)
    assert ran.exit_code == 127
    assert b"cannot be started" in ran.stderr


@needs_sh
def test_what_a_program_printed_is_kept_when_it_is_ended(tmp_path: Path) -> None:
    ran = run(fake(tmp_path, "cat; echo more; sleep 600"), (), b"given ", 1)
    assert ran.stdout == b"given more\n"
    assert ran.exit_code is None


@needs_sh
def test_a_stdin_that_is_left_open_has_no_end(tmp_path: Path) -> None:
    program = fake(tmp_path, "cat")
    assert run(program, (), b"given", 60) == Ran(b"given", b"", 0)
    assert run(program, (), b"given", 1, leaves_stdin_open=True) == Ran(b"given", b"", None)


@needs_sh
def test_a_hang_on_the_node_is_told_as_one(tmp_path: Path) -> None:
    program = fake(tmp_path, "sleep 600")
    with PowershellNode(program, 0.5) as node:
        bench = Bench(program, 0.5, node)
        ran = bench.run_script("1", {})
    assert ran.exit_code is None
    assert bench.hangs == 1


def test_the_summary_of_the_suite_says_that_this_part_did_not_run() -> None:
    ended = subprocess.run(  # noqa: S603 - our own tests
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", __file__],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "The PowerShell part did not run" in ended.stdout
