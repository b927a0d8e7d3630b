"""The options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ssoaudit.vocabulary import Profile

C = TypeVar("C", bound=Callable[..., Any])

profile = click.option(
    "--profile",
    type=click.Choice([profile.value for profile in Profile]),
    default=Profile.PREFLIGHT.value,
    show_default=True,
    help="When you audit: before a change, after a failover, or on a schedule.",
)

out = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="The directory for report.html, result.json and evidence.json; made if need be.",
)

only = click.option("--only", multiple=True, metavar="ID", help="Ask this check only; may be repeated.")
skip = click.option("--skip", multiple=True, metavar="ID", help="Leave this check out; may be repeated.")

user = click.option(
    "--user",
    envvar="SSOAUDIT_USER",
    show_envvar=True,
    metavar="ACCOUNT",
    help="DOMAIN\\user or user@domain. The password comes from the keyring, SSOAUDIT_PASSWORD or a hidden prompt.",
)

workers = click.option(
    "--workers", type=click.IntRange(1, 128), help="How many servers are read at once. Default: all, up to 64."
)

timeout = click.option(
    "--timeout",
    type=click.FloatRange(5, 3600),
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one server may take.",
)

connect_timeout = click.option(
    "--connect-timeout",
    type=click.FloatRange(0.5, 300),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long connecting to one server may take.",
)

inventory = click.argument("inventory", type=click.Path(path_type=Path))


def judging(command: C) -> C:
    """Profile, narrowing and output directory."""
    for option in (out, skip, only, profile):
        command = option(command)
    return command


def collecting(command: C) -> C:
    """Account, threads and time limits."""
    for option in (connect_timeout, timeout, workers, user):
        command = option(command)
    return command
