"""The pilot bundle: what stands between the auditor and each target, how the collector fares there, and the facts."""

from pathlib import Path
from typing import Literal

from ssoaudit import record
from ssoaudit.evidence import Evidence, Reading
from ssoaudit.record import Moment, Record, RunRecord

SCHEMA_VERSION = 1


class PathFault(Record):
    """Why a path ends before the target: at which stage, a stable word, one sentence, and what to do next.

    `details` are the words of the library or of the other side.
    """

    stage: str
    code: str
    message: str
    hint: str
    details: str


class Certificate(Record):
    """What a TLS listener shows, taken unverified: whether it is trusted, `evidence` tells."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: Moment | None
    not_after: Moment | None
    key_bits: int | None
    signature: str
    sha256: str


class WinrmPath(Record):
    """How far a server is from here, without logging on.

    `addresses` are those that its name resolves to; `milliseconds` the time to connect. `status` and `schemes` are the
    answer to an empty request without a logon: HTTP status, and the ways of logging on that are offered.
    `clock_seconds` is the server's clock less the auditor's, by the answer's Date, to the second.
    """

    server: str
    scheme: Literal["http", "https"]
    port: int
    addresses: tuple[str, ...]
    connects: bool
    milliseconds: int | None
    status: int | None
    schemes: tuple[str, ...]
    certificate: Certificate | None
    clock_seconds: int | None
    fault: PathFault | None


class SqlPath(Record):
    """How far SSODB is from here: the driver found, and whether its port is open; None where it is not known.

    Whether the logon is taken, the topics of `evidence.ssodb` tell.
    """

    server: str
    driver: str | None
    port: int | None
    addresses: tuple[str, ...]
    connects: bool | None
    milliseconds: int | None
    fault: PathFault | None


class SelfTestRun(Record):
    """The collector's self-test on one server, in a conversation of its own.

    `bootstrap`: how the script reached PowerShell, through `$input` or through the console's input; None where neither
    did. `sent` are the bytes of its stdin. `pieces` are the bytes of each piece of output as it came, the first 1000;
    `ended_with_output` tells whether the command's end came together with the last of them, None where nobody told.
    `stderr` is what PowerShell said there. The topic `self_test` holds the rest. `oversize` is how the server refused
    a message larger than what any takes; None where that was not tried, or not refused.
    """

    server: str
    bootstrap: Literal["input", "console"] | None
    sent: int
    pieces: tuple[int, ...]
    ended_with_output: bool | None
    exit_code: int | None
    seconds: float | None
    stderr: str
    topics: dict[str, Reading]
    oversize: PathFault | None


class Cap(Record):
    """A bound of the collector's that an answer met: of a field, or of the whole topic where `field` is None.

    `target` is a server, or the topic's database as `SERVER/DATABASE`.
    """

    target: str
    topic: str
    field: str | None


class PilotBundle(Record):
    """All that a first contact with a real site tells."""

    schema_version: Literal[1]
    run: RunRecord
    winrm: tuple[WinrmPath, ...]
    sql: SqlPath | None
    self_tests: tuple[SelfTestRun, ...]
    caps: tuple[Cap, ...]
    evidence: Evidence


def load(path: Path) -> PilotBundle:
    """The bundle in a file. Raises `DocumentError`."""
    return record.parse(record.read(path), path, PilotBundle, SCHEMA_VERSION, "pilot bundle")
