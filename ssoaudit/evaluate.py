"""Checks × targets → the result. Here the second law is kept: what is not verified is never a pass."""

import logging
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from ssoaudit.evidence import DatabaseEvidence, Evidence, Missing, Read, Reading, ReadStatus, ServerEvidence
from ssoaudit.facts import BIZTALK_TOPICS, MESSAGE_BOX_TOPICS, MSDB_TOPICS, SSODB_TOPICS, Env, Lacking, Scope, SqlFact
from ssoaudit.plugin import SERVER_TARGETS, Outcome, PerMessageBox, Step, cmd, not_applicable
from ssoaudit.profiles import PROFILES
from ssoaudit.registry import Catalogue, Registered
from ssoaudit.result import (
    CheckRecord,
    DatabaseRecord,
    Finding,
    FixStep,
    Narrowing,
    Observation,
    Reason,
    Result,
    ServerRecord,
    ShellCommand,
    TopicRecord,
    unread,
    verdict_of,
)
from ssoaudit.subline import subline_of
from ssoaudit.supply import Subject, Supply, none_of, opted_out, subjects_of, supply_of
from ssoaudit.targets import Estate
from ssoaudit.version import __version__
from ssoaudit.vocabulary import Profile, Severity, State, Status, Target

logger = logging.getLogger(__name__)

_OPTED_OUT = "Reads {topic}, which is read only where the auditor allows it (ssoaudit collect --help)."


def evaluate(
    evidence: Evidence,
    catalogue: Catalogue,
    profile: Profile,
    *,
    sha256: str,
    as_of: datetime | None = None,
    only: tuple[str, ...] = (),
    skip: tuple[str, ...] = (),
) -> Result:
    """The result of a profile's checks on a bundle.

    `sha256` is the bundle's digest; `as_of` the time of judgement, the evidence's end unless given. `only` and
    `skip` narrow the run to some ids; the checks that these require are asked silently.
    """
    rules = PROFILES[profile]
    estate = Estate(evidence)
    in_profile = [registered for registered in catalogue.checks if profile in registered.check.profiles]
    wanted = [registered for registered in in_profile if _is_wanted(registered, only, skip)]
    session = _Session(estate, catalogue, profile)
    findings = [finding for registered in wanted for finding in session.findings(registered)]
    findings.sort(key=lambda finding: _order(finding, rules.gate))
    narrowed = None
    if only or skip:
        narrowed = Narrowing(only=only, skip=skip, evaluated=len(wanted), known=len(in_profile))
    servers, ssodb = _servers(estate), _ssodb(estate)
    management, message_boxes = _management(estate), _message_boxes(estate)
    blind = unread(servers, ssodb, management, message_boxes)
    return Result(
        schema_version=1,
        version=__version__,
        estate=evidence.inventory.name,
        stage=evidence.inventory.stage,
        cluster_role=evidence.inventory.cluster_role,
        cluster=estate.cluster_name,
        network_name=estate.network_name,
        profile=rules,
        as_of=as_of or evidence.run.finished,
        expires=evidence.oldest + timedelta(hours=rules.lifetime_hours),
        run=evidence.run,
        evidence_sha256=sha256,
        narrowed=narrowed,
        verdict=verdict_of(
            findings,
            rules.gate,
            asked={registered.id for registered in wanted},
            narrowed=narrowed is not None,
            blind=bool(catalogue.problems or blind),
        ),
        subline=subline_of(findings, rules.gate, blind, narrowed),
        checks=tuple(_check_record(registered) for registered in wanted),
        findings=tuple(findings),
        servers=servers,
        ssodb=ssodb,
        management=management,
        message_boxes=message_boxes,
        not_covered=_not_covered(estate, wanted),
        problems=catalogue.problems,
    )


