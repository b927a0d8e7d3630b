"""The command that makes evidence fit to be handed on."""

from pathlib import Path

import click

from ssoaudit import evidence as evidence_file
from ssoaudit import record
from ssoaudit.cli import options
from ssoaudit.cli.command import Command
from ssoaudit.cli.outputs import spare
from ssoaudit.cli.streams import note, show_bytes
from ssoaudit.documents import DocumentError, Problem
from ssoaudit.files import OutputError, write_atomic

REDACTED = "redacted.json"


@click.command(cls=Command)
@click.argument("evidence", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=options.FILE,
    default=REDACTED,
    show_default=True,
    help="The redacted evidence, which only you can read; - is stdout.",
)
@click.option(
    "--map",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep which pseudonym stands for what in that file, and use those that it has already. It undoes the "
    "redaction: never hand it on.",
)
def redact(evidence: Path, output: Path, map: Path | None) -> None:  # noqa: A002 - its variable and key are named so
    """Replace names, accounts, addresses and ids in EVIDENCE by pseudonyms. Its verdict stays the same."""
    from ssoaudit.redact import Pseudonyms, TooManyError, mapping_file
    from ssoaudit.redact import redact as redacted

    if map == options.STDOUT:
        raise click.BadParameter("it undoes the redaction, and is written to a file alone", param_hint="'--map'")
    bundle, _ = evidence_file.load(evidence)
    if bundle.run.redacted:
        raise DocumentError(Problem(evidence, "it is redacted already", "hand it on as it is"))
    written = [path for path in (output, map) if path is not None and path != options.STDOUT]
    spare([evidence], written, "give another --output or --map")
    if map is not None and output.resolve() == map.resolve():
        raise OutputError(output, "this is the file of --map, too", "give another --output")
    pseudonyms = mapping_file.load(map) if map else Pseudonyms()
    try:
        data = record.dump(redacted(bundle, pseudonyms))
    except TooManyError as error:
        raise DocumentError(Problem(evidence, str(error), "look at what the servers answered")) from None
    if map is not None:
        mapping_file.save(map, pseudonyms)
    if output == options.STDOUT:
        show_bytes(data)
    else:
        write_atomic(output, data)
        note(f"{output}: redacted; read it before you hand it on.")
