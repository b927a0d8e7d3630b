"""One wrong password is one failed logon, not one per server: parallel attempts would lock the account."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ssoaudit.collect.faults import Fault, FaultStage

BEFORE_LOGON = frozenset({FaultStage.CONFIGURE, FaultStage.RESOLVE, FaultStage.CONNECT, FaultStage.TLS})
REJECTED = "auth"
NOT_TRIED = "not-tried"


class LogonGuard:
    """Lets one thread at a time log on until a server has taken the credential; none after one has rejected it."""

    def __init__(self) -> None:
        self._canary = threading.Lock()
        self._proven = threading.Event()
        self.rejection: Fault | None = None
        self._rejected_by = ""

    @contextmanager
    def logon(self, target: str) -> Iterator[None]:
        """Hold this while a target is logged on to, and not while it is connected to or read: others wait for it.

        Raises a `Fault` where the credential was rejected before.
        """
        with self._turn():
            if self.rejection is not None:
                raise self.rejection if target == self._rejected_by else _rejected_before(target, self.rejection)
            try:
                yield
            except Fault as fault:
                self._learn(target, fault)
                raise
            self._proven.set()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Alone until a logon is proven; those who waited for that go on side by side."""
        if not self._proven.is_set():
            with self._canary:
                if not self._proven.is_set():
                    yield
                    return
        yield

    def _learn(self, target: str, fault: Fault) -> None:
        if fault.code == REJECTED:
            self.rejection, self._rejected_by = fault, target
        elif fault.stage not in BEFORE_LOGON and fault.stage is not FaultStage.AUTHENTICATE:
            self._proven.set()


def _rejected_before(target: str, rejection: Fault) -> Fault:
    return Fault(
        FaultStage.AUTHENTICATE,
        NOT_TRIED,
        f"{target} was not asked, because the credential was rejected before: {rejection.message}",
        rejection.hint,
    )
