"""The command for a first contact with a real site."""

from pathlib import Path
from typing import Any

import click

from ssoaudit import inventory as inventory_file
from ssoaudit import record
from ssoaudit.cli import options
from ssoaudit.cli.collecting import Estate, Manner, answered, credential, options_of, read_estate, sql_credentials
from ssoaudit.cli.command import Command
from ssoaudit.cli.outputs import spare, try_directory
from ssoaudit.cli.session import Session
from ssoaudit.cli.streams import note, show, show_bytes
from ssoaudit.documents import DocumentError, Problem
from ssoaudit.exitcodes import ExitCode
from ssoaudit.files import write_atomic
from ssoaudit.redact import Pseudonyms, TooManyError
from ssoaudit.redact import redact as redacted

PILOT = "pilot.json"


@click.command(cls=Command)
@options.inventory
@click.option(
    "-o",
    "--output",
    type=options.FILE,
    default=PILOT,
    show_default=True,
    help="The redacted bundle, which only you can read; - is stdout.",
)
@options.reading
@click.pass_obj
def pilot(
    session: Session,
    /,
    inventory: Path,
    output: Path,
    user: str | None,
    **manner: Any,  # noqa: ANN401 - what options.reading adds
) -> int:
    """Try the paths to the servers of INVENTORY, collect, let the collector test itself, and redact it all."""
    from ssoaudit.collect import pilot as contact
    from ssoaudit.collect.caller import Caller
    from ssoaudit.collect.winrm.logon import Logon

    estate, how = Estate(inventory_file.load(inventory)), Manner(**manner)
    if output != options.STDOUT:
        spare([inventory], [output], "give another --output")
        try_directory(output.parent, "give another --output")
    account, sql = credential(session, estate, user), sql_credentials(session, estate)
    paths = contact.winrm_paths(estate.inventory, options_of(how))
    caller = Caller(estate.inventory, Logon(account.user, account.password))
    evidence = read_estate(session, estate, account, how, sql, caller)
    found = contact.bundle(evidence, paths, caller, options_of(how))
    try:
        data = record.dump(redacted(found, Pseudonyms()))
    except TooManyError as error:
        hint = "look at what the servers answer: ssoaudit collect"
        raise DocumentError(Problem(inventory, f"the bundle cannot be redacted: {error}", hint)) from None
    told = f"{len(answered(evidence))} of {len(evidence.servers)} servers answered"
    if output == options.STDOUT:
        show_bytes(data)
        note(told)
    else:
        write_atomic(output, data)
        show(f"{output}: {told}; redacted, but read it before you hand it on\n")
    if not answered(evidence):
        return ExitCode.NO_ANSWER
    return ExitCode.READY if len(answered(evidence)) == len(evidence.servers) else ExitCode.INCOMPLETE
