"""The files of a run: whole or not at all, and only where they can be written."""

import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ssoaudit import record
from ssoaudit.documents import DocumentError
from ssoaudit.files import OutputError, write_atomic

EVIDENCE, RESULT, REPORT = "evidence.json", "result.json", "report.html"


class Outputs:
    """The files of one run in one directory, named in the order in which they are written."""

    def __init__(self, directory: Path, names: Sequence[str]) -> None:
        self.directory = directory
        self._names = names
        self._written: list[str] = []

    def paths(self) -> tuple[Path, ...]:
        """Where the files will stand."""
        return tuple(self.directory / name for name in self._names)

    def prepare(self) -> None:
        """Make the directory and try it, before time is spent on what could not be saved. Raises `OutputError`."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise OutputError(self.directory, f"the directory cannot be made: {reason}", "give another --out") from None
        try_directory(self.directory, "give another --out")

    def write(self, name: str, data: bytes) -> Path:
        """Write one of the files. Raises `OutputError`, which tells of the others."""
        path = self.directory / name
        try:
            write_atomic(path, data)
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


def spare(read: Iterable[Path], written: Iterable[Path], hint: str) -> None:
    """Raise `OutputError` where a file that is read would be overwritten."""
    sources = [path for path in read if path.exists()]
    for path in written:
        if path.exists() and any(path.samefile(source) for source in sources):
            raise OutputError(path, "this is the file that is read", hint)


def stranger_to(directory: Path, estate: str) -> Path | None:
    """The first file of a run there that is not of the estate of that name; None where there is none.

    A report is of the estate that the evidence or the result beside it is of.
    """
    evidence, result, report = (directory / name for name in (EVIDENCE, RESULT, REPORT))
    if evidence.exists() and _told(evidence, "inventory", "name") != estate:
        return evidence
    if result.exists() and _told(result, "estate") != estate:
        return result
    return report if report.exists() and not (evidence.exists() or result.exists()) else None


def _told(path: Path, *keys: str) -> object:
    """What stands under these keys in a JSON file of whatever version; None where it is none."""
    try:
        found: Any = json.loads(record.read(path))
        for key in keys:
            found = found[key]
    except (DocumentError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return found
