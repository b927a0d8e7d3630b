"""What the page shows, worked out in full before a template sees it."""

from collections.abc import Iterator
from dataclasses import dataclass

from ssoaudit.record import AnswerFile
from ssoaudit.reports import words
from ssoaudit.reports.html import cards, matrix
from ssoaudit.result import DatabaseRecord, Finding, Result, TopicRecord
from ssoaudit.vocabulary import Severity, State, Status, Verdict

_REASONS = 5
_CONDITIONS = 3
_TARGETS = 12
_GAP = 0.25
_THINNEST = 0.6
_TONE = {
    Verdict.READY: State.PASS,
    Verdict.PASSED: State.PASS,
    Verdict.INCOMPLETE: State.NOT_VERIFIED,
    Verdict.NOT_READY: State.FAIL,
}
_HEADING = {
    Verdict.READY: "Conditions to know about",
    Verdict.PASSED: "Conditions to know about",
    Verdict.INCOMPLETE: "What is missing",
    Verdict.NOT_READY: "Blocking reasons",
}


@dataclass(frozen=True)
class Line:
    """One numbered line beside the verdict."""

    anchor: str
    head: str
    why: str
    note: str
    id: str


@dataclass(frozen=True)
class Unverified:
    """The box which says that even without the findings above something would remain unknown."""

    anchor: str
    lead: str
    text: str


@dataclass(frozen=True)
class VerdictCard:
    """The verdict and why; `more` counts the reasons that are not listed."""

    word: str
    narrowed: str | None
    tone: State
    subline: str
    validity: str
    heading: str
    lines: tuple[Line, ...]
    more: int
    unverified: Unverified | None


@dataclass(frozen=True)
class Tile:
    """How many results are in one state; `x` and `width` are its stretch of the bar in percent, None if it has none."""

    state: State
    number: int
    note: str
    target: str
    x: str | None
    width: str | None


@dataclass(frozen=True)
class Fact:
    """One of the facts about the run."""

    label: str
    text: str
    digest: bool = False


@dataclass(frozen=True)
class Passed:
    """A check and the targets on which it passed."""

    check: str
    title: str
    severity: Severity
    targets: str


@dataclass(frozen=True)
class NotApplicable:
    """A check that does not apply to a target, and why."""

    check: str
    title: str
    target: str
    text: str


@dataclass(frozen=True)
class LogEntry:
    """How the reading of a server, or of SSODB, ended, topic by topic; and the file where the answers came in one."""

    name: str
    answered: bool
    topics: tuple[TopicRecord, ...]
    file: AnswerFile | None = None


@dataclass(frozen=True)
class Page:
    """The whole page. `title` and `running` are plain text of the tool's own making but for the estate's name."""

    title: str
    estate: str
    profile: str
    judged: str
    version: str
    run: str
    evidence_sha256: str
    script_sha256: str
    verdict: VerdictCard
    redacted: str
    unsafe_options: tuple[str, ...]
    problems: tuple[str, ...]
    not_covered: tuple[str, ...]
    results: int
    tiles: tuple[Tile, ...]
    facts: tuple[Fact, ...]
    matrix: matrix.Matrix
    cards: cards.Cards
    passed: tuple[Passed, ...]
    not_applicable: tuple[NotApplicable, ...]
    log: tuple[LogEntry, ...]


def build(result: Result) -> Page:
    """Work out the page of a result."""
    drawn = cards.build(result)
    profile = result.profile.name.value
    return Page(
        title=f"{words.headline(result)} · {result.estate} · {profile} {words.day(result.as_of)} · ssoaudit",
        estate=result.estate,
        profile=profile,
        judged=words.minute(result.as_of),
        version=result.version,
        run=result.run.id,
        evidence_sha256=result.evidence_sha256,
        script_sha256=result.run.script_sha256,
        verdict=_verdict(result, drawn),
        redacted=words.REDACTED if result.run.redacted else "",
        unsafe_options=result.run.unsafe_options,
        problems=result.problems,
        not_covered=result.not_covered,
        results=len(result.findings),
        tiles=tuple(_tiles(result, drawn)),
        facts=tuple(_facts(result)),
        matrix=matrix.build(result, drawn.anchor),
        cards=drawn,
        passed=tuple(_passed(result)),
        not_applicable=tuple(_not_applicable(result)),
        log=tuple(_log(result)),
    )


