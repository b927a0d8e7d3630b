"""What a run says as a whole, and in which words."""

from collections.abc import Collection, Iterable, Sequence

from ssoaudit.evidence import ReadStatus
from ssoaudit.result import DatabaseRecord, Finding, Narrowing, ServerRecord
from ssoaudit.vocabulary import Severity, State, Status, Verdict

READ = frozenset({ReadStatus.OK.value, ReadStatus.PARTIAL.value, ReadStatus.ABSENT.value})


def unread(servers: Iterable[ServerRecord], ssodb: DatabaseRecord | None) -> tuple[str, ...]:
    """The servers, and SSODB, of which something that was asked for was not read; what is absent was read."""
    names = tuple(
        server.name
        for server in servers
        if not server.answered or any(topic.status not in READ for topic in server.topics)
    )
    if ssodb is not None and any(topic.status not in READ for topic in ssodb.topics):
        return (*names, "SSODB")
    return names


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
    if blocking or silent or not asked:
        return Verdict.INCOMPLETE
    if narrowed:
        return Verdict.PASSED
    return Verdict.INCOMPLETE if blind else Verdict.READY


def subline_of(findings: Sequence[Finding], gate: Severity, blind: Sequence[str], narrowed: Narrowing | None) -> str:
    """The sentences under the verdict: what blocks, what warns, what was not read (`blind`), how far it went."""
    states = [finding.state(gate) for finding in findings]
    unverified = sum(1 for finding in findings if finding.blocks(gate) and finding.status is Status.NOT_VERIFIED)
    parts = (
        _count(states.count(State.FAIL), "blocking finding"),
        f"{unverified} not verified at the gate" if unverified else "",
        _count(states.count(State.WARNING), "warning"),
        f"Not read in full: {', '.join(blind)}" if blind else "",
        f"{narrowed.evaluated} of {narrowed.known} checks" if narrowed else "",
    )
    return ". ".join(part for part in parts if part) + "."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
