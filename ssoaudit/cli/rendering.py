"""Results drawn by the registered reports."""

import os
import shutil
import sys
from typing import Any

import click

from ssoaudit.cli.streams import show
from ssoaudit.registry import find_reports
from ssoaudit.result import Result

WIDTH = 100


def render(name: str, result: Result) -> bytes:
    """The report of that name. Raises `click.UsageError` where its plugin cannot be used."""
    data: bytes = _report(name).render(result)
    return data


def show_table(result: Result) -> None:
    """The table on stdout, as wide as the terminal; coloured where it is one and NO_COLOR does not forbid it."""
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    colour = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    width = shutil.get_terminal_size((WIDTH, 24)).columns if is_terminal else WIDTH
    text: bytes = _report("table").render(result, colour=colour, width=width)
    show(text.decode(), colour=colour)


def _report(name: str) -> Any:  # noqa: ANN401 - whatever a plugin brings
    point = find_reports()[name]
    try:
        return point.load()
    except Exception as error:  # a broken plugin may raise anything
        source = point.dist.name if point.dist else point.value
        message = f"The report {name} of {source} cannot be used: {type(error).__name__}: {error}."
        raise click.UsageError(message) from error
