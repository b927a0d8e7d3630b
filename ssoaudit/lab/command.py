"""What a command of the lab is: a function of its command line and its standard input."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """What a command printed, as bytes of its two streams, and its exit code.

    One that has not `ended` has printed this and goes on for ever, until it is terminated.
    """

    stdout: bytes
    stderr: bytes = b""
    exit_code: int = 0
    ended: bool = True


Command = Callable[[str, tuple[str, ...], bytes], Reply]
"""(executable, arguments as sent, the whole of stdin) -> Reply. It is called once, when stdin has ended."""