class _Session:
    """One evaluation: asks each check once and remembers what it said, for the checks that require it."""

    def __init__(self, estate: Estate, catalogue: Catalogue, profile: Profile) -> None:
        self._estate = estate
        self._catalogue = catalogue
        self._profile = profile
        self._said: dict[str, tuple[Finding, ...]] = {}
        self._held: set[tuple[str, str]] = set()

    def findings(self, registered: Registered) -> tuple[Finding, ...]:
        """What a check says of all its targets."""
        if registered.id not in self._said:
            self._said[registered.id] = ()  # a circle of requirements ends here: nothing said, so not verified
            subjects = subjects_of(registered.check.each, self._estate)
            self._said[registered.id] = tuple(self._ask(registered, subject) for subject in subjects)
        return self._said[registered.id]

    def _ask(self, registered: Registered, subject: Subject) -> Finding:
        outside = self._why_outside(registered, subject)
        if outside is not None:
            return _finding(registered, subject, not_applicable(outside))
        for required in registered.check.requires:
            finding = self._blocked(registered, subject, required)
            if finding is not None:
                return finding
        supply = supply_of(registered.check.needs, subject, self._estate)
        if supply.blocking:
            return _unverified(registered, subject, supply.blocking)
        if supply.empty is not None:
            return _finding(registered, subject, not_applicable(none_of(supply.empty, self._estate.inventory)))
        try:
            outcome = _merged(_call(registered, supply))
            if outcome.status is Status.PASS:
                self._held.add((registered.id, subject.name))
            return _finding(registered, subject, outcome, supply=supply, profile=self._profile)
        except Lacking as lacking:
            outcome = _lacking(lacking)
        except (Exception, SystemExit) as error:  # a plugin may raise anything, and must not end the run
            logger.exception("fault in the check %s on %s", registered.id, subject.name)
            outcome = _fault(f"{type(error).__name__} in the check {registered.id}")
        return _finding(registered, subject, outcome)

    def _why_outside(self, registered: Registered, subject: Subject) -> str | None:
        inventory, check = self._estate.inventory, registered.check
        if inventory.cluster_role not in check.cluster_roles:
            return f"Does not concern a cluster whose role is {inventory.cluster_role.value}."
        if inventory.stage < check.stage:
            return f"Applies from the stage {check.stage.value} on; the inventory says {inventory.stage.value}."
        if subject.server is None and subject.kind in SERVER_TARGETS:
            return none_of(subject.kind, inventory)
        if subject.kind is Target.MANAGEMENT_DATABASE and not inventory.has_biztalk:
            return none_of(subject.kind, inventory)
        topic = opted_out(check.needs, self._estate)
        return _OPTED_OUT.format(topic=topic) if topic else None

    def _blocked(self, registered: Registered, subject: Subject, required: str) -> Finding | None:
        """The finding that stands for a check whose requirement did not pass; None where it did."""
        other = self._catalogue.get(required)
        if other is None:
            reason = _required(f"{required} is not installed.", "Install the plugin that brings it.")
            return _unverified(registered, subject, (reason,), blocked_by=required)
        said = self.findings(other)
        if other.check.each is registered.check.each:
            said = tuple(finding for finding in said if finding.target == subject.name)
        # What holds as far as was read is no reason to keep silent: the check at hand may see a fail all the same.
        statuses = {Status.PASS if (other.id, each.target) in self._held else each.status for each in said}
        if Status.FAIL in statuses or Status.NOT_VERIFIED in statuses or not said:
            short = [finding.text for finding in said if finding.status in (Status.FAIL, Status.NOT_VERIFIED)]
            message = f"{other.id} did not pass: {short[0] if short else 'it said nothing.'}"
            reason = _required(message, f"Settle {other.id} first.")
            return _unverified(registered, subject, (reason,), blocked_by=other.id)
        if statuses == {Status.NOT_APPLICABLE}:
            return _finding(registered, subject, not_applicable(f"{other.id} does not apply: {said[0].text}"))
        return None


def _call(registered: Registered, supply: Supply) -> list[Outcome]:
    """What the check says; one that says nothing has verified nothing. Raises whatever the check raises."""
    said = registered.check(**supply.arguments)
    outcomes = [said] if isinstance(said, Outcome) else list(said)
    for outcome in outcomes:
        if not isinstance(outcome, Outcome):
            raise TypeError(f"the check gave {type(outcome).__name__}, not an Outcome")
    return outcomes or [_fault(f"the check {registered.id} said nothing")]


