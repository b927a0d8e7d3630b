"""The findings as cards: fails, what is not verified grouped by its cause, warnings."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ssoaudit.reports import words
from ssoaudit.reports.html.anchors import anchors
from ssoaudit.reports.visible import visible
from ssoaudit.result import CheckRecord, Finding, FixStep, Observation, Reason, Result, ShellCommand
from ssoaudit.vocabulary import Severity, State

EVIDENCE_ROWS = 20
_MERGED_SUBJECTS = 12
_LONGEST_COMMAND = 8000
_LINK = re.compile(r"https://[A-Za-z0-9.-]{1,200}(/[A-Za-z0-9._~/?#=&%+-]{0,500})?")
_QUIET = (State.PASS, State.NOT_APPLICABLE)


@dataclass(frozen=True)
class Command:
    """A suggested command; `note` says why it is not ready to run, and then nothing offers to copy it."""

    shell: str
    text: str
    note: str | None


@dataclass(frozen=True)
class Step:
    """One step of a fix."""

    text: str
    on: str | None
    impact: str | None
    command: Command | None


@dataclass(frozen=True)
class Evidence:
    """The subjects that show the same, and what they show."""

    subjects: str
    expected: str
    observed: str
    source: str


@dataclass(frozen=True)
class Reference:
    """Where a rule is documented; `url` is None if the text is no plain https address."""

    text: str
    host: str
    url: str | None


@dataclass(frozen=True)
class Hidden:
    """A finding that is not verified, as a row under what keeps it so.

    `anchor` is None where the finding stands under an earlier cause already.
    """

    anchor: str | None
    check: str
    title: str
    target: str
    severity: Severity
    blocks: bool
    waits_for: str | None


@dataclass(frozen=True)
class Card:
    """A finding that fails, warns or is waived, with the findings which wait for it."""

    anchor: str
    state: State
    severity: Severity
    blocks: bool
    head: str
    why: str
    check: CheckRecord
    target: str
    servers: str
    expected: str
    observed: str
    evidence: tuple[Evidence, ...]
    unshown: int
    reasons: tuple[Reason, ...]
    steps: tuple[Step, ...]
    references: tuple[Reference, ...]
    waiting: tuple[Hidden, ...]


@dataclass(frozen=True)
class Cause:
    """One reason for which findings are not verified: a server and a code, with what it hides."""

    anchor: str
    server: str | None
    severity: Severity
    blocks: bool
    head: str
    why: str
    reasons: tuple[Reason, ...]
    unshown: int
    hidden: tuple[Hidden, ...]


@dataclass(frozen=True)
class Cards:
    """All cards in the order of the page; `anchor` tells where each finding that needs attention stands."""

    fails: tuple[Card, ...]
    causes: tuple[Cause, ...]
    others: tuple[Card, ...]
    anchor: Mapping[Finding, str]

    def __len__(self) -> int:
        return len(self.fails) + len(self.causes) + len(self.others)


_CauseKey = tuple[str | None, str]


@dataclass(frozen=True)
class _Placement:
    """Under which card or causes a finding that is not verified is shown."""

    card: Finding | None
    causes: tuple[_CauseKey, ...]


def build(result: Result) -> Cards:
    """Draw up the cards of a result."""
    loud = tuple(finding for finding in result.findings if result.state(finding) not in _QUIET)
    anchor = dict(zip(loud, anchors(loud), strict=True))
    checks = {check.id: check for check in result.checks}
    unverified = [finding for finding in loud if result.state(finding) is State.NOT_VERIFIED]
    placed = {finding: _placement(finding, loud, result) for finding in unverified}
    cards = [
        _card(finding, result, checks, anchor, [other for other in unverified if placed[other].card == finding])
        for finding in loud
        if finding not in placed
    ]
    return Cards(
        fails=tuple(card for card in cards if card.state is State.FAIL),
        causes=_causes(placed, result, checks, anchor),
        others=tuple(card for card in cards if card.state is not State.FAIL),
        anchor=anchor,
    )


def _placement(finding: Finding, loud: Sequence[Finding], result: Result) -> _Placement:
    """Follow the checks that were required until one of them did not pass for a reason of its own."""
    seen = {finding}
    while (required := _required(finding, loud)) is not None and required not in seen:
        if result.state(required) is not State.NOT_VERIFIED:
            return _Placement(required, ())
        seen.add(required)
        finding = required
    keys = dict.fromkeys((reason.server, reason.code) for reason in finding.reasons)
    return _Placement(None, tuple(keys) or ((None, "no reason given"),))


def _required(finding: Finding, loud: Sequence[Finding]) -> Finding | None:
    """The finding that this one waits for: of the required check, on the same target if there is one."""
    if finding.blocked_by is None:
        return None
    required = [other for other in loud if other.check == finding.blocked_by]
    same = [other for other in required if other.target == finding.target]
    return next(iter(same or required), None)


def _card(
    finding: Finding,
    result: Result,
    checks: Mapping[str, CheckRecord],
    anchor: Mapping[Finding, str],
    waiting: Iterable[Finding],
) -> Card:
    evidence = _merged(finding.evidence)
    check = checks[finding.check]
    return Card(
        anchor=anchor[finding],
        state=result.state(finding),
        severity=finding.severity,
        blocks=finding.blocks(result.gate),
        head=finding.text,
        why=finding.why,
        check=check,
        target=finding.target,
        servers=words.some(finding.servers, _MERGED_SUBJECTS),
        expected=finding.expected,
        observed=finding.observed,
        evidence=evidence[:EVIDENCE_ROWS],
        unshown=len(evidence[EVIDENCE_ROWS:]),
        reasons=finding.reasons[:EVIDENCE_ROWS],
        steps=tuple(_step(step) for step in finding.fix),
        references=tuple(_reference(text) for text in check.references),
        waiting=tuple(_hidden(other, result, checks, anchor[other]) for other in waiting),
    )


def _causes(
    placed: Mapping[Finding, _Placement],
    result: Result,
    checks: Mapping[str, CheckRecord],
    anchor: Mapping[Finding, str],
) -> tuple[Cause, ...]:
    members: defaultdict[_CauseKey, list[Finding]] = defaultdict(list)
    for finding, placement in placed.items():
        for key in placement.causes:
            members[key].append(finding)

    def urgency(key: _CauseKey) -> tuple[bool, int, str, str]:
        worst = max(finding.severity for finding in members[key])
        return worst < result.gate, -list(Severity).index(worst), key[0] or "", key[1]

    causes: list[Cause] = []
    shown: set[Finding] = set()
    for key in sorted(members, key=urgency):
        hidden = tuple(
            _hidden(finding, result, checks, None if finding in shown else anchor[finding]) for finding in members[key]
        )
        shown.update(members[key])
        causes.append(_cause(f"NV-{len(causes) + 1}", key, members[key], hidden, result))
    return tuple(causes)


def _cause(
    anchor: str, key: _CauseKey, members: Sequence[Finding], hidden: tuple[Hidden, ...], result: Result
) -> Cause:
    server, code = key
    reasons = tuple(
        dict.fromkeys(
            reason for finding in members for reason in finding.reasons if (reason.server, reason.code) == key
        )
    )
    severity = max(finding.severity for finding in members)
    return Cause(
        anchor=anchor,
        server=server,
        severity=severity,
        blocks=severity >= result.gate,
        head=_cause_head(server, code.replace("_", " "), reasons, result),
        why=reasons[0].message if reasons else "",
        reasons=reasons[:EVIDENCE_ROWS],
        unshown=len(reasons[EVIDENCE_ROWS:]),
        hidden=hidden,
    )


def _cause_head(server: str | None, why: str, reasons: Iterable[Reason], result: Result) -> str:
    if server is None:
        return f"Not verified: {why}"
    silent = {record.name.casefold() for record in result.servers if not record.answered}
    topics = tuple(dict.fromkeys(reason.topic for reason in reasons if reason.topic))
    if server.casefold() in silent or not topics:
        return f"{server} could not be read: {why}"
    return f"{words.some(topics, 3)} could not be read on {server}: {why}"


def _hidden(finding: Finding, result: Result, checks: Mapping[str, CheckRecord], anchor: str | None) -> Hidden:
    return Hidden(
        anchor=anchor,
        check=finding.check,
        title=checks[finding.check].title,
        target=finding.target,
        severity=finding.severity,
        blocks=finding.blocks(result.gate),
        waits_for=finding.blocked_by,
    )


def _merged(observations: Iterable[Observation]) -> tuple[Evidence, ...]:
    """Observations that show the same become one row."""
    subjects: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in observations:
        subjects[row.expected, row.observed, row.source].append(row.subject)
    return tuple(Evidence(words.some(names, _MERGED_SUBJECTS), *shown) for shown, names in subjects.items())


def _step(step: FixStep) -> Step:
    return Step(step.text, step.on, step.impact, None if step.command is None else _command(step.command))


def _command(command: ShellCommand) -> Command:
    """What is too long to be read, or holds what cannot be seen, is not offered for pasting."""
    if len(command.text) > _LONGEST_COMMAND:
        return Command(command.shell, "", "The command is too long to show: see the result file.")
    if visible(command.text, limit=_LONGEST_COMMAND, keep="\n\t") != command.text:
        return Command(command.shell, command.text, "A value holds unusual characters: type the command by hand.")
    if not command.complete:
        return Command(command.shell, command.text, "Fill in by hand what stands between angle brackets.")
    return Command(command.shell, command.text, None)


def _reference(text: str) -> Reference:
    if not _LINK.fullmatch(text):
        return Reference(text, "", None)
    parts = urlsplit(text)
    return Reference(text.removeprefix(f"https://{parts.netloc}") or "/", parts.netloc, text)
