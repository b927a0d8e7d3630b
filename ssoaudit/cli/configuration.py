"""The configuration file as click's defaults."""

from pathlib import Path

import click

from ssoaudit import config


def read_configuration(context: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    """Make the file's values the defaults of all options. Raises `DocumentError`."""
    context.default_map = config.defaults(Path.cwd(), value, allowed_options(context.command))


def allowed_options(command: click.Command, path: str = "") -> dict[str, tuple[str, ...]]:
    """The options of a command and all below it, by the command's words; arguments are no defaults."""
    own = tuple(
        parameter.name
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.name not in (None, "config", "help", "version")
    )
    allowed = {path: tuple(name for name in own if name)}
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            allowed |= allowed_options(below, f"{path} {name}".strip())
    return allowed
