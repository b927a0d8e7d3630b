"""The suite's PowerShell part: `python -m tests.powershell`, which `make test-powershell` calls.

It needs a PowerShell (`SSOAUDIT_PWSH`, else `pwsh` on the path), no network and no privilege.
"""

import os
import sys
from collections.abc import Iterator

from tests.powershell import alone, bootstrap, reading, syntax
from tests.powershell.assembled import REPLACED_EXPRESSIONS, REPLACED_FUNCTIONS
from tests.powershell.bench import Bench, Outcome
from tests.powershell.node import PowershellNode
from tests.powershell.process import PATIENCE, find

NOT_RUN = "The PowerShell part was not run: there is no pwsh on the path, and SSOAUDIT_PWSH names none."
VERSION = ("-NoLogo", "-NoProfile", "-NonInteractive", "-Command", "$PSVersionTable.PSVersion.ToString()")


def main(seconds: float = PATIENCE) -> int:
    """Run every case and print what fails; 1 if any does."""
    powershell = find(os.environ)
    if powershell is None:
        _say(NOT_RUN)
        return 0
    with PowershellNode(powershell, seconds) as node:
        bench = Bench(powershell, seconds, node)
        ran = bench.run(b"", VERSION)
        _say(f"{powershell}: {ran.stdout.decode('utf-8', 'replace').strip() if ran.exit_code == 0 else ran}")
        _say(f"Stand-ins replace {', '.join((*REPLACED_FUNCTIONS, *REPLACED_EXPRESSIONS))}.")
        failed = passed = 0
        for outcome in _outcomes(bench):
            if outcome.problem:
                failed += 1
                _say(f"FAILED {outcome.name}\n{_indented(outcome.problem)}")
            else:
                passed += 1
    if not os.environ.get(syntax.VARIABLE):
        _say(f"The analyser was not run: {syntax.VARIABLE} names no module PSScriptAnalyzer.")
    _say(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def _outcomes(bench: Bench) -> Iterator[Outcome]:
    yield from syntax.outcomes(bench)
    yield from bootstrap.outcomes(bench)
    yield from reading.outcomes(bench)
    yield from alone.outcomes(bench)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _say(text: str) -> None:
    sys.stdout.write(ascii_only(text) + "\n")
    sys.stdout.flush()


def ascii_only(text: str) -> str:
    """The text as any console shows it; what a PowerShell printed may hold anything."""
    return "".join(sign if sign == "\n" or " " <= sign <= "~" else ascii(sign)[1:-1] for sign in text)


if __name__ == "__main__":
    sys.exit(main(float(os.environ.get("SSOAUDIT_PWSH_SECONDS", PATIENCE))))
