"""How the command line takes what is sent on stdin: whole, altered, cut, and where PowerShell is restricted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ssoaudit.collect.script import ARGUMENTS, BOOTSTRAP, FALLBACK_ARGUMENTS
from tests.powershell.assembled import header
from tests.powershell.bench import Bench, Outcome
from tests.powershell.process import Ran

PARAMETERS = "cGFyYW1ldGVycw=="
TAKES, SAYS = "param([string]$Given)\n", "[Console]::Out.WriteLine('ran with ' + $Given)"
RAN = f"ran with {PARAMETERS}"
HANG_SECONDS = 10.0
OPEN_SECONDS = 5.0
"""How long a PowerShell whose stdin does not end is watched: it has to say nothing till then."""

NO_INPUT = (*FALLBACK_ARGUMENTS[:-1], BOOTSTRAP)
"""A host that does not hand its stdin to `$input`."""

RESTRICTED = "$ExecutionContext.SessionState.LanguageMode='ConstrainedLanguage';"


@dataclass(frozen=True)
class Sent:
    """What is sent, with which command line, and what is expected: a line of stdout, an exit code, a word on stderr."""

    name: str
    stdin: bytes
    line: str
    exit_code: int | None = 0
    arguments: tuple[str, ...] = ARGUMENTS
    seconds: float | None = None
    says: str = ""
    leaves_stdin_open: bool = False

    def problem(self, ran: Ran) -> str:
        """What is not as expected; nothing where all is."""
        lines = [line.strip() for line in ran.stdout.decode("utf-8", "replace").splitlines()]
        expected = [self.line] if self.line else []
        if lines != expected or ran.exit_code != self.exit_code or self.says.encode() not in ran.stderr:
            end = "no end" if self.exit_code is None else f"exit code {self.exit_code}"
            return f"expected stdout {self.line!r}, {end}, stderr with {self.says!r}\ngot {ran}"
        return ""


def outcomes(bench: Bench) -> Iterator[Outcome]:
    """One for every way of sending."""
    for sent in cases():
        ran = bench.run(sent.stdin, sent.arguments, seconds=sent.seconds, leaves_stdin_open=sent.leaves_stdin_open)
        yield Outcome(f"bootstrap: {sent.name}", sent.problem(ran))


def cases() -> Iterator[Sent]:
    """All that was tried by hand, see the table in the design."""
    yield from _whole()
    yield from _refused()
    yield from _without_input()
    yield from _broken()


def _text(size: int) -> str:
    """A script of that many characters, which says at its end what it was given."""
    line = "# " + "x" * 97 + "\n"
    filling = (line * (size // len(line) + 1))[: size - len(TAKES) - len(SAYS) - 1]
    return f"{TAKES}{filling}\n{SAYS}"


def _sent(text: str, encoded: str = PARAMETERS) -> bytes:
    return f"{header(text, encoded)}\n{text}\n".encode()


def _whole() -> Iterator[Sent]:
    for kilobytes in (1, 60, 150, 400):
        text = _text(kilobytes * 1024)
        yield Sent(f"a script of {kilobytes} KB", _sent(text), RAN)
    text = f"{TAKES}# {'x' * 400_000}\n{SAYS}"
    yield Sent("one line of 400 000 characters", _sent(text), RAN)
    text = _text(1024)
    yield Sent("CRLF instead of LF", _sent(text).replace(b"\n", b"\r\n"), RAN)
    yield Sent("no final line end", _sent(text).rstrip(b"\n"), RAN)
    yield Sent("split at blanks", _sent(text), RAN, arguments=tuple(" ".join(ARGUMENTS).split(" ")))


def _refused() -> Iterator[Sent]:
    text = _text(1024)
    whole = _sent(text)
    first, _, rest = whole.partition(b"\n")
    altered: dict[str, Callable[[], bytes]] = {
        "one character changed": lambda: whole.replace(b"xx\n", b"xy\n", 1),
        "cut in the middle": lambda: whole[: len(whole) // 2],
        "one character more": lambda: whole.rstrip(b"\n") + b" ",
        "a wrong length": lambda: whole.replace(f" {len(text)} ".encode(), f" {len(text) + 1} ".encode(), 1),
        "another magic": lambda: whole.replace(b"SSOAUDIT-IN/1", b"SSOAUDIT-IN/2", 1),
        "the magic in other letters": lambda: whole.replace(b"SSOAUDIT-IN/1", b"ssoaudit-in/1", 1),
        "a hash in capitals": lambda: (
            b" ".join(part.upper() if len(part) == len("0" * 64) else part for part in first.split(b" ")) + b"\n" + rest
        ),
        "parameters of two words": lambda: first + b" more\n" + rest,
    }
    for name, sent in altered.items():
        yield Sent(name, sent(), "SSOAUDIT/1 REFUSED altered")
    yield Sent("a header alone", first + b"\n", "SSOAUDIT/1 REFUSED truncated")
    yield Sent("nothing at all", b"", "SSOAUDIT/1 REFUSED truncated")
    restricted = (*ARGUMENTS[:-1], RESTRICTED + BOOTSTRAP)
    yield Sent(
        "a constrained language mode",
        whole,
        "SSOAUDIT/1 REFUSED language-mode ConstrainedLanguage",
        arguments=restricted,
    )


def _without_input() -> Iterator[Sent]:
    small = _sent(_text(1024))
    yield Sent("no $input", small, "SSOAUDIT/1 REFUSED truncated", arguments=NO_INPUT)
    whole = {
        "a script of 1 KB": small,
        "a script of 400 KB": _sent(_text(400 * 1024)),
        "CRLF instead of LF": small.replace(b"\n", b"\r\n"),
        "no final line end": small.rstrip(b"\n"),
    }
    refused = {
        "one character changed": (small.replace(b"xx\n", b"xy\n", 1), "altered"),
        "cut in the middle": (small[: len(small) // 2], "altered"),
        "a header alone": (small.partition(b"\n")[0] + b"\n", "truncated"),
        "nothing at all": (b"", "truncated"),
    }
    expected = {
        **{name: (sent, RAN) for name, sent in whole.items()},
        **{name: (sent, f"SSOAUDIT/1 REFUSED {reason}") for name, (sent, reason) in refused.items()},
    }
    for name, (sent, line) in expected.items():
        yield Sent(f"{name}, from the console", sent, line, arguments=FALLBACK_ARGUMENTS)


def _broken() -> Iterator[Sent]:
    yield Sent("a script that is no PowerShell", _sent("function {\n'never'"), "", exit_code=1, says="Create")
    yield Sent("a script that throws", _sent("throw 'on purpose'\n'never'"), "", exit_code=1, says="on purpose")
    text = "[Console]::Out.WriteLine('SSOAUDIT/1 first')\n[Console]::Out.Flush()\nwhile ($true) { Start-Sleep 1 }"
    yield Sent("a hang after a frame", _sent(text), "SSOAUDIT/1 first", exit_code=None, seconds=HANG_SECONDS)
    # Nothing runs before the end of stdin: the client's deadline ends it.
    left_open = _sent(_text(1024))
    yield Sent("stdin left open", left_open, "", exit_code=None, seconds=OPEN_SECONDS, leaves_stdin_open=True)
