"""The log: sentences on stderr, JSON lines in a file. Nothing secret, and nothing that steers a terminal."""

import json
import logging
import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

from ssoaudit.credentials import Secret, redact
from ssoaudit.documents import visible

ROOT = "ssoaudit"
_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
_FIELDS = ("target", "stage", "details")


class Redaction:
    """Takes every known secret out of what is logged."""

    def __init__(self) -> None:
        self._secrets: list[Secret] = []

    def add(self, secrets: Iterable[Secret]) -> None:
        """Know these from now on."""
        self._secrets.extend(secrets)

    def clean(self, text: str) -> str:
        """The text without any known secret."""
        return redact(text, self._secrets)


class Sentences(logging.Formatter):
    """One line per record, for a terminal; tracebacks only where they were asked for."""

    def __init__(self, redaction: Redaction, *, tracebacks: bool) -> None:
        super().__init__()
        self._redaction = redaction
        self._tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        """`warning: SSONODE2: Nothing listens …`."""
        text = f"{record.levelname.lower()}: {record.getMessage()}"
        if record.exc_info and self._tracebacks:
            text += "\n" + self.formatException(record.exc_info)
        return "\n".join(visible(line) for line in self._redaction.clean(text).splitlines())


class JsonLines(logging.Formatter):
    """One JSON object per record: time, level, logger, run, target, stage, message."""

    def __init__(self, redaction: Redaction, run_id: str) -> None:
        super().__init__()
        self._redaction = redaction
        self._run_id = run_id

    def format(self, record: logging.LogRecord) -> str:
        """The record's line."""
        line = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "run": self._run_id,
            "message": record.getMessage(),
            **{name: getattr(record, name) for name in _FIELDS if getattr(record, name, "")},
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        cleaned = {name: self._redaction.clean(str(value)) for name, value in line.items()}
        return json.dumps(cleaned, ensure_ascii=True)


def configure(verbosity: int, log_file: Path | None, run_id: str) -> Redaction:
    """Send the project's log to stderr (0 warnings, 1 what happens, 2 everything) and, whole, to a file.

    Raises `OSError` where the file cannot be written. Returns the redaction, to be told the secrets.
    """
    root = logging.getLogger(ROOT)
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.propagate = False
    redaction = Redaction()
    level = _LEVELS[min(verbosity, len(_LEVELS) - 1)]
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(level)
    terminal.setFormatter(Sentences(redaction, tracebacks=level == logging.DEBUG))
    root.addHandler(terminal)
    if log_file is not None:
        file = logging.FileHandler(log_file, encoding="utf-8")
        file.setFormatter(JsonLines(redaction, run_id))
        root.addHandler(file)
    root.setLevel(logging.DEBUG if log_file else level)
    return redaction
