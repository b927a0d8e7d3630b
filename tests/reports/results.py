"""Results to draw: small ones built by hand, each verdict's own example among them."""

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from ssoaudit.record import RunRecord
from ssoaudit.result import (
    CheckRecord,
    DatabaseRecord,
    Finding,
    FixStep,
    Narrowing,
    Observation,
    ProfileRecord,
    Reason,
    Result,
    ServerRecord,
    ShellCommand,
    TopicRecord,
    verdict_of,
)
from ssoaudit.vocabulary import (
    ClusterRole,
    Grade,
    Profile,
    Role,
    Severity,
    Stage,
    State,
    Status,
    Target,
)

STARTED = datetime(2026, 11, 20, 8, 40, 51, tzinfo=timezone.utc)
FINISHED = datetime(2026, 11, 20, 8, 42, 38, tzinfo=timezone.utc)
EVIDENCE = "5f0c2b91a7e34d68c1f7be09d3a85e124470c6fb9a1de285037b64cc18e9f2a3"
SCRIPT = "0d9a51c7e2f84b6690ab3d27c4e8f1153b7a90d26c4fe8812a6b5d0937ce41f8"


def check_record(check: str, **changes: object) -> CheckRecord:
    record = CheckRecord(
        id=check,
        title=check.partition(".")[2].replace("-", " ").capitalize(),
        description="Why the rule is a rule.",
        severity=Severity.HIGH,
        grade=Grade.CONFIRMED,
        target=Target.NODE,
        profiles=tuple(Profile),
        stage=Stage.BUILT,
        requires=(),
        references=("https://learn.microsoft.com/biztalk/core/how-to-cluster-the-master-secret-server1",),
        source="ssoaudit",
    )
    return record.model_copy(update=changes)


def finding(check: str, target: str, status: Status = Status.PASS, **changes: object) -> Finding:
    found = Finding(
        check=check,
        kind=Target.NODE,
        target=target,
        status=status,
        severity=Severity.HIGH,
        text=f"{check} on {target}: {status.value}",
        why="",
        expected="",
        observed="",
        servers=(),
        evidence=(),
        reasons=(),
        blocked_by=None,
        fix=(),
    )
    return found.model_copy(update=changes)


def reason(server: str | None, code: str = "unreachable", **changes: object) -> Reason:
    cause = Reason(
        code=code,
        server=server,
        topic="services",
        message=f"{server}: the connection timed out at TCP 5986",
        hint="Start WinRM on the server and open TCP 5986 from the auditing host.",
    )
    return cause.model_copy(update=changes)


def command(text: str, *, complete: bool = True) -> ShellCommand:
    return ShellCommand.model_validate({"shell": "powershell", "text": text, "complete": complete})


def observation(subject: str, expected: str, observed: str) -> Observation:
    return Observation(subject=subject, expected=expected, observed=observed, source="root/MSCluster")


def step(suggested: ShellCommand) -> FixStep:
    return FixStep(text="Do it.", on="SSONODE1", impact=None, command=suggested)


def server(name: str, *roles: Role, answered: bool = True) -> ServerRecord:
    topics = (TopicRecord(topic="services", status="ok", milliseconds=184, message=""),) if answered else ()
    return ServerRecord(name=name, host=f"{name.lower()}.corp.example", roles=roles, answered=answered, topics=topics)


def result(findings: Iterable[Finding] = (), **changes: object) -> Result:
    """A result of these findings, in order, with the verdict that follows from them."""
    ordered = tuple(sorted(findings, key=_rank))
    narrowed = changes.get("narrowed")
    assert narrowed is None or isinstance(narrowed, Narrowing)
    whole = Result(
        schema_version=1,
        version="1.4.0",
        estate="SSOCLU01",
        stage=Stage.CLUSTERED,
        cluster_role=ClusterRole.MASTER,
        cluster="SSOCLU01",
        network_name="SSOMSS",
        profile=ProfileRecord(name=Profile.PREFLIGHT, gate=Severity.HIGH, lifetime_hours=24),
        as_of=FINISHED,
        expires=FINISHED + timedelta(hours=24),
        run=RunRecord(
            id="2026-11-20T0840Z-7c1e",
            started=STARTED,
            finished=FINISHED,
            operator="CORP\\d.ionescu",
            auditor="AUDIT01",
            version="1.4.0",
            script_sha256=SCRIPT,
            unsafe_options=(),
        ),
        evidence_sha256=EVIDENCE,
        narrowed=narrowed,
        verdict=verdict_of(
            ordered,
            Severity.HIGH,
            asked={found.check for found in ordered},
            narrowed=narrowed is not None,
            blind=False,
        ),
        subline="",
        checks=tuple(check_record(check) for check in sorted({found.check for found in ordered})),
        findings=ordered,
        servers=(server("SSONODE1", Role.CLUSTER), server("SSONODE2", Role.CLUSTER)),
        ssodb=DatabaseRecord(server="SQLSSO01", database="SSODB", driver="FreeTDS", notes=(), topics=()),
        management=DatabaseRecord(server="SQLSSO01", database="BizTalkMgmtDb", driver="FreeTDS", notes=(), topics=()),
        message_boxes=(),
        not_covered=(),
        problems=(),
    )
    return whole.model_copy(update=changes)


def _rank(found: Finding) -> tuple[int, int, str, str]:
    return (
        list(State).index(found.state(Severity.HIGH)),
        -list(Severity).index(found.severity),
        found.check,
        found.target,
    )
