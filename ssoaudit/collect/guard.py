"""One wrong password is one failed logon, not one per server: parallel attempts would lock the account."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ssoaudit.collect.faults import Fault, FaultStage

BEFORE_LOGON = frozenset({FaultStage.CONFIGURE, FaultStage.RESOLVE, FaultStage.CONNECT, FaultStage.TLS})
REJECTED = "auth"
NOT_TRIED = "not-tried"

_MOST_REJECTIONS = 2
_MOST_UNANSWERED = 2


class LogonGuard:
    """Lets one thread at a time log on with a credential until a server has taken it, and none once it looks wrong.

    That is so after one rejection of what no server has taken yet. A credential that was taken before may be fine
    though one server rejects it: then only that server is not asked again, the others log on one at a time until it
    is taken once more, and the second server to reject it ends its use. Two servers in a row that were given a
    password and did not say whether they take it end its use too, as each may have been a failed logon.

    One guard serves one credential: a certificate that is taken tells nothing of a password.
    """

    def __init__(self) -> None:
        self._canary = threading.Lock()
        self._proven = threading.Event()
        self._was_proven = False
        self._learning = threading.Lock()
        self._rejections: dict[str, Fault] = {}
        self._unanswered: set[str] = set()
        self._refusal: Fault | None = None

    @contextmanager
    def logon(self, target: str) -> Iterator[None]:
        """Hold this while a target is logged on to, and not while it is connected to or read: others wait for it.

        Raises a `Fault` where the target rejected the credential before, or where it is used no more.
        """
        with self._turn():
            self._check(target)
            try:
                yield
            except Fault as fault:
                self.learn(target, fault)
                if fault.stage not in BEFORE_LOGON and fault.stage is not FaultStage.AUTHENTICATE:
                    self._prove()
                raise
            self._prove()

    def learn(self, target: str, fault: Fault) -> None:
        """What a fault says against the credential, also one that comes after the logon; told twice it counts once."""
        with self._learning:
            if fault.code == REJECTED and target not in self._rejections:
                self._proven.clear()
                self._rejections[target] = fault
                if not self._was_proven or len(self._rejections) == _MOST_REJECTIONS:
                    self._refusal = _rejected_before(fault)
            if fault.unanswered and not self._proven.is_set():
                self._unanswered.add(target)
                if len(self._unanswered) == _MOST_UNANSWERED:
                    self._refusal = _unanswered_before(fault)

    def _prove(self) -> None:
        with self._learning:
            self._was_proven = True
            self._unanswered.clear()
            self._proven.set()

    def _check(self, target: str) -> None:
        rejection, refusal = self._rejections.get(target), self._refusal
        if rejection is not None:
            raise rejection
        if refusal is not None:
            message = f"{target} was not asked, because {refusal.message}"
            raise Fault(refusal.stage, refusal.code, message, refusal.hint)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Alone until a logon is proven; those who waited for that go on side by side."""
        if not self._proven.is_set():
            with self._canary:
                if not self._proven.is_set():
                    yield
                    return
        yield


def _rejected_before(rejection: Fault) -> Fault:
    message = f"the credential was rejected before: {rejection.message}"
    return Fault(FaultStage.AUTHENTICATE, NOT_TRIED, message, rejection.hint)


def _unanswered_before(last: Fault) -> Fault:
    message = f"two servers before it were given the password and did not say whether they take it: {last.message}"
    return Fault(FaultStage.AUTHENTICATE, NOT_TRIED, message, last.hint)
