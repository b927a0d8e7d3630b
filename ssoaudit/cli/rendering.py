"""Results drawn by the registered reports."""

import os
import shutil
import sys

import click

from ssoaudit.registry import find_reports
from ssoaudit.result import Result


def render(name: str, result: Result) -> bytes:
    """The report of that name. `KeyError` if there is none."""
    data: bytes = find_reports()[name].load().render(result)
    return data


def show_table(result: Result) -> None:
    """The table on stdout, as wide as the terminal; coloured where it is one and NO_COLOR does not forbid it."""
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100
    table = find_reports()["table"].load()
    text: bytes = table.render(result, colour=colour, width=width)
    click.echo(text.decode(), nl=False, color=colour)
