"""What stands under the verdict."""

from collections.abc import Sequence

from ssoaudit.result import Finding, Narrowing
from ssoaudit.vocabulary import Severity, State, Status


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
