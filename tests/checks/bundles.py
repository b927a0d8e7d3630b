"""Evidence without collecting it: what the lab's machines would have answered, and what is judged of it."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

from ssoaudit.collect.databases import Logins, Place, read_databases
from ssoaudit.collect.ssodb import is_to_be_made, read_ssodb
from ssoaudit.evaluate import evaluate
from ssoaudit.evidence import DatabaseEvidence, Evidence, Missing, Read, Reading, ReadStatus, ServerEvidence
from ssoaudit.facts import BIZTALK_TOPICS, MSDB_TOPICS, SSODB_TOPICS, TOPICS, SqlFact, SqlServer
from ssoaudit.inventory import Inventory
from ssoaudit.lab.estate import LabEstate
from ssoaudit.record import RunRecord
from ssoaudit.registry import Catalogue, find_checks
from ssoaudit.result import Finding, Result
from ssoaudit.vocabulary import Profile

ASKED = tuple(topic.topic for topic in TOPICS)
STARTED = datetime(2026, 11, 20, 8, 40, 50, tzinfo=timezone.utc)
FINISHED = STARTED + timedelta(seconds=5)
RUN = RunRecord(
    id="20261120-084050",
    started=STARTED,
    finished=FINISHED,
    operator="CONTOSO\\auditor",
    auditor="AUDIT01",
    version="0.1.0",
    script_sha256="0" * 64,
    unsafe_options=(),
)


def bundle(
    estate: LabEstate, *, inventory: Inventory | None = None, without: Collection[tuple[str, str]] = ()
) -> Evidence:
    """What the estate answers; `without` names the (server, topic) pairs to which access is denied.

    SSODB is one such server, BizTalkMgmtDb and BizTalkMsgBoxDb are others.
    """
    named = inventory or estate.inventory()
    return Evidence(
        schema_version=1,
        run=RUN,
        inventory=named,
        asked=ASKED,
        servers=tuple(
            ServerEvidence(
                name=name,
                started=STARTED,
                finished=FINISHED,
                topics={topic: _reading(estate, name, topic, denied=(name, topic) in without) for topic in ASKED},
            )
            for name in estate.machines
            if named.server(name)
        ),
        ssodb=_to_be_made(named)
        if is_to_be_made(named) and not estate.database
        else _database("SSODB", estate.database, (*SSODB_TOPICS, *MSDB_TOPICS), without),
        management=_database("BizTalkMgmtDb", estate.management, BIZTALK_TOPICS, without)
        if named.has_biztalk
        else None,
        message_boxes=(_database("BizTalkMsgBoxDb", estate.database, (SqlServer,), without),)
        if named.has_biztalk
        else (),
    )


def _to_be_made(inventory: Inventory) -> DatabaseEvidence:
    """What the collector has of an SSODB that nobody made yet, which it does not ask for."""
    return read_databases(inventory, read_ssodb(inventory, None, None), Place(), Logins()).ssodb


def _database(
    name: str, facts: Mapping[str, SqlFact], topics: Iterable[type[SqlFact]], without: Collection[tuple[str, str]]
) -> DatabaseEvidence:
    return DatabaseEvidence(
        server="SQLSSO01",
        database=name,
        driver="the lab's",
        notes=(),
        started=STARTED,
        finished=FINISHED,
        topics={
            topic.topic: _row(facts.get(topic.topic), topic.topic, denied=(name, topic.topic) in without)
            for topic in topics
        },
    )


def _row(fact: SqlFact | None, topic: str, *, denied: bool) -> Reading:
    if fact is None or denied:
        return _missing(ReadStatus.DENIED, "denied", "read", f"SELECT for {topic} was denied.")
    return Read(status=ReadStatus.OK, milliseconds=1, lacking={}, data=fact.model_dump(mode="json"))


@cache
def _catalogue() -> Catalogue:
    return find_checks()


def judge(evidence: Evidence, profile: Profile = Profile.PREFLIGHT, **narrowing: Any) -> Result:
    """What the installed checks say of the bundle."""
    return evaluate(evidence, _catalogue(), profile, sha256="0" * 64, **narrowing)


def findings_of(check: str, evidence: Evidence, profile: Profile = Profile.PREFLIGHT) -> tuple[Finding, ...]:
    """What one check says of the bundle, by target."""
    findings = judge(evidence, profile, only=(check,)).findings
    return tuple(sorted(findings, key=lambda finding: finding.target))


def finding_of(check: str, evidence: Evidence, profile: Profile = Profile.PREFLIGHT) -> Finding:
    """The only finding of a check that has one target."""
    (finding,) = findings_of(check, evidence, profile)
    return finding


def _reading(estate: LabEstate, name: str, topic: str, *, denied: bool) -> Reading:
    if name in estate.unreachable:
        return _missing(ReadStatus.UNREACHABLE, "refused", "connect", "The connection was refused.")
    if denied:
        return _missing(ReadStatus.DENIED, "0x80070005", "read", "Access is denied.")
    fact = estate.machines[name].facts.get(topic)
    if fact is None:
        return _missing(ReadStatus.ABSENT, "absent", "read", f"{name} has no {topic}.")
    return Read(status=ReadStatus.OK, milliseconds=1, lacking={}, data=fact.model_dump(mode="json"))


def _missing(status: Any, code: str, stage: str, message: str) -> Missing:
    return Missing(status=status, code=code, stage=stage, message=message, hint="Look at the log.", milliseconds=1)
