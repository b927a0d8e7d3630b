"""What the files that this project writes have in common."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ssoaudit.documents import DocumentError, Problem

MAXIMUM_BYTES = 256 * 1024 * 1024


class Record(BaseModel):
    """A frozen part of a file that this project writes and reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class RunRecord(Record):
    """When, by whom and with what the evidence was collected. Times are UTC."""

    id: str
    started: datetime
    finished: datetime
    operator: str
    auditor: str
    version: str
    script_sha256: str
    unsafe_options: tuple[str, ...]


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
    """A file's bytes. Raises `DocumentError` where it cannot be read, or is too large to be ours."""
    try:
        if path.stat().st_size > MAXIMUM_BYTES:
            raise DocumentError(Problem(path, "the file is too large", "is it the right file?"))
        return path.read_bytes()
    except OSError as error:
        message = f"cannot be read: {(error.strerror or type(error).__name__).lower()}"
        raise DocumentError(Problem(path, message, "check the path and its permissions")) from None


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
    found = document.get("schema_version") if isinstance(document, dict) else None
    if not isinstance(found, int):
        raise stranger
    if found != version:
        message = f"the {kind} has schema version {found}, this ssoaudit reads {version}"
        raise DocumentError(Problem(source, message, "use the version of ssoaudit that wrote it"))
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
    where = ".".join(str(step) for step in problems[0]["loc"])
    message = f"the {kind} is not whole: {where}: {problems[0]['msg'].lower()}"
    raise DocumentError(Problem(source, message, "make it again, or use the version of ssoaudit that wrote it"))
