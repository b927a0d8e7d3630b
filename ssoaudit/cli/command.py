"""Commands whose help is written like any other result, and asked for on the command line alone."""

from typing import Any

import click

from ssoaudit.cli.streams import show
from ssoaudit.version import __version__


class Command(click.Command):
    """A command of the program."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The option for help; no variable sets it."""
        return _own(super().get_help_option(ctx))


class Group(click.Group):
    """A group of the program; its commands are of these classes, too."""

    command_class = Command
    group_class = type

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - the signature of click
        """Call the command. Click would end with 1, which is a verdict, where a pipe breaks inside."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise RuntimeError("a pipe broke") from error

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The option for help; no variable sets it."""
        return _own(super().get_help_option(ctx))


def show_version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's
    """Print the version where it is asked for, and end."""
    if value and not context.resilient_parsing:
        show(f"ssoaudit, version {__version__}\n")
        context.exit()


def _own(option: click.Option | None) -> click.Option | None:
    if option is not None:
        option.callback = _show_help
        option.allow_from_autoenv = False
    return option


def _show_help(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's
    if value and not context.resilient_parsing:
        show(context.get_help() + "\n")
        context.exit()
