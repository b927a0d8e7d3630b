"""What goes to stdout and to stderr. A reader who has enough, such as `head`, is no error."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import click

from ssoaudit.documents import visible_lines
from ssoaudit.files import OutputError


def show(text: str, *, colour: bool = False) -> None:
    """Text on stdout; a character that its encoding lacks, or that steers a terminal, is spelled out.

    Text with `colour` has escape sequences of its own and is shown as it is. Raises `OutputError`.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    seen = text if colour else visible_lines(text)
    with _stdout():
        click.echo(seen.encode(encoding, "backslashreplace").decode(encoding), nl=False, color=colour)


def show_bytes(data: bytes) -> None:
    """A whole file on stdout. Raises `OutputError`."""
    with _stdout():
        click.echo(data, nl=False)


def note(text: str) -> None:
    """Lines on stderr, beside the result. Where they cannot be written, the exit code alone must do."""
    try:
        click.echo(visible_lines(text), err=True)
    except (OSError, ValueError):
        _discard(sys.stderr)


def settle() -> None:
    """Leave nothing on stderr over which the interpreter would fail at its end, with an exit code of its own."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        _discard(sys.stderr)


@contextmanager
def _stdout() -> Iterator[None]:
    if sys.stdout is None:
        raise OutputError(Path("stdout"), "is closed", "send it elsewhere")
    try:
        yield
    except BrokenPipeError:
        _discard(sys.stdout)
    except OSError as error:
        _discard(sys.stdout)
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(Path("stdout"), f"cannot be written: {reason}", "send it elsewhere") from None


def _discard(stream: IO[Any]) -> None:
    """Send what is still buffered nowhere, or the interpreter would fail over it at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
