"""The one shape of "could not read": what happened, at which stage, and what to do next."""

from dataclasses import dataclass
from enum import Enum


class FaultStage(str, Enum):
    """How far a target was reached when reading it failed."""

    CONFIGURE = "configure"
    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    AUTHENTICATE = "authenticate"
    SHELL = "shell"
    RUN = "run"
    READ = "read"


@dataclass(eq=False)
class Fault(Exception):  # noqa: N818 - the word of the house for it
    """A target, or one topic of it, could not be read.

    `code` is a stable word for machines; `message` is one sentence that names the target; `hint` says
    what to do next; `details` holds the library's own words, for the log. No field may hold a secret. `unanswered`
    where a password was given and nothing came back that tells whether it was taken: it may be a failed logon.
    """

    stage: FaultStage
    code: str
    message: str
    hint: str
    details: str = ""
    retryable: bool = False
    unanswered: bool = False

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()
