"""The command that draws a result again."""

import sys
from pathlib import Path

import click

from ssoaudit import result as result_file
from ssoaudit.cli.rendering import render, show_table
from ssoaudit.files import write_atomic
from ssoaudit.registry import find_reports

STDOUT = "-"


@click.command()
@click.argument("result", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "report_format",
    type=click.Choice(sorted(find_reports())),
    default="table",
    show_default=True,
    help="Which report.",
)
@click.option("-o", "--output", default=STDOUT, show_default=True, help="The file; - is stdout.")
def report(result: Path, report_format: str, output: str) -> None:
    """Draw the report of a RESULT file."""
    loaded = result_file.load(result)
    if output == STDOUT and report_format == "table":
        show_table(loaded)
    elif output == STDOUT:
        sys.stdout.buffer.write(render(report_format, loaded))
    else:
        write_atomic(Path(output), render(report_format, loaded))
