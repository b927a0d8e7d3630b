"""What goes to stdout and to stderr. A reader who has enough, such as `head`, is no error."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from ssoaudit.files import OutputError


def show(text: str, *, colour: bool = False) -> None:
    """Text on stdout; a character that its encoding lacks is spelled out. Raises `OutputError`."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    with _stdout():
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), nl=False, color=colour)


def show_bytes(data: bytes) -> None:
    """A whole file on stdout. Raises `OutputError`."""
    with _stdout():
        click.echo(data, nl=False)


def note(text: str) -> None:
    """A line on stderr, beside the result."""
    with suppress(OSError, ValueError):
        click.echo(text, err=True)


@contextmanager
def _stdout() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        _discard()
    except OSError as error:
        _discard()
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(Path("stdout"), f"cannot be written: {reason}", "send it elsewhere") from None


def _discard() -> None:
    """Send what is still buffered nowhere, or the interpreter would fail over it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
