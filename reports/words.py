"""How the reports say things: states, counts, moments, the verdict of a narrowed run."""

from datetime import datetime, timezone

from ssoaudit.result import Result, ServerRecord
from ssoaudit.vocabulary import Severity, Source, State

REDACTED = "Redacted: names, addresses and ids are pseudonyms."
STATE = {
    State.FAIL: "Fail",
    State.NOT_VERIFIED: "Not verified",
    State.WARNING: "Warning",
    State.WAIVED: "Waived",
    State.PASS: "Pass",
    State.NOT_APPLICABLE: "Not applicable",
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def count(number: int, noun: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def some(names: list[str] | tuple[str, ...], limit: int) -> str:
    """The first names, then how many more there are: `NODE1, NODE2 and 3 more`."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def utc(moment: datetime) -> datetime:
    """A moment in UTC; one that names no zone is UTC already."""
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)


def day(moment: datetime) -> str:
    """`2026-11-20`."""
    return utc(moment).date().isoformat()


def minute(moment: datetime) -> str:
    """`20 Nov 2026 08:42 UTC`, whatever the locale."""
    at = utc(moment)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year} {at.hour:02}:{at.minute:02} UTC"


def origins(result: Result) -> tuple[str, ...]:
    """The servers that were not read over WinRM, and how: `NODE1 (file of 20 Nov 2026 08:42 UTC by its clock)`."""
    return tuple(_origin(server) for server in result.servers if server.source is not Source.WINRM)


def _origin(server: ServerRecord) -> str:
    if server.file is None:
        return f"{server.name} (on the spot)"
    return f"{server.name} (file of {minute(server.file.written)} by its clock)"


def gate(severity: Severity) -> str:
    """The severities that a gate stops: `critical`, `high or above`."""
    return severity.value if severity is max(Severity) else f"{severity.value} or above"


def narrowing(result: Result) -> str | None:
    """`3 of 85 checks` for a narrowed run."""
    if result.narrowed is None:
        return None
    return f"{result.narrowed.evaluated} of {result.narrowed.known} checks"


def headline(result: Result) -> str:
    """The verdict, which for a narrowed run says how narrow: `PASSED (3 of 85 checks)`."""
    narrowed = narrowing(result)
    return result.verdict.value if narrowed is None else f"{result.verdict.value} ({narrowed})"
