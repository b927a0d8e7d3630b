"""What is wrong with a document, and where."""

from dataclasses import dataclass
from pathlib import Path

from ssoaudit.documents.text import MAX_LINE, visible, visible_path

MAX_PROBLEMS = 20

Location = tuple[int | str, ...]
"""The way to a part of a document: keys, and places in lists from 0 on."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a document. Line and column count from 1; None where the file as a whole is meant."""

    path: Path
    message: str
    hint: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (visible_path(self.path), self.line, self.column) if part is not None)
        return visible(f"{where}: {self.message}; {self.hint}" if self.hint else f"{where}: {self.message}", MAX_LINE)


class DocumentError(Exception):
    """A document cannot be used. `problems` holds every reason in the file's order; the attributes tell the first."""

    def __init__(self, first: Problem, *others: Problem) -> None:
        super().__init__(first, *others)
        self.problems = (first, *others)
        self.path = first.path
        self.line = first.line
        self.column = first.column
        self.message = first.message
        self.hint = first.hint

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:MAX_PROBLEMS]]
        unlisted = len(self.problems) - len(lines)
        if unlisted:
            lines.append(f"{visible_path(self.path)}: and {unlisted} more")
        return "\n".join(lines)


@dataclass(frozen=True)
class Flaw:
    """What a validator objects to; `at` leads from the validated value to the part that is meant."""

    message: str
    hint: str = ""
    at: Location = ()

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class FlawError(ValueError):
    """Raised by the validators of a model, so that each flaw is reported at its own place in the file."""

    def __init__(self, *flaws: Flaw) -> None:
        super().__init__(*flaws)
        self.flaws = flaws

    def __str__(self) -> str:
        return ", ".join(str(flaw) for flaw in self.flaws)
