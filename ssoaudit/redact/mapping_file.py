"""The file that tells which pseudonym stands for what, for its owner alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import model_validator
from typing_extensions import Self

from ssoaudit import record
from ssoaudit.files import write_atomic
from ssoaudit.record import Record
from ssoaudit.redact.pseudonyms import NUMBERED, Pseudonyms

SCHEMA_VERSION = 1
_LONGEST = 256


class Mapped(Record):
    """Kind of original → original → pseudonym. It undoes the redaction."""

    schema_version: Literal[1]
    pseudonyms: Mapping[str, Mapping[str, str]]

    @model_validator(mode="after")
    def _is_one_to_one(self) -> Self:
        for kind, known in self.pseudonyms.items():
            if len(set(known.values())) < len(known):
                raise ValueError("two originals have one pseudonym")
            if kind in NUMBERED and not all(_is_number(text, NUMBERED[kind]) for text in known.values()):
                raise ValueError("a pseudonym is no number where it has to be one")
            if not all(0 < len(text) <= _LONGEST for text in known.values()):
                raise ValueError(f"a pseudonym is empty, or longer than {_LONGEST} characters")
        return self


def _is_number(text: str, end: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(end)) and int(text) < end


def load(path: Path) -> Pseudonyms:
    """The pseudonyms in a file, to go on with; none yet where there is no file. Raises `DocumentError`."""
    if not path.exists():
        return Pseudonyms()
    found = record.parse(record.read(path), path, Mapped, SCHEMA_VERSION, "map of pseudonyms")
    return Pseudonyms(found.pseudonyms)


def save(path: Path, pseudonyms: Pseudonyms) -> None:
    """Write the pseudonyms to a file that only its owner can read. Raises `OutputError`."""
    write_atomic(path, record.dump(Mapped(schema_version=1, pseudonyms=pseudonyms.as_kinds())))
