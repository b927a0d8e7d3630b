"""What a server prints while its PowerShell runs, and when the answer that holds its clock was there."""

import re
from collections.abc import Callable
from datetime import datetime, timezone

from ssoaudit.evidence import Heard
from ssoaudit.facts import Env

_ANSWER = re.compile(rb"(?m)^SSOAUDIT/1 %s [^\n]*\n" % Env.topic.encode("ascii"))


def _now() -> datetime:
    return datetime.now(timezone.utc)


class Printed:
    """The bytes of standard output, gathered as they come."""

    def __init__(self, now: Callable[[], datetime] = _now) -> None:
        self._now = now
        self.begin()

    def begin(self) -> None:
        """Forget what came: a script is sent now, and nothing it prints was there before."""
        self.data = bytearray()
        self.heard: Heard | None = None
        self._asked = self._now()
        self._read = 0

    def take(self, chunk: bytes) -> None:
        """Gather what came just now. The first whole answer about `env` is the one that counts, as it is for frames."""
        self.data.extend(chunk)
        if self.heard is not None or b"\n" not in chunk:
            return
        if _ANSWER.search(self.data, self._read):
            self.heard = Heard(asked=self._asked, received=self._now())
        self._read = self.data.rindex(b"\n") + 1
