"""What an operator reads when something is wrong: one sentence on stderr, exit code 2 or 5, never a traceback."""

import errno
import json
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest
from program import Ended, run

from ssoaudit import cli
from ssoaudit.cli import collecting, judging, outputs, rendering
from ssoaudit.collect.collection import Collection
from ssoaudit.credentials import Credential, Secret
from ssoaudit.files import OutputError, write_atomic

Said = Callable[..., Ended]


@pytest.fixture
def said(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Said:
    """Runs the program in this process, in an empty directory."""
    for name in [name for name in os.environ if name.startswith("SSOAUDIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Ended:
        code = cli.main([str(argument) for argument in arguments])
        captured = capsysbinary.readouterr()
        return Ended(code, captured.out, captured.err.decode())

    return call


@pytest.fixture
def evidence(first_scan: tuple[Ended, Path]) -> Path:
    return first_scan[1] / "evidence.json"


@pytest.fixture
def result(first_scan: tuple[Ended, Path]) -> Path:
    return first_scan[1] / "result.json"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["runn"], "No such command 'runn'"),
        (["run"], "Missing argument 'INVENTORY'."),
        (["run", "i.yaml", "--profile", "x"], "Invalid value for '--profile': 'x' is not one of 'preflight', "),
        (["run", "i.yaml", "--workers", "0"], "Invalid value for '--workers': 0 is not in the range 1<=x<=128."),
        (
            ["run", "i.yaml", "--only", "x"],
            "Invalid value for '--only': no check is called 'x'; see ssoaudit checks list",
        ),
        (
            ["run", "i.yaml", "--skip", "msdtc.cids-are-uniqe"],
            "Invalid value for '--skip': no check is called 'msdtc.cids-are-uniqe'; did you mean 'msdtc.cids-are-uni",
        ),
        (["checks", "show", "x"], "Invalid value for 'ID': no check is called 'x'; see ssoaudit checks list"),
        (["evaluate", "e.json", "--as-of", "soon"], "Invalid value for '--as-of': 'soon' is neither now nor a date"),
        (
            ["evaluate", "e.json", "--as-of", "9999-12-31T23:59-14:00"],
            "Invalid value for '--as-of': the year must be from 2000 to 2200, found 9999",
        ),
        (["evaluate", "e.json", "--as-of", "1999-12-31"], "Invalid value for '--as-of': the year must be from 2000 to"),
        (["run", "i.yaml", "--timeout", "nan"], "Invalid value for '--timeout': 'nan' is not a number of seconds"),
        (["collect", "i.yaml", "--connect-timeout", "NaN"], "Invalid value for '--connect-timeout': 'NaN' is not a"),
        (["schema", "report"], "Invalid value for 'inventory|evidence|pilot|result': 'report' is not one of 'inv"),
        (["report", "r.json", "--format", "pdf"], "Invalid value for '--format': 'pdf' is not one of 'html', 'json', "),
        (["--log-file", ".", "checks", "list"], "Invalid value for '--log-file': File '.' is a directory."),
    ],
)
def test_wrong_use(said: Said, arguments: list[str], sentence: str) -> None:
    ended = said(*arguments)
    assert (ended.code, ended.stdout) == (2, b"")
    assert ended.stderr.startswith("Usage: ssoaudit ")
    assert f"\nError: {sentence}" in ended.stderr
    assert ended.stderr.count(sentence) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "i.yaml"], "i.yaml: the file does not exist; check the path"),
        (["run", "."], ".: this is a directory, not a file; name the file inside it"),
        (
            ["evaluate", "e.json"],
            "e.json: the file does not exist; check the path",
        ),
        (["evaluate", "."], ".: this is a directory, not a file; name the file inside it"),
        (["report", "r.json"], "r.json: the file does not exist; check the path"),
        (["--config", "c.toml", "checks", "list"], "c.toml: the file does not exist; check the path"),
        (
            ["--log-file", "no/l.jsonl", "checks", "list"],
            "no/l.jsonl: the log cannot be written: no such file or directory; give another --log-file",
        ),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="the system's words differ")
def test_a_file_that_cannot_be_used(said: Said, arguments: list[str], sentence: str) -> None:
    assert said(*arguments) == Ended(2, b"", f"Error: {sentence}\n")


