"""What a run's exit code means; the only list of them."""

from enum import IntEnum

from typing_extensions import Self

from ssoaudit.vocabulary import Verdict


class ExitCode(IntEnum):
    """Exit codes, with their meaning for the docs."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """An `int` that knows its meaning."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    READY = 0, "READY, or PASSED in a narrowed run; of other commands: done"
    NOT_READY = 1, "NOT READY: a check failed at or above the profile's gate"
    USAGE = 2, "wrong use, a file that cannot be used, or one that cannot be written"
    INCOMPLETE = 3, "INCOMPLETE: nothing failed at the gate, but something could not be verified"
    NO_ANSWER = 4, "no server answered, so that nothing is known"
    INTERNAL = 5, "a fault in ssoaudit itself"
    INTERRUPTED = 130, "interrupted by the operator"

    @classmethod
    def of(cls, verdict: Verdict, *, answered: bool) -> "ExitCode":
        """The code of a verdict; `answered` is False where no server answered at all."""
        if not answered:
            return cls.NO_ANSWER
        return {Verdict.NOT_READY: cls.NOT_READY, Verdict.INCOMPLETE: cls.INCOMPLETE}.get(verdict, cls.READY)
