"""The log: sentences on stderr, JSON lines in a file. Nothing secret, and nothing that steers a terminal."""

import errno
import json
import logging
import os
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from ssoaudit.credentials import Secret, redact
from ssoaudit.documents import visible

ROOT = "ssoaudit"
TOLD = {"told": True}
"""As `extra` of a record whose message the operator is told anyway: it goes to the file alone."""

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
_FIELDS = ("target", "stage", "details")
_LONGEST_LINE = 2000

logging.getLogger(ROOT).addHandler(logging.NullHandler())  # else Python prints what nobody has asked for


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
        """`warning: Nothing listens on SSONODE2 …`, behind the target's name where the message does not tell it."""
        message, target = record.getMessage(), getattr(record, "target", "")
        about = f"{target}: " if target and target not in message else ""
        text = f"{record.levelname.lower()}: {about}{message}"
        if record.exc_info and self._tracebacks:
            text += "\n" + self.formatException(record.exc_info)
        return "\n".join(visible(line, _LONGEST_LINE) for line in self._redaction.clean(text).splitlines())


class JsonLines(logging.Formatter):
    """One JSON object per record: time, level, logger, run, message, and where they are known target, stage, details.

    A record of an exception has its traceback.
    """

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


class Terminal(logging.Handler):
    """Writes to stderr. A progress bar that stands there is wiped first; its next step draws it again."""

    has_bar = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's line, unless the operator is told anyway or nobody reads stderr."""
        if getattr(record, "told", False):
            return
        wipe = f"\r{' ' * (shutil.get_terminal_size().columns - 1)}\r" if self.has_bar else ""
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"{wipe}{self.format(record)}\n")
            sys.stderr.flush()


class LogFile(logging.FileHandler):
    """A file that only its owner can read; a log that is there already goes on.

    Where it can no longer be written, that is said once, and the run goes on. Raises `OSError` where it cannot be
    opened.
    """

    def __init__(self, path: Path) -> None:
        _make_private(path)
        super().__init__(path, encoding="utf-8")
        self.path = path

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002 - the signature of logging
        """Stop writing, and say so."""
        logging.getLogger(ROOT).removeHandler(self)
        error = sys.exc_info()[1]
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        logging.getLogger(__name__).warning("%s: the log can no longer be written: %s", self.path, reason.lower())

    def close(self) -> None:
        """Close the file; what could not be written was told before."""
        with suppress(OSError):
            super().close()


def _make_private(path: Path) -> None:
    """Make the file, or take an old one from all others. Raises `OSError`; a pipe, which might block, is refused."""
    if path.is_fifo():
        raise OSError(errno.EINVAL, "this is a pipe")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        if sys.platform != "win32" and stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


class Log:
    """The project's log during one call of the program."""

    def __init__(self, run_id: str) -> None:
        self.redaction = Redaction()
        self.path: Path | None = None
        self._run_id = run_id
        self._terminal = Terminal()
        self._handlers: list[logging.Handler] = []

    def open(self) -> None:
        """Log warnings to stderr."""
        logging.getLogger(ROOT).propagate = False
        self._attach(self._terminal)
        self.speak(0)

    def speak(self, verbosity: int) -> None:
        """Log to stderr: 0 warnings, 1 what happens, 2 everything."""
        level = _LEVELS[min(verbosity, len(_LEVELS) - 1)]
        self._terminal.setLevel(level)
        self._terminal.setFormatter(Sentences(self.redaction, tracebacks=level == logging.DEBUG))
        logging.getLogger(ROOT).setLevel(level)

    def write(self, path: Path) -> None:
        """Log everything to that file, too. Raises `OSError` where it cannot be written."""
        file = LogFile(path)
        file.setFormatter(JsonLines(self.redaction, self._run_id))
        self._attach(file)
        self.path = path
        logging.getLogger(ROOT).setLevel(logging.DEBUG)

    def close(self) -> None:
        """Log no more."""
        root = logging.getLogger(ROOT)
        for handler in self._handlers:
            root.removeHandler(handler)
            handler.close()
        self._handlers.clear()
        root.propagate = True
        root.setLevel(logging.NOTSET)

    @contextmanager
    def beside_bar(self) -> Iterator[None]:
        """While a progress bar stands on stderr."""
        self._terminal.has_bar = True
        try:
            yield
        finally:
            self._terminal.has_bar = False

    def _attach(self, handler: logging.Handler) -> None:
        logging.getLogger(ROOT).addHandler(handler)
        self._handlers.append(handler)
