"""What an evaluation says: the result file, from which every report is drawn."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Literal

from pydantic import model_validator
from typing_extensions import Self

from ssoaudit import record
from ssoaudit.record import AnswerFile, Expiry, Moment, Record, RunRecord
from ssoaudit.vocabulary import (
    ClusterRole,
    Grade,
    Profile,
    Role,
    Severity,
    Source,
    Stage,
    State,
    Status,
    Target,
    Verdict,
)

SCHEMA_VERSION = 1


class ShellCommand(Record):
    """A suggested command, its values already quoted; `complete` is False where a value had to be left open."""

    shell: Literal["powershell", "cmd", "tsql"]
    text: str
    complete: bool


class FixStep(Record):
    """One step of a fix: what to do, on which machine, what it costs the service, and the command."""

    text: str
    on: str | None
    impact: str | None
    command: ShellCommand | None


class Observation(Record):
    """One row of evidence: what a machine or resource should show, and what it shows."""

    subject: str
    expected: str
    observed: str
    source: str


class Reason(Record):
    """Why something is not verified: which machine and topic could not be read, and what to do next.

    `code` is a stable word (`denied`, `refused`, `required`, …); `server` is None where no machine is to blame.
    """

    code: str
    server: str | None
    topic: str | None
    message: str
    hint: str


class Finding(Record):
    """What one check says of one target. Its identity is check and target, never the text."""

    check: str
    kind: Target
    target: str
    status: Status
    severity: Severity
    text: str
    why: str
    expected: str
    observed: str
    servers: tuple[str, ...]
    evidence: tuple[Observation, ...]
    reasons: tuple[Reason, ...]
    blocked_by: str | None
    fix: tuple[FixStep, ...]

    def state(self, gate: Severity) -> State:
        """What a reader sees. A fail below the gate is a warning."""
        if self.status is Status.FAIL and self.severity < gate:
            return State.WARNING
        return State(self.status.value)

    def blocks(self, gate: Severity) -> bool:
        """Whether this finding alone keeps the verdict from READY."""
        return self.status in (Status.FAIL, Status.NOT_VERIFIED) and self.severity >= gate


class CheckRecord(Record):
    """A check as it was when it was evaluated, so that a report needs no plugin."""

    id: str
    title: str
    description: str
    severity: Severity
    grade: Grade
    target: Target
    profiles: tuple[Profile, ...]
    stage: Stage
    requires: tuple[str, ...]
    references: tuple[str, ...]
    source: str


class TopicRecord(Record):
    """How the reading of one topic on one server ended."""

    topic: str
    status: str
    milliseconds: int
    message: str


class ServerRecord(Record):
    """A machine of the inventory, what of it was read, and how; `file` describes the file where it came in one."""

    name: str
    host: str
    roles: tuple[Role, ...]
    answered: bool
    topics: tuple[TopicRecord, ...]
    source: Source = Source.WINRM
    file: AnswerFile | None = None


class DatabaseRecord(Record):
    """Where a database was looked for, and what of it was read. `notes`: what the connection could not assure."""

    server: str
    database: str
    driver: str
    notes: tuple[str, ...]
    topics: tuple[TopicRecord, ...]


class ProfileRecord(Record):
    """The rules of the profile in force. `lifetime_hours`: how long the evidence may be relied on."""

    name: Profile
    gate: Severity
    lifetime_hours: int


class Narrowing(Record):
    """Which checks a narrowed run asked for."""

    only: tuple[str, ...]
    skip: tuple[str, ...]
    evaluated: int
    known: int


READ_IN_FULL = frozenset({"ok", "absent"})


def unread(
    servers: Iterable[ServerRecord],
    ssodb: DatabaseRecord | None,
    management: DatabaseRecord | None,
    message_boxes: Iterable[DatabaseRecord],
) -> tuple[str, ...]:
    """The servers and databases of which something that was asked for was not read in full; what is absent was.

    SSODB is always asked, the management database where there is a BizTalk server or a record of it.
    """
    servers = tuple(servers)
    names = tuple(
        server.name
        for server in servers
        if not server.answered or any(topic.status not in READ_IN_FULL for topic in server.topics)
    )
    boxes = tuple(
        f"{box.database} on {box.server}" if box.server else "a MessageBox"
        for box in message_boxes
        if not _is_read(box)
    )
    return (
        *names,
        *(() if ssodb is not None and _is_read(ssodb) else ("SSODB",)),
        *(("BizTalkMgmtDb",) if _is_unread_management(management, servers) else ()),
        *boxes,
    )


def _is_unread_management(management: DatabaseRecord | None, servers: Iterable[ServerRecord]) -> bool:
    if management is None:
        return any(Role.BIZTALK in server.roles for server in servers)
    return not _is_read(management)


def _is_read(database: DatabaseRecord) -> bool:
    return all(topic.status in READ_IN_FULL for topic in database.topics)


def verdict_of(
    findings: Sequence[Finding], gate: Severity, *, asked: Collection[str], narrowed: bool, blind: bool
) -> Verdict:
    """NOT READY for a fail at the gate; READY only where every check spoke and nothing was left unseen.

    `asked` are the ids of the checks that were to speak; `blind` tells that a server was not read in full, or
    that a check could not be loaded: then there may be more to know.
    """
    blocking = [finding for finding in findings if finding.blocks(gate)]
    if any(finding.status is Status.FAIL for finding in blocking):
        return Verdict.NOT_READY
    silent = set(asked) - {finding.check for finding in findings}
    if blocking or silent or not any(finding.status is Status.PASS for finding in findings):
        return Verdict.INCOMPLETE
    if narrowed:
        return Verdict.PASSED
    return Verdict.INCOMPLETE if blind else Verdict.READY


class Result(Record):
    """The whole result. Findings stand worst first: by state, severity, check, target."""

    schema_version: Literal[1]
    version: str
    estate: str
    stage: Stage
    cluster_role: ClusterRole
    cluster: str | None
    network_name: str | None
    profile: ProfileRecord
    as_of: Moment
    expires: Expiry
    run: RunRecord
    evidence_sha256: str
    narrowed: Narrowing | None
    verdict: Verdict
    subline: str
    checks: tuple[CheckRecord, ...]
    findings: tuple[Finding, ...]
    servers: tuple[ServerRecord, ...]
    ssodb: DatabaseRecord | None
    management: DatabaseRecord | None
    message_boxes: tuple[DatabaseRecord, ...]
    not_covered: tuple[str, ...]
    problems: tuple[str, ...]

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        known = {check.id for check in self.checks}
        strange = [finding.check for finding in self.findings if finding.check not in known]
        if strange:
            raise ValueError(f"a finding of a check that the result does not list: {strange[0]}")
        identities = Counter((finding.check, finding.target) for finding in self.findings)
        if identities and max(identities.values()) > 1:
            raise ValueError(f"two findings of {' on '.join(identities.most_common(1)[0][0])}")
        names = Counter(server.name for server in self.servers)
        if not names or max(names.values()) > 1:
            raise ValueError("every server stands there once")
        due = verdict_of(
            self.findings,
            self.gate,
            asked=known,
            narrowed=self.narrowed is not None,
            blind=bool(self.problems or unread(self.servers, self.ssodb, self.management, self.message_boxes)),
        )
        if self.verdict is not due:
            raise ValueError(f"the verdict {self.verdict.value} is not what the findings say: {due.value}")
        return self

    @property
    def gate(self) -> Severity:
        """The severity from which a finding blocks."""
        return self.profile.gate

    def check(self, check_id: str) -> CheckRecord:
        """The record of a check; `KeyError` if the result has none of that id."""
        for check in self.checks:
            if check.id == check_id:
                return check
        raise KeyError(check_id)

    def state(self, finding: Finding) -> State:
        """What a reader of this result sees of a finding."""
        return finding.state(self.gate)

    def totals(self) -> dict[State, int]:
        """How many findings are in each state; they sum to the number of findings."""
        counts = Counter(self.state(finding) for finding in self.findings)
        return {state: counts[state] for state in State}

    def blocking(self) -> tuple[Finding, ...]:
        """The findings that keep the verdict from READY: fails first, then what is not verified."""
        blocking = [finding for finding in self.findings if finding.blocks(self.gate)]
        return tuple(sorted(blocking, key=lambda finding: finding.status is Status.NOT_VERIFIED))


def worst(states: Iterable[State]) -> State:
    """The worst of some states, in the order of `State`; `NOT_APPLICABLE` for none."""
    order = list(State)
    return min(states, key=order.index, default=State.NOT_APPLICABLE)


def load(path: Path) -> Result:
    """The result in a file. Raises `DocumentError`."""
    return record.parse(record.read(path), path, Result, SCHEMA_VERSION, "result")
