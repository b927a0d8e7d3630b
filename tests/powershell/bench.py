"""What every case is run with, and what comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ssoaudit.collect.script import ARGUMENTS
from tests.powershell.assembled import stdin_of
from tests.powershell.node import PowershellNode
from tests.powershell.process import Ran, run

MOST_HANGS = 2
"""A PowerShell that hangs that often is not started again: every case would take its whole time."""


@dataclass(frozen=True)
class Outcome:
    """A case, and what is wrong; nothing where it passed."""

    name: str
    problem: str = ""


@dataclass
class Bench:
    """The PowerShell, started directly or behind the node's WinRM."""

    powershell: str
    seconds: float
    node: PowershellNode
    hangs: int = field(default=0)

    def run(
        self,
        stdin: bytes,
        arguments: Sequence[str] = ARGUMENTS,
        *,
        seconds: float | None = None,
        leaves_stdin_open: bool = False,
        folder: Path | None = None,
    ) -> Ran:
        """Start it here, in a folder; one that is meant to hang is given its own `seconds`."""
        if self.hangs >= MOST_HANGS:
            return _not_started(self.hangs)
        allowed = min(seconds or self.seconds, self.seconds)
        ran = run(self.powershell, arguments, stdin, allowed, leaves_stdin_open=leaves_stdin_open, folder=folder)
        self.hangs += ran.exit_code is None and seconds is None
        return ran

    def run_script(self, text: str, parameters: dict[str, object]) -> Ran:
        """Start it on the node, over the wire, with a script of any text."""
        if self.hangs >= MOST_HANGS:
            return _not_started(self.hangs)
        ran = self.node.run(stdin_of(text, parameters))
        self.hangs += ran.exit_code is None
        return ran


def _not_started(hangs: int) -> Ran:
    return Ran(b"", f"not started: PowerShell did not end in time in {hangs} cases before".encode(), 1)
