"""The files of a run: whole or not at all, and only where they can be written."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ssoaudit import record
from ssoaudit.documents import DocumentError
from ssoaudit.files import OutputError, write_atomic

PRIVATE = 0o600
EVIDENCE, RESULT, REPORT = "evidence.json", "result.json", "report.html"


class Outputs:
    """The files of one run in one directory, named in the order in which they are written."""

    def __init__(self, directory: Path, names: Sequence[str]) -> None:
        self.directory = directory
        self._names = names
        self._written: list[str] = []

    def prepare(self) -> None:
        """Make the directory and try it, before time is spent on what could not be saved. Raises `OutputError`."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise OutputError(self.directory, f"the directory cannot be made: {reason}", "give another --out") from None
        try_directory(self.directory, "give another --out")

    def write(self, name: str, data: bytes, mode: int = 0o644) -> Path:
        """Write one of the files. Raises `OutputError`, which tells of the others."""
        path = self.directory / name
        try:
            write_atomic(path, data, mode)
        except OutputError as error:
            raise OutputError(error.path, error.message, error.hint + self._told()) from error
        self._written.append(name)
        return path

    def _told(self) -> str:
        missing = [name for name in self._names if name not in self._written]
        older = [name for name in missing if (self.directory / name).exists()]
        written = f". Written: {', '.join(self._written)}" if self._written else ""
        left = f"; the {', '.join(older)} that stands there is of another run" if older else ""
        return f"{written}. Not written: {', '.join(missing)}{left}."


def try_directory(directory: Path, hint: str) -> None:
    """Raise `OutputError` where no file can be made in a directory."""
    try:
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(directory, f"no file can be written there: {reason}", hint) from None


def holds_other_than(path: Path, estate: str) -> bool:
    """Whether a file stands there that is not the evidence of the estate of that name, of whatever version."""
    if not path.exists():
        return False
    try:
        name: object = json.loads(record.read(path))["inventory"]["name"]
    except (DocumentError, ValueError, LookupError, TypeError, RecursionError):
        return True
    return name != estate
