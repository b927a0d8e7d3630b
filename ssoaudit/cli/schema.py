"""The command that prints the schemas of the files."""

import json
from collections.abc import Callable
from typing import Any

import click

from ssoaudit import inventory, record
from ssoaudit.cli.command import Command
from ssoaudit.cli.streams import show
from ssoaudit.evidence import Evidence
from ssoaudit.pilot import PilotBundle
from ssoaudit.result import Result

SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "inventory": inventory.json_schema,
    "evidence": lambda: record.json_schema(Evidence, "ssoaudit evidence"),
    "pilot": lambda: record.json_schema(PilotBundle, "ssoaudit pilot"),
    "result": lambda: record.json_schema(Result, "ssoaudit result"),
}


@click.command(cls=Command)
@click.argument("kind", metavar="|".join(SCHEMAS), type=click.Choice(tuple(SCHEMAS)))
def schema(kind: str) -> None:
    """Print the JSON Schema of a kind of file."""
    show(text_of(kind))


def text_of(kind: str) -> str:
    """The schema of a kind of file, as JSON."""
    return json.dumps(SCHEMAS[kind](), indent=2, ensure_ascii=True) + "\n"