def _log(result: Result) -> Iterator[LogEntry]:
    for server in result.servers:
        yield LogEntry(server.name, server.answered, server.topics, server.file)
    for name, database in _databases(result):
        where = f"{name} ({database.database} on {database.server})" if database.server else name
        yield LogEntry(where, answered=True, topics=database.topics)


def _databases(result: Result) -> Iterator[tuple[str, DatabaseRecord]]:
    if result.ssodb is not None:
        yield "SSODB", result.ssodb
    if result.management is not None:
        yield "BizTalk management", result.management
    for box in result.message_boxes:
        yield "MessageBox", box


def _verdict(result: Result, drawn: cards.Cards) -> VerdictCard:
    lines = tuple(_lines(result, drawn))
    shown = _REASONS if result.verdict in (Verdict.NOT_READY, Verdict.INCOMPLETE) else _CONDITIONS
    return VerdictCard(
        word=result.verdict.value,
        narrowed=words.narrowing(result),
        tone=_TONE[result.verdict],
        subline=result.subline,
        validity=f"Evidence of {words.minute(result.run.finished)}. It expires {words.minute(result.expires)}.",
        heading=_HEADING[result.verdict],
        lines=lines[:shown],
        more=len(lines[shown:]),
        unverified=_unverified(result, drawn),
    )


def _lines(result: Result, drawn: cards.Cards) -> Iterator[Line]:
    if result.verdict is Verdict.NOT_READY:
        for card in drawn.fails:
            yield Line(card.anchor, card.head, card.why, card.severity.value.capitalize(), card.check.id)
    elif result.verdict is Verdict.INCOMPLETE:
        for cause in drawn.causes:
            if cause.blocks:
                yield Line(cause.anchor, cause.head, cause.why, words.count(len(cause.hidden), "result"), cause.anchor)
        for check in _silent_checks(result):
            yield Line("matrix", "A check gave no outcome", "", "No outcome", check)
    else:
        for card in drawn.others:
            yield Line(card.anchor, card.head, card.why, words.STATE[card.state], card.check.id)


def _silent_checks(result: Result) -> tuple[str, ...]:
    heard = {finding.check for finding in result.findings}
    return tuple(check.id for check in result.checks if check.id not in heard)


def _unverified(result: Result, drawn: cards.Cards) -> Unverified | None:
    """None where nothing is unknown, or where the lines beside the verdict say so already."""
    if not result.totals()[State.NOT_VERIFIED] or result.verdict is Verdict.INCOMPLETE:
        return None
    unknown = [finding for finding in result.findings if _is_unknown_by_itself(finding, result)]
    if not unknown:
        number = result.totals()[State.NOT_VERIFIED]
        waits = f"{'waits' if number == 1 else 'wait'} for the findings above"
        return Unverified("findings", f"{words.count(number, 'result')} {waits}.", "Run again after the fixes.")
    servers = tuple(dict.fromkeys(cause.server for cause in drawn.causes if cause.server))
    lead = f"Also not verified: {words.some(servers, 3) or words.count(len(unknown), 'result')}."
    text = f"{words.count(len(unknown), 'result')} {'is' if len(unknown) == 1 else 'are'} unknown"
    anchor = drawn.causes[0].anchor if drawn.causes else "findings"
    if not any(finding.blocks(result.gate) for finding in unknown):
        return Unverified(anchor, lead, f"{text}, none of them {words.gate(result.gate)}.")
    fixed = "the finding" if len(drawn.fails) == 1 else f"the {len(drawn.fails)} findings"
    return Unverified(
        anchor, lead, f"{text}. Even with {fixed} fixed, the verdict stays INCOMPLETE until this can be read."
    )


def _is_unknown_by_itself(finding: Finding, result: Result) -> bool:
    """Not verified, and not only because a check that it requires has failed."""
    if finding.status is not Status.NOT_VERIFIED:
        return False
    root = [other for other in result.findings if other.check == finding.blocked_by]
    return not any(other.status is Status.FAIL for other in root)


