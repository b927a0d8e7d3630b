"""The command that shows what is run on a server, and writes it as a script for servers that cannot be reached."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ssoaudit import inventory as inventory_file
from ssoaudit.cli import options
from ssoaudit.cli.collecting import Manner, options_of
from ssoaudit.cli.command import Command
from ssoaudit.cli.outputs import spare
from ssoaudit.cli.streams import note, show, show_bytes
from ssoaudit.files import write_atomic

SCRIPT_MODE = 0o644
USUAL = Manner(event_days=365, event_count=1000)
"""How the script is made where no option says otherwise."""


@click.command(cls=Command)
@click.option("--print", is_flag=True, help="Print the node script: the bytes that every server is sent.")
@click.option("--sha256", is_flag=True, help="Print its SHA-256, which stands in every report.")
@click.option("-o", "--output", type=options.FILE, help="Write the stand-alone script to that file; - is stdout.")
@click.option(
    "--inventory",
    type=click.Path(path_type=Path),
    metavar="INVENTORY",
    help="With -o: ask for the accounts and groups that this inventory names.",
)
@click.option(
    "--parameters",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With -o, instead of an inventory: what to ask for, as JSON (topics, accounts, groups, ...).",
)
@options.asking
@click.option(
    "--verify",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Compare a stand-alone script, signed or not, with what this version writes.",
)
def collector(
    *,
    print: bool,  # noqa: A002 - its variable and key are named so
    sha256: bool,
    output: Path | None,
    inventory: Path | None,
    parameters: Path | None,
    verify: Path | None,
    **manner: Any,  # noqa: ANN401 - what options.asking adds
) -> None:
    """Show what runs on a server, or write it as a stand-alone script for servers that cannot be reached."""
    if [print, sha256, output is not None, verify is not None].count(True) != 1:
        raise click.UsageError("Give one of --print, --sha256, --output and --verify.")
    from ssoaudit.collect import script

    how = Manner(**manner)
    if output is None and (inventory or parameters or how != USUAL):
        raise click.UsageError("What to ask for is told with --output alone.")
    if parameters and (inventory or how != USUAL):
        raise click.UsageError("--parameters says everything; leave out --inventory and the options for the script.")
    if print:
        show_bytes(script.script().encode("ascii"))
    elif sha256:
        show(script.sha256() + "\n")
    elif verify is not None:
        _verify(verify)
    elif output is not None:
        _write(
            output, _asked(inventory, parameters, how), [path for path in (inventory, parameters) if path is not None]
        )


def _asked(inventory: Path | None, parameters: Path | None, how: Manner) -> Mapping[str, object]:
    from ssoaudit.collect.parameters import of_file, of_inventory

    if parameters is not None:
        return of_file(parameters)
    estate = inventory_file.load(inventory) if inventory else None
    return of_inventory(estate, options_of(how))


def _write(output: Path, asked: Mapping[str, object], sources: list[Path]) -> None:
    from ssoaudit.collect import script
    from ssoaudit.collect.standalone import standalone

    data = standalone(asked)
    if output == options.STDOUT:
        show_bytes(data)
    else:
        spare(sources, [output], "give another --output")
        write_atomic(output, data, SCRIPT_MODE)
        show(f"{output}: the node script in it has the SHA-256 {script.sha256()}\n")
    if not asked["accounts"] and not asked["groups"]:
        note("warning: no account and no group is asked for; give the --inventory that names them")


def _verify(path: Path) -> None:
    from ssoaudit.collect import script
    from ssoaudit.collect.standalone import verify

    signed = "it is signed, by whom only Windows can tell" if verify(path) else "it is not signed"
    show(f"{path}: this version's script, unaltered, with the node script {script.sha256()}; {signed}\n")
