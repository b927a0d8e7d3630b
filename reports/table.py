"""The report for a terminal: the verdict and its reasons, what needs attention, the totals."""

from collections import Counter
from collections.abc import Iterator, Mapping
from textwrap import wrap

from tabulate import MIN_PADDING, tabulate

from ssoaudit.reports import words
from ssoaudit.reports.visible import visible
from ssoaudit.result import Finding, Result
from ssoaudit.vocabulary import State, Status, Verdict

SUFFIX = "txt"

_HEADERS = ("State", "Severity", "Check", "Target", "What")
_QUIET = (State.PASS, State.NOT_APPLICABLE)
_REASONS = 5
_CAUSES = 5
_CHARACTERS = 400
_NARROWEST = 60
_PLAIN = "\x1b[0m"
_STATE_COLOUR = {
    State.FAIL: "\x1b[1;31m",
    State.NOT_VERIFIED: "\x1b[35m",
    State.WARNING: "\x1b[33m",
    State.WAIVED: "\x1b[34m",
    State.PASS: "\x1b[32m",
    State.NOT_APPLICABLE: "",
}
_VERDICT_COLOUR = {
    Verdict.READY: "\x1b[1;32m",
    Verdict.PASSED: "\x1b[1;32m",
    Verdict.INCOMPLETE: "\x1b[1;35m",
    Verdict.NOT_READY: "\x1b[1;31m",
}


def render(result: Result, *, colour: bool = False, width: int = 100) -> bytes:
    """The result as UTF-8 text of at most `width` columns; `colour` adds ANSI colours, on which no meaning rests."""
    width = max(width, _NARROWEST)
    blocks = (
        _verdict(result, colour=colour, width=width),
        _attention(result, colour=colour, width=width),
        _next(result, width),
        _summary(result, width=width),
    )
    return "\n\n".join(block for block in blocks if block).encode() + b"\n"


def _verdict(result: Result, *, colour: bool, width: int) -> str:
    blocking = result.blocking()
    failing = sum(finding.status is Status.FAIL for finding in blocking)
    said = [words.count(failing, "blocking finding")]
    if len(blocking) > failing:
        said.append(f"{len(blocking) - failing} not verified at {words.gate(result.gate)}")
    headline = words.headline(result)
    head, *rest = _wrapped(f"{headline}: {', '.join(said)}", width)
    painted = _painted(headline, _VERDICT_COLOUR[result.verdict], colour=colour) + head[len(headline) :]
    about = f"{_line(result.estate)}, {result.profile.name.value}, {words.minute(result.as_of)}"
    said_below = (*_wrapped(about, width), *_wrapped(_line(result.subline), width))
    return "\n".join((painted, *rest, *said_below, *_reasons(blocking, width)))


def _reasons(blocking: tuple[Finding, ...], width: int) -> Iterator[str]:
    for finding in blocking[:_REASONS]:
        line = f"{_line(finding.check)}  {_line(finding.target)}: {_line(finding.text)}"
        yield f"  {line}" if len(line) <= width - 2 else f"  {line[: width - 5].rstrip()}..."
    if len(blocking) > _REASONS:
        yield f"  and {len(blocking) - _REASONS} more"


def _attention(result: Result, *, colour: bool, width: int) -> str:
    rows = [
        (
            _painted(words.STATE[state].upper(), _STATE_COLOUR[state], colour=colour),
            finding.severity.value,
            _line(finding.check),
            _line(finding.target),
            _line(finding.text),
        )
        for finding in result.findings
        if (state := result.state(finding)) not in _QUIET
    ]
    if not rows:
        return ""
    return tabulate(rows, headers=_HEADERS, disable_numparse=True, maxcolwidths=_widths(rows, width))


def _next(result: Result, width: int) -> str:
    """What to do about what could not be read: each cause once, the most frequent first."""
    causes = Counter(
        f"{reason.server or 'SSODB'}: {reason.hint}" if reason.topic else reason.hint
        for finding in result.findings
        if finding.blocked_by is None
        for reason in finding.reasons
        if reason.hint
    )
    lines = [f"- {_line(cause)}" for cause, _ in causes.most_common(_CAUSES)]
    if len(causes) > _CAUSES:
        lines.append(f"- and {len(causes) - _CAUSES} more, in the report")
    if not lines:
        return ""
    wrapped = (part for line in lines for part in _wrapped(line, width))
    return "\n".join(("What to do about what is not verified:", *wrapped))


def _widths(rows: list[tuple[str, str, str, str, str]], width: int) -> list[int | None]:
    """Check and target get what they need up to a share of the line, the text the rest."""
    room = width - len("NOT VERIFIED") - _heading("Severity") - 2 * (len(_HEADERS) - 1)
    check = min(max(_heading("Check"), *(len(row[2]) for row in rows)), room // 3)
    target = min(max(_heading("Target"), *(len(row[3]) for row in rows)), max(_heading("Target"), room // 4))
    return [None, None, check, target, room - check - target]


def _heading(word: str) -> int:
    return len(word) + MIN_PADDING


def _summary(result: Result, *, width: int) -> str:
    totals = result.totals()
    lines = [f"{words.count(len(result.findings), 'result')}: {_counted(totals)}"]
    if result.not_covered:
        lines.append(f"Not covered: {_list(result.not_covered)}")
    if result.run.redacted:
        lines.append(words.REDACTED)
    if result.run.unsafe_options:
        lines.append(f"UNSAFE OPTIONS: {_list(result.run.unsafe_options)}")
    if words.origins(result):
        lines.append(f"Not read over WinRM: {_list(words.origins(result))}")
    lines += (f"NOT LOADED: {_line(problem)}" for problem in result.problems)
    lines.append(
        f"Evidence {_line(result.evidence_sha256)[:12]}, collected {words.minute(result.run.finished)}, "
        f"expires {words.minute(result.expires)}"
    )
    return "\n".join(part for line in lines for part in _wrapped(line, width))


def _counted(totals: Mapping[State, int]) -> str:
    return ", ".join(f"{number} {words.STATE[state].lower()}" for state, number in totals.items())


def _list(texts: tuple[str, ...]) -> str:
    return ", ".join(_line(text) for text in texts)


def _line(text: str) -> str:
    return visible(text, limit=_CHARACTERS)


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, width, subsequent_indent="  ")


def _painted(text: str, paint: str, *, colour: bool) -> str:
    return f"{paint}{text}{_PLAIN}" if colour and paint else text