def test_every_problem_of_an_inventory_is_told(said: Said, tmp_path: Path) -> None:
    Path(tmp_path, "i.yaml").write_text("name: x\nserver: []\nservers:\n  - {host: A, roles: [clustr]}\n")
    ended = said("run", "i.yaml")
    assert ended.code == 2
    first, second = ended.stderr.splitlines()
    assert first.startswith("Error: i.yaml:2:1: unknown key 'server'; did you mean 'servers'?")
    assert second.startswith("       i.yaml:4:")
    assert not Path(tmp_path, "report.html").exists()


def test_evidence_that_was_cut_short(said: Said, evidence: Path, tmp_path: Path) -> None:
    lines = evidence.read_text().splitlines(keepends=True)
    Path(tmp_path, "cut.json").write_text("".join(lines[:20]))
    ended = said("evaluate", "cut.json")
    assert ended.code == 2
    assert ended.stderr.startswith("Error: cut.json:21:1: this is no JSON: ")


@pytest.mark.parametrize("command", ["evaluate", "report"])
def test_a_file_of_another_version(said: Said, evidence: Path, result: Path, tmp_path: Path, command: str) -> None:
    document = json.loads((evidence if command == "evaluate" else result).read_bytes())
    Path(tmp_path, "newer.json").write_text(json.dumps({**document, "schema_version": document["schema_version"] + 1}))
    ended = said(command, "newer.json")
    assert ended.code == 2
    assert "schema version" in ended.stderr
    assert ended.stderr.endswith("; use the version of ssoaudit that wrote it\n")


def test_a_result_is_no_evidence(said: Said, result: Path) -> None:
    ended = said("evaluate", result)
    assert (ended.code, ended.stderr.count("\n")) == (2, 1)
    assert ended.stderr.startswith(f"Error: {result}: this is a result, not evidence; ")


def test_evidence_is_no_result(said: Said, evidence: Path) -> None:
    assert said("report", evidence).stderr.startswith(f"Error: {evidence}: this is evidence, not a result; ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("\x1b]0;x\x07\u202e",),
        ("\x1b]0;x\x07\u202e.yaml", "run"),
        ("--\x1b]0;x\x07\u202e",),
        ("checks", "show", "\x1b]0;x\x07\u202e"),
        ("run", "\x1b]0;x\x07\u202e.yaml"),
        ("evaluate", "e.json", "--as-of", "\x1b]0;x\x07\u202e"),
        ("evaluate", "e.json", "--profile", "\x1b]0;x\x07\u202e"),
    ],
)
def test_what_was_typed_does_not_steer_the_terminal(said: Said, arguments: tuple[str, ...]) -> None:
    ended = said(*arguments)
    assert (ended.code, ended.stdout) == (2, b"")
    assert "\\x1b]0;x\\x07\\u202e" in ended.stderr
    assert "\x1b" not in ended.stderr
    assert "\u202e" not in ended.stderr


def test_what_a_server_said_does_not_steer_the_terminal(said: Said, evidence: Path, tmp_path: Path) -> None:
    document = json.loads(evidence.read_bytes())
    said_so = "\x1b]0;x\x07\u202e"
    missing = {"status": "error", "code": "x", "stage": "x", "message": said_so, "hint": said_so, "milliseconds": 1}
    for server in document["servers"]:
        server["topics"] = dict.fromkeys(server["topics"], missing)
    Path(tmp_path, "e.json").write_text(json.dumps(document))
    ended = said("evaluate", "e.json", "--out", "out\x1b[2J")
    assert ended.code == 4
    assert "nothing is known of the estate. \\x1b]0;x\\x07\\u202e" in ended.stderr
    assert "Report: out\\x1b[2J" in ended.stderr
    assert "\x1b" not in ended.stderr + ended.stdout.decode()


def test_an_input_is_not_written_over(said: Said, evidence: Path, result: Path, tmp_path: Path) -> None:
    Path(tmp_path, "i.yaml").write_text("name: x\nservers: [{host: A, roles: [cluster]}]\n")
    inputs = {
        "result.json": evidence.read_bytes(),
        "r.json": result.read_bytes(),
        "i.yaml": Path(tmp_path, "i.yaml").read_bytes(),
        "evidence.json": Path(tmp_path, "i.yaml").read_bytes(),
    }
    for name, data in inputs.items():
        Path(tmp_path, name).write_bytes(data)
    Path(tmp_path, "link.json").symlink_to("r.json")
    for arguments in (
        ("evaluate", "result.json"),
        ("report", "r.json", "--format", "html", "-o", "link.json"),
        ("collect", "i.yaml", "-o", "./i.yaml"),
        ("run", "evidence.json", "--out", tmp_path),
    ):
        ended = said(*arguments)
        assert (ended.code, ended.stdout) == (2, b"")
        assert ": this is the file that is read; give another --out" in ended.stderr
    assert {name: Path(tmp_path, name).read_bytes() for name in inputs} == inputs


