"""The configuration file as click's defaults."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ssoaudit import config


def read_configuration(context: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    """Make the file's values the defaults of all options. Raises `DocumentError` and `click.BadParameter`."""
    command = context.command
    found = config.defaults(Path(), value, allowed_options(command))
    context.default_map = _as_given(command, found)


def allowed_options(command: click.Command, path: str = "") -> dict[str, tuple[str, ...]]:
    """The options of a command and all below it, by the command's words; arguments are no defaults."""
    allowed = {path: tuple(_options(command))}
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            allowed |= allowed_options(below, f"{path} {name}".strip())
    return allowed


def _options(command: click.Command) -> dict[str, click.Option]:
    return {
        parameter.name: parameter
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.name not in (None, "config", "help", "version")
    }


def _as_given(command: click.Command, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as a command line would give them, so that both are judged alike."""
    options = _options(command)
    given: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(command, click.Group) and name in command.commands:
            given[name] = _as_given(command.commands[name], value)
        elif options[name].multiple:
            given[name] = [str(single) for single in (value if isinstance(value, list) else [value])]
        elif isinstance(value, list) or (isinstance(value, bool) and not options[name].is_flag):
            found = "a list" if isinstance(value, list) else str(value).lower()
            hint = f"'{options[name].opts[-1]}'"
            raise click.BadParameter(
                f"one text or number is expected, found {found} in the configuration file.", param_hint=hint
            )
        else:
            given[name] = str(value)
    return given