def _tiles(result: Result, drawn: cards.Cards) -> Iterator[Tile]:
    totals = result.totals()
    checks: dict[State, set[str]] = {state: set() for state in State}
    for finding in result.findings:
        checks[result.state(finding)].add(finding.check)
    stretches = _stretches(totals)
    for state, number in totals.items():
        note = f"in {words.count(len(checks[state]), 'check')}"
        if state is State.NOT_VERIFIED and drawn.causes:
            note = words.count(len(drawn.causes), "cause")
        x, width = stretches.get(state, (None, None))
        yield Tile(state, number, note, _TILE_TARGET.get(state, "findings"), x, width)


_TILE_TARGET = {State.PASS: "passes", State.NOT_APPLICABLE: "not-applicable"}


def _stretches(totals: dict[State, int]) -> dict[State, tuple[str, str]]:
    """The bar in percent: shares of the whole, none too thin to be seen, with gaps between them."""
    shares = {state: max(number / sum(totals.values()) * 100, _THINNEST) for state, number in totals.items() if number}
    scale = (100 - _GAP * (len(shares) - 1)) / (sum(shares.values()) or 1)
    stretches, x = {}, 0.0
    for state, share in shares.items():
        stretches[state] = (f"{x:.2f}%", f"{share * scale:.2f}%")
        x += share * scale + _GAP
    return stretches


def _facts(result: Result) -> Iterator[Fact]:
    run, profile = result.run, result.profile
    gate = words.gate(profile.gate)
    yield Fact("Profile and gate", f"{profile.name.value}: a fail or not verified at {gate} blocks")
    answered = sum(server.answered for server in result.servers)
    yield Fact(
        "Coverage",
        f"{answered} of {words.count(len(result.servers), 'server')} answered, "
        f"{words.count(len(result.checks), 'check')}, {words.count(len(result.findings), 'result')}",
    )
    yield Fact("Run", f"{run.id}, {words.utc(run.started):%H:%M:%S} to {words.utc(run.finished):%H:%M:%S} UTC")
    yield Fact("Run by", f"{run.operator} on {run.auditor}, read-only")
    if words.origins(result):
        yield Fact("Not read over WinRM", ", ".join(words.origins(result)))
    yield Fact("Cluster", _cluster(result))
    for name, database in _databases(result):
        if database.server:
            through = f", read through {database.driver}" if database.driver else ", not read"
            yield Fact(name, f"{database.database} on {database.server}{through}")
    yield Fact("Tool", _tool(result))
    yield Fact("Judged as of", words.minute(result.as_of))
    yield Fact(
        "Evidence relied on for", f"{words.count(profile.lifetime_hours, 'hour')}, to {words.minute(result.expires)}"
    )
    yield Fact("Evidence SHA-256", result.evidence_sha256, digest=True)
    yield Fact("Script SHA-256", run.script_sha256, digest=True)
    yield from _narrowing(result)


def _cluster(result: Result) -> str:
    role = result.cluster_role.value.replace("-", " ")
    names = " / ".join(name for name in (result.cluster, result.network_name) if name)
    return f"{names or 'not known'}, role {role}, stage {result.stage.value}"


def _tool(result: Result) -> str:
    if result.version == result.run.version:
        return f"ssoaudit {result.version}"
    return f"ssoaudit {result.version}, collected with {result.run.version}"


def _narrowing(result: Result) -> Iterator[Fact]:
    if result.narrowed is None:
        return
    if result.narrowed.only:
        yield Fact("Only", words.some(result.narrowed.only, _TARGETS))
    if result.narrowed.skip:
        yield Fact("Left out", words.some(result.narrowed.skip, _TARGETS))


def _passed(result: Result) -> Iterator[Passed]:
    for check in result.checks:
        targets = [
            finding.target for finding in result.findings if finding.check == check.id and finding.status is Status.PASS
        ]
        if targets:
            yield Passed(check.id, check.title, check.severity, words.some(targets, _TARGETS))


def _not_applicable(result: Result) -> Iterator[NotApplicable]:
    titles = {check.id: check.title for check in result.checks}
    for finding in result.findings:
        if finding.status is Status.NOT_APPLICABLE:
            yield NotApplicable(finding.check, titles[finding.check], finding.target, finding.text)
