"""The options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ssoaudit.cli.parameters import CheckId, Seconds
from ssoaudit.vocabulary import Profile

C = TypeVar("C", bound=Callable[..., Any])

FILE = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
STDOUT = Path("-")

profile = click.option(
    "--profile",
    type=click.Choice([profile.value for profile in Profile]),
    default=Profile.PREFLIGHT.value,
    show_default=True,
    help="When you audit: before a change, after a failover, or on a schedule.",
)

only = click.option("--only", type=CheckId(), multiple=True, metavar="ID", help="Ask this check only; may be repeated.")
skip = click.option(
    "--skip", type=CheckId(), multiple=True, metavar="ID", help="Leave this check out; may be repeated."
)

user = click.option(
    "--user",
    envvar="SSOAUDIT_USER",
    metavar="ACCOUNT",
    help="DOMAIN\\user or user@domain. The password comes from the keyring, SSOAUDIT_PASSWORD or a hidden prompt.",
)

workers = click.option(
    "--workers",
    type=click.IntRange(1, 128),
    metavar="NUMBER",
    help="How many servers are read at once, at most 128. Default: all, up to 64.",
)

timeout = click.option(
    "--timeout",
    type=Seconds(5, 3600),
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one server may take.",
)

connect_timeout = click.option(
    "--connect-timeout",
    type=Seconds(0.5, 300),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long connecting to one server may take.",
)

no_compile = click.option(
    "--no-compile", is_flag=True, help="Leave out the logon rights, for which a server's C# compiler is started."
)
no_s4u = click.option(
    "--no-s4u", is_flag=True, help="Leave out the accounts' groups, whose reading leaves a logon event on the server."
)
allow_temp_files = click.option(
    "--allow-temp-files",
    is_flag=True,
    help="Where compiling fails, let secedit export the logon rights to a temporary file.",
)
active_network = click.option(
    "--active-network",
    is_flag=True,
    help="Let each server connect once to the endpoint mapper (TCP 135) behind the network name.",
)
event_days = click.option(
    "--event-days",
    type=click.IntRange(1, 3650),
    default=365,
    show_default=True,
    metavar="DAYS",
    help="How far back the event logs are read.",
)
event_count = click.option(
    "--event-count",
    type=click.IntRange(1, 5000),
    default=1000,
    show_default=True,
    metavar="NUMBER",
    help="How many events of a kind are read of a server at most, the newest ones.",
)

from_files = click.option(
    "--from",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIRECTORY",
    help="Take the answers of servers whose .ssofacts file is there; the others are asked as usual.",
)
max_age = click.option(
    "--max-age",
    type=click.IntRange(1, 8760),
    default=24,
    show_default=True,
    metavar="HOURS",
    help="How old such a file may be.",
)
offline = click.option(
    "--offline", is_flag=True, help="Ask nobody, the databases included: what is in no file is not collected."
)
local = click.option(
    "--local",
    metavar="SERVER",
    help="This server is the machine you are on: start powershell.exe here instead of using WinRM.",
)

inventory = click.argument("inventory", type=click.Path(path_type=Path))


def out(files: str) -> Callable[[C], C]:
    """The directory for these files."""
    return click.option(
        "--out",
        type=click.Path(file_okay=False, path_type=Path),
        default=".",
        show_default=True,
        help=f"The directory for {files}; made if need be.",
    )


def judging(command: C) -> C:
    """Profile and narrowing."""
    for option in (skip, only, profile):
        command = option(command)
    return command


def asking(command: C) -> C:
    """What may be done on the servers, and how much of their event logs is read."""
    for option in (active_network, allow_temp_files, no_s4u, no_compile, event_count, event_days):
        command = option(command)
    return command


def reading(command: C) -> C:
    """Account, threads, limits, and what may be done on the servers, all of which are asked."""
    command = asking(command)
    for option in (connect_timeout, timeout, workers, user):
        command = option(command)
    return command


def collecting(command: C) -> C:
    """Account, threads, time limits, what may be done on the servers, and which are not asked over WinRM."""
    for option in (local, offline, max_age, from_files):
        command = option(command)
    return reading(command)
