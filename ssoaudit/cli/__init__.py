"""The command line: parse, call, print."""

import logging
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from ssoaudit.cli.audit import collect, demo, evaluate, run
from ssoaudit.cli.catalogue import checks
from ssoaudit.cli.configuration import read_configuration
from ssoaudit.cli.report import report
from ssoaudit.cli.schema import schema
from ssoaudit.cli.session import Session
from ssoaudit.documents import DocumentError
from ssoaudit.exitcodes import ExitCode
from ssoaudit.files import OutputError
from ssoaudit.version import __version__

logger = logging.getLogger(__name__)


@click.group(context_settings={"auto_envvar_prefix": "SSOAUDIT", "help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ssoaudit")
@click.option("-v", "--verbose", count=True, help="Say what happens; twice: everything.")
@click.option(
    "--log-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the whole log there, as JSON lines.",
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    is_eager=True,
    expose_value=False,
    callback=read_configuration,
    help="Defaults for all options. Default: ssoaudit.toml, or [tool.ssoaudit] of pyproject.toml, where you are.",
)
@click.pass_context
def cli(context: click.Context, verbose: int, log_file: Path | None) -> None:
    """Check a clustered Enterprise Single Sign-On master secret server. Reads only; changes nothing."""
    context.obj = Session.start(verbose, log_file)


for command in (demo, run, collect, evaluate, report, checks, schema):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code. No exception leaves here."""
    try:
        code = cli.main(args=arguments, prog_name="ssoaudit", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except (DocumentError, OutputError) as error:
        click.echo(f"Error: {error}", err=True)
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return ExitCode.INTERRUPTED
    except Exception:  # noqa: BLE001 - the last place where anything can be told in one sentence
        return _internal_error()
    return code if isinstance(code, int) else ExitCode.READY


def _internal_error() -> ExitCode:
    """Keep the traceback in a file of its own, redacted, and say where."""
    session = Session.current()
    text = session.redaction.clean(traceback.format_exc()) if session else traceback.format_exc()
    with tempfile.NamedTemporaryFile("w", prefix="ssoaudit-", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write(text)
    kind = sys.exc_info()[0]
    name = kind.__name__ if kind else "error"
    click.echo(f"Error: a fault in ssoaudit itself ({name}); nothing was judged. Please report {log.name}.", err=True)
    return ExitCode.INTERNAL
