"""The seconds that one server may take, over all that is tried there."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from ssoaudit.collect.winrm.limits import Limits
from ssoaudit.collect.winrm.shell import Turn

_LEAST = 0.01


class Budget:
    """Runs from its making; waiting for a turn is not the server's time, and costs nothing."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._due = time.monotonic() + limits.deadline

    @property
    def left(self) -> Limits:
        """The limits for what is tried next: the deadline is what is left of it, and never quite nothing."""
        return replace(self._limits, deadline=max(_LEAST, self._due - time.monotonic()))

    def uncounted(self, turn: Turn) -> Turn:
        """The same turn, but the wait for it is added to what is left."""

        @contextmanager
        def wait_and_hold() -> Iterator[None]:
            asked = time.monotonic()
            with ExitStack() as stack:
                try:
                    stack.enter_context(turn())
                finally:
                    self._due += time.monotonic() - asked
                yield

        return wait_and_hold
