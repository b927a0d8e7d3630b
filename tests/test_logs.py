import json
import logging
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ssoaudit.credentials import Secret
from ssoaudit.logs import ROOT, TOLD, Log

logger = logging.getLogger(f"{ROOT}.test")


@pytest.fixture
def log() -> Iterator[Log]:
    opened = Log("run1")
    opened.open()
    yield opened
    opened.close()


def lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


@pytest.mark.parametrize(
    ("verbosity", "heard"), [(0, "warning"), (1, "info warning"), (2, "debug info warning"), (9, "debug info warning")]
)
def test_how_much_is_said(log: Log, capsys: pytest.CaptureFixture[str], verbosity: int, heard: str) -> None:
    log.speak(verbosity)
    logger.debug("d")
    logger.info("i")
    logger.warning("w")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [line.split(":")[0] for line in captured.err.splitlines()] == heard.split()


def test_a_target_is_named_once(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    logger.warning("slow", extra={"target": "NODE1"})
    logger.warning("NODE1 is slow", extra={"target": "NODE1"})
    assert capsys.readouterr().err == "warning: NODE1: slow\nwarning: NODE1 is slow\n"


def test_the_file_has_everything(log: Log, tmp_path: Path) -> None:
    log.write(tmp_path / "l.jsonl")
    logger.debug("read", extra={"target": "NODE1", "stage": "connect", "details": "errno 111"})
    (line,) = lines(tmp_path / "l.jsonl")
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "debug",
        "logger": "ssoaudit.test",
        "run": "run1",
        "message": "read",
        "target": "NODE1",
        "stage": "connect",
        "details": "errno 111",
    }


def test_the_file_goes_on(log: Log, tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    path.write_text('{"message": "before"}\n')
    log.write(path)
    logger.warning("after")
    assert [line["message"] for line in lines(path)] == ["before", "after"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_only_the_owner_reads_the_file(log: Log, tmp_path: Path) -> None:
    log.write(tmp_path / "l.jsonl")
    assert stat.S_IMODE((tmp_path / "l.jsonl").stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_an_old_file_becomes_the_owners_alone(log: Log, tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    path.touch()
    path.chmod(0o644)
    log.write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in directories")
def test_a_pipe_is_no_log(log: Log, tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(OSError, match="this is a pipe"):
        log.write(path)


def test_what_is_told_anyway_goes_to_the_file_alone(
    log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.write(tmp_path / "l.jsonl")
    logger.critical("told", extra=TOLD)
    assert capsys.readouterr().err == ""
    assert [line["message"] for line in lines(tmp_path / "l.jsonl")] == ["told"]


def test_secrets_are_taken_out(log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.speak(2)
    log.write(tmp_path / "l.jsonl")
    log.redaction.add([Secret('canary"canary')])
    error = ValueError('canary"canary')
    logger.error("%r of %s", 'canary"canary', "NODE1", extra={"details": 'canary"canary'}, exc_info=error)
    (line,) = lines(tmp_path / "l.jsonl")
    assert line["message"] == "'***' of NODE1"
    assert line["details"] == "***"
    assert line["traceback"].endswith("ValueError: ***")
    said = capsys.readouterr().err
    assert "canary" not in said + json.dumps(line)
    assert said == "error: '***' of NODE1\nValueError: ***\n"


def test_tracebacks_are_for_those_who_ask(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    log.speak(1)
    logger.error("broken", exc_info=ValueError("why"))
    assert capsys.readouterr().err == "error: broken\n"


def test_nothing_steers_the_terminal(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    logger.warning("a\x1b[2Jb\rc")
    assert capsys.readouterr().err == "warning: a\\x1b[2Jb\nc\n"


def test_a_bar_is_wiped_first(log: Log, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "8")
    with log.beside_bar():
        logger.warning("beside")
    logger.warning("alone")
    assert capsys.readouterr().err == "\r       \rwarning: beside\nwarning: alone\n"


def test_a_closed_stderr_is_no_error(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    logger.warning("unheard")


def test_a_closed_log_is_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = Log("run1")
    log.open()
    log.write(tmp_path / "l.jsonl")
    log.close()
    assert (logging.getLogger(ROOT).propagate, logging.getLogger(ROOT).level) == (True, logging.NOTSET)
    logger.warning("too late")
    assert capsys.readouterr().err == ""
    assert lines(tmp_path / "l.jsonl") == []
