"""A second try, and a third, where the first did not get as far as running anything."""

import logging
import random
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.winrm import shell
from ssoaudit.collect.winrm.budget import Budget
from ssoaudit.collect.winrm.endpoint import Endpoint
from ssoaudit.collect.winrm.limits import DEFAULTS, Limits
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.inventory import WinrmSettings

_LOG = logging.getLogger(__name__)

MOST = 3
_PAUSE = 1.0


def run(  # noqa: PLR0917 - as shell.run
    endpoint: Endpoint,
    settings: WinrmSettings,
    logon: Logon,
    command: str,
    arguments: Sequence[str],
    stdin: bytes,
    *,
    limits: Limits = DEFAULTS,
    cancelled: threading.Event | None = None,
    turn: shell.Turn = nullcontext,
    on_stdout: Callable[[bytes], None] = lambda _: None,
    most: int = MOST,
) -> shell.Output:
    """`shell.run`, tried up to `most` times where the connection or a quota failed before the command was started.

    Each attempt is a conversation of its own; all of them, and the pauses between, share the deadline. What was
    rejected or given a password and did not answer, what looks like tampering, and a command that runs are never
    tried again.

    Raises:
        Fault: That of the last attempt.
    """
    budget = Budget(limits)
    stop = cancelled or threading.Event()
    attempt = 1
    while True:
        try:
            return shell.run(
                endpoint,
                settings,
                logon,
                command,
                arguments,
                stdin,
                limits=limits if attempt == 1 else budget.left,
                cancelled=cancelled,
                turn=budget.uncounted(turn),
                on_stdout=on_stdout,
            )
        except Fault as fault:
            pause = _PAUSE * (1 + random.random())  # noqa: S311 - so that many do not come back at the same moment
            may_run = fault.stage is FaultStage.RUN
            if not fault.retryable or may_run or attempt == most or 2 * pause > budget.left.deadline:
                raise
            again = fault
        _LOG.info("attempt %d: %s", attempt, again, extra={"target": endpoint.target, "stage": again.stage.value})
        if stop.wait(pause):
            raise again
        attempt += 1
