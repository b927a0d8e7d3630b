"""The command line: parse, call, print."""

import logging
import platform
from collections.abc import Sequence
from pathlib import Path

import click

from ssoaudit.cli import failures
from ssoaudit.cli.audit import collect, demo, evaluate, run
from ssoaudit.cli.catalogue import checks, topics
from ssoaudit.cli.collector import collector
from ssoaudit.cli.command import Group, show_version
from ssoaudit.cli.configuration import read_configuration
from ssoaudit.cli.grants import sql_grants
from ssoaudit.cli.pilot import pilot
from ssoaudit.cli.redact import redact
from ssoaudit.cli.report import report
from ssoaudit.cli.schema import schema
from ssoaudit.cli.session import Session
from ssoaudit.cli.streams import settle
from ssoaudit.exitcodes import ExitCode
from ssoaudit.version import __version__

logger = logging.getLogger(__name__)

EPILOG = """\
Every option can also be set by a variable, as SSOAUDIT_RUN_PROFILE sets the --profile of run, and by ssoaudit.toml.
"""


@click.group(
    cls=Group,
    context_settings={
        "auto_envvar_prefix": "SSOAUDIT",
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
    epilog=EPILOG,
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    allow_from_autoenv=False,
    callback=show_version,
    help="Show the version and exit.",
)
@click.option("-v", "--verbose", count=True, help="Say what happens; twice: everything.")
@click.option(
    "--log-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Add the whole log to that file, as JSON lines.",
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
    session: Session = context.obj
    session.configure_log(verbose, log_file)
    logger.info(
        "%s of ssoaudit %s, Python %s, %s",
        context.invoked_subcommand,
        __version__,
        platform.python_version(),
        platform.platform(),
    )


for command in (demo, run, collect, evaluate, report, redact, pilot, checks, topics, collector, schema, sql_grants):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; what went wrong was told."""
    with Session() as session:
        try:
            code = cli.main(args=arguments, prog_name="ssoaudit", standalone_mode=False, obj=session)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last place where it can be told in a sentence
            code = failures.tell(session, error)
        code = code if isinstance(code, int) else ExitCode.READY
        logger.info("exit code %d", code)
    settle()
    return code
