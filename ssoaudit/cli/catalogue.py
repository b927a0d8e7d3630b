"""The commands about checks, and about what is read for them."""

import click
from tabulate import tabulate

from ssoaudit.cli.command import Command, Group
from ssoaudit.cli.parameters import CheckId, catalogue
from ssoaudit.cli.streams import note, show
from ssoaudit.facts import SSODB_TOPICS, TOPICS
from ssoaudit.registry import Registered
from ssoaudit.vocabulary import Profile

WIDTH = 100
COLUMNS = (None, 44, 26, 30)
"""How wide the columns of the topics' table may be."""


@click.group(cls=Group)
def checks() -> None:
    """What is checked, and why."""


@checks.command("list")
@click.option("--profile", type=click.Choice([profile.value for profile in Profile]), help="Only this profile's.")
def list_checks(profile: str | None) -> None:
    """List all checks."""
    rows = [
        (registered.id, registered.check.severity.value, registered.check.each.value, registered.check.title)
        for registered in catalogue().checks
        if profile is None or Profile(profile) in registered.check.profiles
    ]
    show(tabulate(rows, headers=("Check", "Severity", "Target", "Title"), tablefmt="simple") + "\n")
    for problem in catalogue().problems:
        note(f"warning: {problem}")


@checks.command("show")
@click.argument("check_id", metavar="ID", type=CheckId())
def show_check(check_id: str) -> None:
    """Show one check: what it asks, when, and why."""
    for registered in catalogue().checks:
        if registered.id == check_id:
            show(describe(registered) + "\n")


@click.command(cls=Command)
def topics() -> None:
    """List what is read, with which right, and what it cannot tell."""
    rows = [
        (topic.topic, *(text.replace("`", "") for text in (topic.source, topic.privilege, topic.unseen)))
        for topic in (*TOPICS, *SSODB_TOPICS)
    ]
    headers = ("Topic", "Reads", "Needs", "Does not see")
    show(tabulate(rows, headers=headers, tablefmt="grid", maxcolwidths=list(COLUMNS)) + "\n")


def topics_of(registered: Registered) -> tuple[str, ...]:
    """The topics whose facts a check is given, each once."""
    return tuple(dict.fromkeys(need.fact.topic for need in registered.check.needs if need.fact is not None))


def describe(registered: Registered) -> str:
    """A check in words."""
    check = registered.check
    lines = [
        registered.id,
        check.title,
        "",
        click.wrap_text(check.description, WIDTH),
        "",
        f"Severity:    {check.severity.value}",
        f"Target:      {check.each.value}",
        f"Profiles:    {', '.join(profile.value for profile in Profile if profile in check.profiles)}",
        f"From stage:  {check.stage.value}",
        f"Cluster:     {', '.join(sorted(role.value for role in check.cluster_roles))}",
        f"Proof:       {check.grade.value}",
        f"Requires:    {', '.join(check.requires) or 'nothing'}",
        f"Reads:       {', '.join(topics_of(registered)) or 'the inventory'}",
        f"Comes with:  {registered.source}",
        *(f"See:         {reference}" for reference in check.references),
    ]
    return "\n".join(lines)
