"""The bundle: what was read of an estate, once, and what could not be read."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ValidationError, model_validator
from pydantic_core import ErrorDetails
from typing_extensions import Self

from ssoaudit import record
from ssoaudit.facts import Fact
from ssoaudit.inventory import Inventory
from ssoaudit.record import AnswerFile, Moment, Record, RunRecord
from ssoaudit.vocabulary import Source

F = TypeVar("F", bound=Fact)

SCHEMA_VERSION = 1


class ReadStatus(str, Enum):
    """How the reading of a topic ended. The first five are the node script's own words."""

    OK = "ok"
    PARTIAL = "partial"
    DENIED = "denied"
    ABSENT = "absent"
    ERROR = "error"
    DEADLINE = "deadline"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    UNREACHABLE = "unreachable"
    NOT_COLLECTED = "not_collected"


MissingStatus = Literal[
    ReadStatus.DENIED,
    ReadStatus.ABSENT,
    ReadStatus.ERROR,
    ReadStatus.DEADLINE,
    ReadStatus.MALFORMED,
    ReadStatus.TOO_LARGE,
    ReadStatus.UNREACHABLE,
    ReadStatus.NOT_COLLECTED,
]


class Read(Record):
    """A topic that was read. `lacking` maps the parts that could not be read to the reason."""

    status: Literal[ReadStatus.OK, ReadStatus.PARTIAL]
    milliseconds: int
    lacking: dict[str, str]
    data: dict[str, Any]

    @model_validator(mode="after")
    def _says_what_it_lacks(self) -> Self:
        if bool(self.lacking) is not (self.status is ReadStatus.PARTIAL):
            raise ValueError("a reading in part says what it lacks, and no other does")
        return self


class Missing(Record):
    """A topic that could not be read: the stage and code of the fault, one sentence, and what to do next."""

    status: MissingStatus
    code: str
    stage: str
    message: str
    hint: str
    milliseconds: int = 0


Reading = Read | Missing


class Heard(Record):
    """Between which two moments, by the auditor's clock (UTC), a server looked at its own for `env`."""

    asked: Moment
    received: Moment


class ServerEvidence(Record):
    """What one server answered, by topic.

    Times are UTC, by the auditor's clock; by the server's own where `source` is a file, which `file` then describes.
    Bundles that name no source are of a time when WinRM was the only one. `heard` belongs to the reading of `env` that
    stands in `topics`; None where it did not come, or came in a file.
    """

    name: str
    started: Moment
    finished: Moment
    topics: dict[str, Reading]
    heard: Heard | None = None
    source: Source = Source.WINRM
    file: AnswerFile | None = None

    @model_validator(mode="after")
    def _names_its_file(self) -> Self:
        if (self.file is not None) is not (self.source is Source.FILE):
            raise ValueError("answers from a file name it, and no others do")
        return self


class DatabaseEvidence(Record):
    """What a database answered, by topic; of SSODB also what msdb beside it told.

    `server` and `database` say where it was looked for, and are empty where nobody knew; `notes` are sentences about
    what the connection could not assure. Times are the auditor's, UTC.
    """

    server: str
    database: str
    driver: str
    notes: tuple[str, ...]
    started: Moment
    finished: Moment
    topics: dict[str, Reading]


class Evidence(Record):
    """What was read of an estate. `asked` are the topics that every server was asked for.

    `management` is the BizTalk management database, None where the inventory has no BizTalk; `message_boxes` are the
    MessageBox databases that it names.
    """

    schema_version: Literal[1]
    run: RunRecord
    inventory: Inventory
    asked: tuple[str, ...]
    servers: tuple[ServerEvidence, ...]
    ssodb: DatabaseEvidence | None
    management: DatabaseEvidence | None
    message_boxes: tuple[DatabaseEvidence, ...]

    @model_validator(mode="after")
    def _names_each_server_once(self) -> Self:
        names = [server.name for server in self.servers]
        strangers = set(names) - {server.name for server in self.inventory.servers}
        if strangers or len(set(names)) < len(names):
            raise ValueError("every server of the evidence is one of the inventory, and stands there once")
        return self

    def server(self, name: str) -> ServerEvidence | None:
        """What was read of the server of that name; None where it is not in the bundle."""
        return next((evidence for evidence in self.servers if evidence.name == name), None)

    def topics(self, server: str) -> Mapping[str, Reading]:
        """What a server answered, by topic; empty where it is not in the bundle."""
        evidence = self.server(server)
        return evidence.topics if evidence else {}

    @property
    def oldest(self) -> datetime:
        """From when on the evidence ages: the end of the run, or the oldest of the files that answers came in."""
        return min([self.run.finished, *(server.file.written for server in self.servers if server.file is not None)])


def typed(reading: Reading, model: type[F]) -> F | Missing:
    """A reading as its model, or why it is none."""
    if isinstance(reading, Missing):
        return reading
    try:
        return model.read(reading.data, reading.lacking)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
    where = _place(problems[0])
    if all(problem["type"] == "missing" for problem in problems):
        return Missing(
            status=ReadStatus.NOT_COLLECTED,
            code="older-evidence",
            stage="evaluate",
            message=f"The evidence is older than this check: {model.topic} has no {where}.",
            hint="Collect again with this version.",
        )
    return Missing(
        status=ReadStatus.MALFORMED,
        code="malformed",
        stage="evaluate",
        message=f"The answer about {model.topic} is not what it should be: {where}: {problems[0]['msg']}.",
        hint="Collect again; if it stays so, report it with the log.",
    )


def _place(problem: ErrorDetails) -> str:
    """Where a problem is. The name of a field that should not be there is the server's own text, and is left out."""
    steps = problem["loc"][:-1] if problem["type"] == "extra_forbidden" else problem["loc"]
    return ".".join(str(step) for step in steps) or "the whole"


def digest(data: bytes) -> str:
    """The SHA-256 that reports show for a bundle."""
    return hashlib.sha256(data).hexdigest()


def parse(data: bytes, source: Path) -> Evidence:
    """The evidence in a file's bytes. Raises `DocumentError`."""
    return record.parse(data, source, Evidence, SCHEMA_VERSION, "evidence bundle")


def load(path: Path) -> tuple[Evidence, str]:
    """The evidence in a file, and the file's digest. Raises `DocumentError`."""
    data = record.read(path)
    return parse(data, path), digest(data)