def _merged(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome of several: the worst status counts, and all that has it is told."""
    order = list(Status)
    status = min((outcome.status for outcome in outcomes), key=order.index)
    worst = [outcome for outcome in outcomes if outcome.status is status]
    if len(worst) == 1:
        return worst[0]
    severities = [outcome.severity for outcome in worst]
    return Outcome(
        status,
        _joined(outcome.text for outcome in worst),
        _joined((outcome.why for outcome in worst), " "),
        _joined(outcome.expected for outcome in worst),
        _joined(outcome.observed for outcome in worst),
        evidence=tuple(row for outcome in worst for row in outcome.evidence),
        servers=tuple(dict.fromkeys(server for outcome in worst for server in outcome.servers)),
        fix=tuple(dict.fromkeys(step for outcome in worst for step in outcome.fix)),
        hint=_joined((outcome.hint for outcome in worst), " "),
        severity=None if None in severities else max(severity for severity in severities if severity),
    )


def _joined(texts: Iterable[str], separator: str = "; ") -> str:
    return separator.join(dict.fromkeys(text for text in texts if text))


def _lacking(lacking: Lacking) -> Outcome:
    text = f"{lacking.topic} was read in part: {lacking.part}: {lacking.message}."
    return Outcome(Status.NOT_VERIFIED, text, hint="See the collection log for the part that could not be read.")


def _fault(what: str) -> Outcome:
    text = f"Fault in the check: {what}."
    return Outcome(Status.NOT_VERIFIED, text, hint="Report it to the author of the check, with the log.")


def _finding(
    registered: Registered,
    subject: Subject,
    outcome: Outcome,
    *,
    supply: Supply | None = None,
    profile: Profile = Profile.PREFLIGHT,
    blocked_by: str | None = None,
    reasons: tuple[Reason, ...] = (),
) -> Finding:
    check, unread = registered.check, supply.unread if supply else ()
    status, text = outcome.status, outcome.text
    if unread and status in (Status.PASS, Status.NOT_APPLICABLE) and supply:
        status, text = Status.NOT_VERIFIED, f"Holds {_where(supply)}; not read: {_told(unread)}"
        reasons = unread
    elif status is Status.NOT_VERIFIED and not reasons:
        reasons = (Reason(code="undecided", server=None, topic=None, message=outcome.text, hint=outcome.hint),)
    fix = outcome.fix
    if status is Status.FAIL:
        fix = (*fix, _proof(registered, profile))
    return Finding(
        check=registered.id,
        kind=subject.kind,
        target=subject.name,
        status=status,
        severity=min(outcome.severity or check.severity, check.severity),
        text=text,
        why=outcome.why,
        expected=outcome.expected,
        observed=outcome.observed,
        servers=outcome.servers or ((subject.server.name,) if subject.server else ()),
        evidence=tuple(
            Observation(subject=row.subject, expected=row.expected, observed=row.observed, source=row.source)
            for row in outcome.evidence
        ),
        reasons=reasons,
        blocked_by=blocked_by,
        fix=tuple(_fix_step(step) for step in fix),
    )


def _where(supply: Supply) -> str:
    return f"on {', '.join(supply.read)}" if supply.read else "as far as was read"


def _unverified(
    registered: Registered, subject: Subject, reasons: tuple[Reason, ...], *, blocked_by: str | None = None
) -> Finding:
    servers = tuple(dict.fromkeys(reason.server for reason in reasons if reason.server))
    outcome = Outcome(Status.NOT_VERIFIED, _told(reasons), servers=servers)
    return _finding(registered, subject, outcome, reasons=reasons, blocked_by=blocked_by)


def _told(reasons: Iterable[Reason]) -> str:
    """The reasons, each once, led by their server where they do not name it themselves."""
    sentences = list(dict.fromkeys(_sentence(reason) for reason in reasons))
    return (" " if all(each.endswith(".") for each in sentences) else "; ").join(sentences)


def _sentence(reason: Reason) -> str:
    named = rf"(?<![\w-]){re.escape(reason.server or '')}(?![\w-])"
    if reason.server is None or re.search(named, reason.message, re.IGNORECASE):
        return reason.message
    return f"{reason.server}: {reason.message}"


def _proof(registered: Registered, profile: Profile) -> Step:
    command = f"ssoaudit run inventory.yaml --profile {profile.value} --only {registered.id} --out proof"
    return Step("Prove it.", on="the auditing host", command=cmd(command))


def _fix_step(step: Step) -> FixStep:
    command = None
    if step.command is not None:
        text, complete = step.command.render()
        command = ShellCommand(shell=step.command.shell, text=text, complete=complete)
    return FixStep(text=step.text, on=step.on, impact=step.impact, command=command)


def _required(message: str, hint: str) -> Reason:
    return Reason(code="required", server=None, topic=None, message=message, hint=hint)


def _is_wanted(registered: Registered, only: tuple[str, ...], skip: tuple[str, ...]) -> bool:
    names = {registered.id, *registered.check.aliases}
    return (not only or bool(names & set(only))) and not names & set(skip)


def _order(finding: Finding, gate: Severity) -> tuple[int, int, str, str]:
    state = list(State).index(finding.state(gate))
    return state, -list(Severity).index(finding.severity), finding.check, finding.target


def _servers(estate: Estate) -> tuple[ServerRecord, ...]:
    return tuple(
        ServerRecord(
            name=server.name,
            host=server.host,
            roles=server.roles,
            answered=isinstance(estate.fact(server.name, Env), Env),
            topics=tuple(
                _topic_record(topic, estate.evidence.topics(server.name).get(topic)) for topic in estate.evidence.asked
            ),
            **_origin(estate.evidence.server(server.name)),
        )
        for server in estate.inventory.servers
    )


def _origin(evidence: ServerEvidence | None) -> dict[str, Any]:
    return {} if evidence is None else {"source": evidence.source, "file": evidence.file}


def _ssodb(estate: Estate) -> DatabaseRecord | None:
    ssodb = estate.evidence.ssodb
    return None if ssodb is None else _database_record(ssodb, (*SSODB_TOPICS, *MSDB_TOPICS))


def _management(estate: Estate) -> DatabaseRecord | None:
    """The management database; where it was to be asked and is not in the evidence, as one that was not read."""
    management = estate.evidence.management
    if management is None and not estate.inventory.has_biztalk:
        return None
    return _database_record(management, BIZTALK_TOPICS)


def _message_boxes(estate: Estate) -> tuple[DatabaseRecord, ...]:
    boxes = estate.message_boxes
    if isinstance(boxes, Missing):
        return ()
    return tuple(_database_record(box, MESSAGE_BOX_TOPICS) for box in boxes.values())


def _database_record(database: DatabaseEvidence | None, topics: Sequence[type[SqlFact]]) -> DatabaseRecord:
    read = database.topics if database else {}
    return DatabaseRecord(
        server=database.server if database else "",
        database=database.database if database else "",
        driver=database.driver if database else "",
        notes=database.notes if database else (),
        topics=tuple(_topic_record(topic.topic, read.get(topic.topic)) for topic in topics),
    )


def _topic_record(topic: str, reading: Reading | None) -> TopicRecord:
    if reading is None:
        return TopicRecord(topic=topic, status=ReadStatus.NOT_COLLECTED.value, milliseconds=0, message="")
    message = "; ".join(reading.lacking.values()) if isinstance(reading, Read) else reading.message
    return TopicRecord(topic=topic, status=reading.status.value, milliseconds=reading.milliseconds, message=message)


def _not_covered(estate: Estate, wanted: Sequence[Registered]) -> tuple[str, ...]:
    asked = {registered.check.each for registered in wanted} | {
        need.per.members for registered in wanted for need in registered.check.needs if need.per is not None
    }
    empty = [target for target in Target if target in asked & SERVER_TARGETS and not estate.servers(target)]
    if not estate.inventory.has_biztalk and any(map(_reads_management_database, wanted)):
        empty.append(Target.MANAGEMENT_DATABASE)
    return tuple(none_of(target, estate.inventory) for target in empty)


def _reads_management_database(registered: Registered) -> bool:
    needs = registered.check.needs
    return any(need.per is PerMessageBox or (need.fact and need.fact.scope is Scope.BIZTALK_DATABASE) for need in needs)


def _check_record(registered: Registered) -> CheckRecord:
    check = registered.check
    return CheckRecord(
        id=registered.id,
        title=check.title,
        description=check.description,
        severity=check.severity,
        grade=check.grade,
        target=check.each,
        profiles=tuple(profile for profile in Profile if profile in check.profiles),
        stage=check.stage,
        requires=check.requires,
        references=check.references,
        source=registered.source,
    )
