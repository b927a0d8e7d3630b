"""One call of the program: its run id, its log, and what must not stand in it."""

import os
import uuid
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from ssoaudit.credentials import VARIABLE, Secret
from ssoaudit.files import OutputError
from ssoaudit.logs import Log

SQL_VARIABLE = "SSOAUDIT_SQL_PASSWORD"
BIZTALK_VARIABLE = "SSOAUDIT_BIZTALK_PASSWORD"
"""The passwords of the SQL logins `sql.user`, and `biztalk.user` where that is another."""


class Session:
    """Shared by the commands of one call; a context manager.

    `environment` holds the exported passwords, if there are any. The process's own environment no longer does, so
    that no child process inherits them.
    """

    def __init__(self) -> None:
        self.run_id = uuid.uuid4().hex[:12]
        self.log = Log(self.run_id)
        self.environment: MutableMapping[str, str] = {}
        for variable in (VARIABLE, SQL_VARIABLE, BIZTALK_VARIABLE):
            exported = os.environ.pop(variable, None)
            if exported is not None:
                self.environment[variable] = exported
                self.log.redaction.add([Secret(exported)])

    def __enter__(self) -> Self:
        self.log.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.log.close()

    def configure_log(self, verbosity: int, path: Path | None) -> None:
        """Log as the operator wishes. Raises `OutputError` where the log file cannot be written."""
        self.log.speak(verbosity)
        if path is None:
            return
        try:
            self.log.write(path)
        except OSError as error:
            message = f"the log cannot be written: {(error.strerror or str(error)).lower()}"
            raise OutputError(path, message, "give another --log-file") from None
