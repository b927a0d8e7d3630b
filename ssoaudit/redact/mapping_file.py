"""The file that tells which pseudonym stands for what, for its owner alone."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import model_validator
from typing_extensions import Self

from ssoaudit import record
from ssoaudit.documents import visible
from ssoaudit.files import write_atomic
from ssoaudit.record import Record
from ssoaudit.redact.pseudonyms import NUMBERED, Pseudonyms

SCHEMA_VERSION = 1

_FORMS: Mapping[str, "re.Pattern[str]"] = {
    "address": re.compile(r"10(\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}"),
    "guid": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "hexadecimal": re.compile(r"[0-9a-f]{16,128}"),
    "interface": re.compile(r"[0-9]{1,20}"),
    "mac": re.compile(r"02[0-9a-f]{10}"),
    "prefix": re.compile(r"[0-9]{1,17}"),
    "sid": re.compile(r"[1-9][0-9]{3,9}"),
    "subnet": re.compile(r"[1-9][0-9]{0,4}"),
    "word": re.compile(r"[a-z0-9_-]{1,256}"),
}
"""What the pseudonyms of each kind look like."""


class Mapped(Record):
    """Kind of original → original → pseudonym. It undoes the redaction."""

    schema_version: Literal[1]
    pseudonyms: Mapping[str, Mapping[str, str]]

    @model_validator(mode="after")
    def _holds_pseudonyms(self) -> Self:
        for kind, known in self.pseudonyms.items():
            if kind not in _FORMS:
                raise ValueError(f"there is no kind {visible(kind)}")
            if len(set(known.values())) < len(known):
                raise ValueError("two originals have one pseudonym")
            for original, pseudonym in known.items():
                if not _FORMS[kind].fullmatch(pseudonym) or not _is_below(pseudonym, NUMBERED.get(kind)):
                    raise ValueError(f"what stands for an original of the kind {kind} is no pseudonym")
                if original.casefold() == pseudonym:
                    raise ValueError(f"an original of the kind {kind} stands for itself")
        return self


def _is_below(text: str, end: int | None) -> bool:
    return end is None or int(text) < end


def load(path: Path) -> Pseudonyms:
    """The pseudonyms in a file, to go on with; none yet where there is no file. Raises `DocumentError`."""
    if not path.exists():
        return Pseudonyms()
    found = record.parse(record.read(path), path, Mapped, SCHEMA_VERSION, "map of pseudonyms")
    return Pseudonyms(found.pseudonyms)


def save(path: Path, pseudonyms: Pseudonyms) -> None:
    """Write the pseudonyms to a file that only its owner can read. Raises `OutputError`."""
    write_atomic(path, record.dump(Mapped(schema_version=1, pseudonyms=pseudonyms.as_kinds())))
