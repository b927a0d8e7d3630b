"""The command that draws a result again."""

from pathlib import Path

import click

from ssoaudit import result as result_file
from ssoaudit.cli import options
from ssoaudit.cli.command import Command
from ssoaudit.cli.outputs import spare
from ssoaudit.cli.rendering import render, show_table
from ssoaudit.cli.streams import show_bytes
from ssoaudit.files import write_atomic
from ssoaudit.registry import find_reports


@click.command(cls=Command)
@click.argument("result", type=click.Path(path_type=Path))
@click.option(
    "--format",
    type=click.Choice(sorted(find_reports())),
    default="table",
    show_default=True,
    help="Which report.",
)
@click.option("-o", "--output", type=options.FILE, default="-", show_default=True, help="The file; - is stdout.")
def report(result: Path, format: str, output: Path) -> None:  # noqa: A002 - its variable and key are named so
    """Draw the report of a RESULT file."""
    loaded = result_file.load(result)
    if output != options.STDOUT:
        spare([result], [output], "give another --output")
        write_atomic(output, render(format, loaded))
    elif format == "table":
        show_table(loaded)
    else:
        show_bytes(render(format, loaded))
