"""How long, and how much."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one conversation may take: seconds and bytes.

    `operation` is what the server is asked to answer within; a reply that is later than that by `grace` is no longer
    waited for. `deadline` covers everything but cleaning up, which has `cleanup` of its own.
    """

    connect: float = 10.0
    operation: float = 20.0
    grace: float = 10.0
    deadline: float = 120.0
    cleanup: float = 1.5
    response_bytes: int = 1024 * 1024
    stdout_bytes: int = 16_000_000
    stderr_bytes: int = 1_000_000


DEFAULTS = Limits()
