"""What the files that this project writes have in common."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError

from ssoaudit.documents import DocumentError, Problem, read_bytes, visible

MAXIMUM_BYTES = 256 * 1024 * 1024
FIRST_YEAR, LAST_YEAR = 2000, 2200

_KINDS: Mapping[str, tuple[str, frozenset[str]]] = {
    "evidence bundle": ("evidence", frozenset({"inventory", "asked", "servers"})),
    "result": ("a result", frozenset({"verdict", "findings", "checks"})),
    "pilot bundle": ("a pilot bundle", frozenset({"winrm", "self_tests", "evidence"})),
}
_LONGEST_REASON = 200


def _until(last: int, moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= last:
        raise ValueError(f"the year must be from {FIRST_YEAR} to {last}")
    return moment


# What is reckoned from a moment, in any time zone, must not leave the calendar.
Moment = Annotated[AwareDatetime, AfterValidator(partial(_until, LAST_YEAR))]
Expiry = Annotated[AwareDatetime, AfterValidator(partial(_until, LAST_YEAR + 1))]


class Record(BaseModel):
    """A frozen part of a file that this project writes and reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class RunRecord(Record):
    """When, by whom and with what the evidence was collected. Times are UTC.

    Where it is `redacted`, names, addresses and ids are pseudonyms.
    """

    id: str
    started: Moment
    finished: Moment
    operator: str
    auditor: str
    version: str
    script_sha256: str
    unsafe_options: tuple[str, ...]
    redacted: bool = False


class AnswerFile(Record):
    """The file that a server's answers came in: name, SHA-256, and when it was written, by the server's clock."""

    name: str
    sha256: str
    written: Moment


R = TypeVar("R", bound=Record)


def dump(record: Record) -> bytes:
    """The record as a file: the same bytes for the same record, pure ASCII."""
    text = json.dumps(record.model_dump(mode="json"), indent=2, sort_keys=True, ensure_ascii=True)
    return text.encode("ascii") + b"\n"


def json_schema(model: type[Record], title: str) -> dict[str, Any]:
    """The JSON Schema of a kind of file."""
    schema = model.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": title}


def read(path: Path) -> bytes:
    """A file's bytes. Raises `DocumentError` where it cannot be read, is no regular file or is too large to be ours."""
    return read_bytes(path, MAXIMUM_BYTES)


def parse(data: bytes, source: Path, model: type[R], version: int, kind: str) -> R:
    """The record in a file's bytes.

    `version` is the schema version that this program reads, `kind` what the file should be, for messages. Raises
    `DocumentError`, with line and column where the file is no JSON.
    """
    stranger = DocumentError(Problem(source, f"this is no {kind}", "give a file that ssoaudit wrote"))
    try:
        document = json.loads(data)
    except json.JSONDecodeError as error:
        hint = "was the file cut short or edited? make it again"
        raise DocumentError(
            Problem(
                source,
                f"this is no JSON: {error.msg.lower().removesuffix(' starting at')}",
                hint,
                error.lineno,
                error.colno,
            )
        ) from None
    except (ValueError, RecursionError):
        raise stranger from None
    if not isinstance(document, dict):
        raise stranger
    _refuse_other_kind(document, source, kind)
    found = document.get("schema_version")
    if not isinstance(found, int):
        raise stranger
    if found != version:
        message = f"the {kind} has schema version {found}, this ssoaudit reads {version}"
        raise DocumentError(Problem(source, message, "use the version of ssoaudit that wrote it"))
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
    where = visible(".".join(str(step) for step in problems[0]["loc"]))
    message = f"the {kind} is not whole: {where}: {visible(problems[0]['msg'].lower(), _LONGEST_REASON)}"
    raise DocumentError(Problem(source, message, "make it again, or use the version of ssoaudit that wrote it"))


def _refuse_other_kind(document: Mapping[str, object], source: Path, kind: str) -> None:
    for other, (found, marks) in _KINDS.items():
        if other != kind and marks <= document.keys():
            wanted = _KINDS[kind][0] if kind in _KINDS else f"a {kind}"
            hint = "evaluate reads an evidence.json, report a result.json"
            raise DocumentError(Problem(source, f"this is {found}, not {wanted}", hint))
