"""What the operator is told when something went wrong, and the exit code of it."""

import io
import logging
import os
import tempfile
import traceback

import click
from click.core import ParameterSource

from ssoaudit.cli.session import Session
from ssoaudit.cli.streams import note
from ssoaudit.credentials import CredentialError
from ssoaudit.documents import DocumentError, names_password
from ssoaudit.exitcodes import ExitCode
from ssoaudit.files import OutputError
from ssoaudit.logs import TOLD

EXPECTED = (DocumentError, OutputError, CredentialError)
_NO_PASSWORD_OPTION = "Use the keyring, the variable SSOAUDIT_PASSWORD or the prompt; no option takes a password."  # noqa: S105

logger = logging.getLogger(__name__)


def tell(session: Session, error: BaseException) -> ExitCode:
    """Say what happened, on stderr and in the log."""
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return _interrupted()
    if isinstance(error, click.ClickException):
        return _misused(error)
    if isinstance(error, EXPECTED):
        text = session.log.redaction.clean(str(error))
        logger.error("%s", text, extra=TOLD)
        note("Error: " + text.replace("\n", "\n       "))
        return ExitCode.USAGE
    return _internal(session, error)


def _interrupted() -> ExitCode:
    logger.error("interrupted", extra=TOLD)
    note("Interrupted.")
    return ExitCode.INTERRUPTED


def _misused(error: click.ClickException) -> ExitCode:
    logger.error("%s", error.format_message(), extra=TOLD)
    shown = io.StringIO()
    error.show(shown)
    note("\n".join(filter(None, (shown.getvalue().rstrip("\n"), _more(error)))))
    return ExitCode.USAGE


def _more(error: click.ClickException) -> str:
    """What click does not say: how passwords are given, and where a bad value was written."""
    if isinstance(error, click.NoSuchOption) and names_password(error.option_name):
        return _NO_PASSWORD_OPTION
    return _origin(error) if isinstance(error, click.BadParameter) else ""


def _origin(error: click.BadParameter) -> str:
    """Which file or variable holds a bad value; nothing for one of the command line."""
    context, parameter = error.ctx, error.param
    if context is None or parameter is None or parameter.name is None:
        return ""
    source = context.get_parameter_source(parameter.name)
    if source is ParameterSource.DEFAULT_MAP:
        return "It stands in the configuration file."
    if source is ParameterSource.ENVIRONMENT:
        return f"It stands in the variable {' or '.join(variables(context, parameter))}."
    return ""


def variables(context: click.Context, parameter: click.Parameter) -> tuple[str, ...]:
    """The environment variables that an option is read from, the first one first; none for an argument."""
    if not isinstance(parameter, click.Option) or parameter.name is None or not context.auto_envvar_prefix:
        return ()
    own = (parameter.envvar,) if isinstance(parameter.envvar, str) else tuple(parameter.envvar or ())
    return *own, f"{context.auto_envvar_prefix}_{parameter.name.upper()}"


def _internal(session: Session, error: BaseException) -> ExitCode:
    """Keep the traceback, redacted, in the log or in a file of its own that only the operator can read."""
    name = type(error).__name__
    if session.log.path is not None:
        place = str(session.log.path)
        logger.critical("a fault in ssoaudit itself", exc_info=error, extra=TOLD)
    else:
        text = session.log.redaction.clean("".join(traceback.format_exception(error)))
        place = _keep(text)
    note(f"Error: a fault in ssoaudit itself ({name}); please report it with {place}. What was written is whole.")
    return ExitCode.INTERNAL


def _keep(text: str) -> str:
    """Write a text to a new file with mode 0600 and return the file's name."""
    try:
        descriptor, name = tempfile.mkstemp(prefix="ssoaudit-", suffix=".log")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError:
        note(text.rstrip("\n"))
        return "what stands above"
    return name