def test_nothing_left_to_ask(said: Said, evidence: Path) -> None:
    ended = said("evaluate", evidence, "--only", "msdtc.cids-are-unique", "--skip", "msdtc.cids-are-unique")
    assert ended.code == 2
    assert ended.stderr.endswith("Error: No check of the profile preflight is left by --only and --skip.\n")


def test_out_is_a_file(said: Said, evidence: Path, tmp_path: Path) -> None:
    Path(tmp_path, "file").touch()
    assert said("evaluate", evidence, "--out", "file").stderr.endswith(
        "Error: Invalid value for '--out': Directory 'file' is a file.\n"
    )
    below = said("evaluate", evidence, "--out", "file/below")
    assert (below.code, below.stderr.startswith("Error: file")) == (2, True)
    assert "the directory cannot be made: " in below.stderr


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a directory in which nobody can write")
@pytest.mark.parametrize(
    "arguments", [("run", "i.yaml", "--out", "/proc"), ("collect", "i.yaml", "-o", "/proc/e.json")]
)
def test_what_could_not_be_saved_is_not_collected(said: Said, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    Path(tmp_path, "i.yaml").write_text("name: x\nservers: [{host: A, roles: [cluster]}]\n")
    ended = said(*arguments)
    assert ended.code == 2
    assert ended.stderr.startswith("Error: /proc: no file can be written there: ")


def test_a_report_into_a_missing_directory(said: Said, result: Path) -> None:
    ended = said("report", result, "--format", "html", "-o", "no/r.html")
    assert (ended.code, ended.stderr) == (
        2,
        f"Error: {Path('no', 'r.html')}: the directory does not exist; create it first\n",
    )


def test_what_was_written_is_told_and_the_verdict_shown(
    said: Said, evidence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(tmp_path, "report.html").write_text("old")

    def full(path: Path, data: bytes) -> None:
        if path.name == "report.html":
            raise OutputError(path, "the disk is full", "make room or choose another directory")
        write_atomic(path, data)

    monkeypatch.setattr(outputs, "write_atomic", full)
    ended = said("evaluate", evidence)
    assert ended.code == 2
    assert ended.stdout.startswith(b"NOT READY")
    assert ended.stderr == (
        "Error: report.html: the disk is full; make room or choose another directory. Written: result.json. "
        "Not written: report.html; the report.html that stands there is of another run.\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "result.json"]


@pytest.mark.parametrize("given", ["--password=hunter2", "--passwd"])
def test_no_option_takes_a_password(said: Said, given: str) -> None:
    ended = said("run", "i.yaml", given)
    assert ended.code == 2
    assert "Use the keyring, the variable SSOAUDIT_PASSWORD or the prompt; no option takes a password." in ended.stderr
    assert "hunter2" not in ended.stderr


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every judgement ends in an exception that knows too much."""

    def fault(*_: object, **__: object) -> None:
        session = click.get_current_context().obj
        session.log.redaction.add([Secret("canary-of-the-crash")])
        raise RuntimeError("canary-of-the-crash")

    monkeypatch.setattr(judging, "evaluate", fault)


@pytest.mark.usefixtures("broken")
def test_a_fault_keeps_its_traceback_in_a_private_file(
    said: Said, evidence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = said("evaluate", evidence, "--out", "out")
    (log,) = tmp_path.glob("ssoaudit-*.log")
    assert (ended.code, ended.stdout) == (5, b"")
    assert ended.stderr == (
        f"Error: a fault in ssoaudit itself (RuntimeError); please report it with {log}. What was written is whole.\n"
    )
    assert "RuntimeError: ***" in log.read_text()
    if sys.platform != "win32":
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.usefixtures("broken")
def test_a_fault_goes_to_the_log_where_there_is_one(
    said: Said, evidence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = said("--log-file", "log.jsonl", "evaluate", evidence, "--out", "out")
    assert ended.code == 5
    assert "please report it with log.jsonl." in ended.stderr
    lines = [json.loads(line) for line in Path("log.jsonl").read_text().splitlines()]
    assert ["RuntimeError: ***" in line["traceback"] for line in lines if line["level"] == "critical"] == [True]
    assert not list(tmp_path.glob("ssoaudit-*.log"))


@pytest.mark.usefixtures("broken")
def test_a_fault_is_shown_where_it_cannot_be_kept(
    said: Said, evidence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    ended = said("evaluate", evidence, "--as-of", "now")
    assert ended.code == 5
    assert "RuntimeError: ***\nError: a fault in ssoaudit itself" in ended.stderr


def test_a_broken_report_is_named(said: Said, result: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken_report = EntryPoint("html", "acme_reports.html", "ssoaudit.reports")
    monkeypatch.setattr(rendering, "find_reports", lambda: {"html": broken_report})
    ended = said("report", result, "--format", "html")
    assert (ended.code, ended.stdout) == (2, b"")
    assert "Error: The report html of acme_reports.html cannot be used: ModuleNotFoundError: " in ended.stderr


@pytest.mark.parametrize("name", ["SSOAUDIT_PASSWORD", "SSOAUDIT_SQL_PASSWORD", "SSOAUDIT_BIZTALK_PASSWORD"])
def test_no_child_process_inherits_a_password(said: Said, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "canary")
    said("--version")
    assert name not in os.environ


def test_a_broken_pipe_inside_is_a_fault_and_no_verdict(
    said: Said, evidence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "canary")

    monkeypatch.setattr(judging, "evaluate", fault)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = said("evaluate", evidence)
    assert (ended.code, "a fault in ssoaudit itself (RuntimeError)" in ended.stderr) == (5, True)


def test_an_exported_password_is_not_in_a_traceback(
    said: Said, evidence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise RuntimeError("canary-exported")

    monkeypatch.setattr(judging, "evaluate", fault)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    monkeypatch.setenv("SSOAUDIT_PASSWORD", "canary-exported")
    assert "RuntimeError: ***\n" in said("evaluate", evidence).stderr


def test_a_stored_password_is_not_in_a_traceback(said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object) -> None:
        raise RuntimeError("canary-stored")

    stored = Credential("CONTOSO\\auditor", Secret("canary-stored"), "keyring")
    Path(tmp_path, "i.yaml").write_text("name: x\nservers: [{host: A, roles: [cluster]}]\n")
    monkeypatch.setattr(collecting, "resolve", lambda *_, **__: stored)
    monkeypatch.setattr(Collection, "collect", fault)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    assert "RuntimeError: ***\n" in said("collect", "i.yaml", "-o", "-").stderr


def test_the_log_tells_why_a_run_ended(said: Said) -> None:
    said("--log-file", "log.jsonl", "run", "missing.yaml")
    messages = [json.loads(line)["message"] for line in Path("log.jsonl").read_text().splitlines()]
    assert messages[-2:] == ["missing.yaml: the file does not exist; check the path", "exit code 2"]


def test_old_evidence_is_warned_of(said: Said, evidence: Path, tmp_path: Path) -> None:
    document = json.loads(evidence.read_bytes())
    document["run"] |= {"started": "2020-02-01T08:00:00Z", "finished": "2020-02-01T08:05:00Z"}
    Path(tmp_path, "old.json").write_text(json.dumps(document))
    ended = said("evaluate", "old.json")
    assert ended.code == 1
    assert "warning: the evidence was collected on 2020-02-01 08:05 UTC and is relied on for 24 hours" in ended.stderr


@pytest.mark.parametrize(
    ("given", "judged"),
    [("2020-02-01", "2020-02-01T00:00:00Z"), ("2020-02-01T08:00Z", "2020-02-01T08:00:00Z")],
)
def test_the_time_of_judgement_can_be_given(said: Said, evidence: Path, given: str, judged: str) -> None:
    said("evaluate", evidence, "--as-of", given)
    assert json.loads(Path("result.json").read_bytes())["as_of"] == judged


def test_as_of_now(said: Said, evidence: Path) -> None:
    said("evaluate", evidence, "--as-of", "now")
    judged = json.loads(Path("result.json").read_bytes())
    assert judged["as_of"] > judged["run"]["finished"]


@pytest.mark.parametrize("arguments", [("-h",), ("run", "--help"), ("checks", "show", "-h")])
def test_help_goes_to_stdout(said: Said, arguments: tuple[str, ...]) -> None:
    ended = said(*arguments)
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.startswith(b"Usage: ssoaudit ")


def test_without_arguments_the_help_is_an_error(said: Said) -> None:
    assert said().code == 2


def test_version(said: Said) -> None:
    assert said("--version").stdout.decode().split()[:2] == ["ssoaudit,", "version"]


def test_python_m_and_the_command_are_one(tmp_path: Path) -> None:
    assert run("--version", cwd=tmp_path).stdout.startswith(b"ssoaudit, version ")
