"""One call of the program: its run id, and the log with what must not stand in it."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path

import click

from ssoaudit import logs
from ssoaudit.files import OutputError


@dataclass(frozen=True)
class Session:
    """Shared by the commands of one call."""

    redaction: logs.Redaction
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    @classmethod
    def start(cls, verbosity: int, log_file: Path | None) -> "Session":
        """Set up the log. Raises `OutputError` where the log file cannot be written."""
        run_id = uuid.uuid4().hex[:12]
        try:
            redaction = logs.configure(verbosity, log_file, run_id)
        except OSError as error:
            message = f"the log cannot be written: {(error.strerror or str(error)).lower()}"
            raise OutputError(log_file or Path(), message, "give another --log-file") from None
        return cls(redaction, run_id)

    @staticmethod
    def current() -> "Session | None":
        """The session of the command that runs, if one does."""
        context = click.get_current_context(silent=True)
        return context.find_object(Session) if context else None
