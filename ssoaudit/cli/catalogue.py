"""The commands about checks."""

import click
from tabulate import tabulate

from ssoaudit.documents import did_you_mean
from ssoaudit.registry import Registered, find_checks
from ssoaudit.vocabulary import Profile


@click.group()
def checks() -> None:
    """What is checked, and why."""


@checks.command("list")
@click.option("--profile", type=click.Choice([profile.value for profile in Profile]), help="Only this profile's.")
def list_checks(profile: str | None) -> None:
    """List all checks."""
    catalogue = find_checks()
    rows = [
        (registered.id, registered.check.severity.value, registered.check.each.value, registered.check.title)
        for registered in catalogue.checks
        if profile is None or Profile(profile) in registered.check.profiles
    ]
    click.echo(tabulate(rows, headers=("Check", "Severity", "Target", "Title"), tablefmt="simple"))
    for problem in catalogue.problems:
        click.echo(f"warning: {problem}", err=True)


@checks.command()
@click.argument("check_id", metavar="ID")
def show(check_id: str) -> None:
    """Show one check: what it asks, when, and why."""
    catalogue = find_checks()
    registered = catalogue.get(check_id)
    if registered is None:
        hint = did_you_mean(check_id, [each.id for each in catalogue.checks])
        raise click.UsageError(f"No check is called '{check_id}'. {hint or 'See ssoaudit checks list.'}")
    click.echo(describe(registered))


def describe(registered: Registered) -> str:
    """A check in words."""
    check = registered.check
    lines = [
        registered.id,
        check.title,
        "",
        check.description,
        "",
        f"Severity:    {check.severity.value}",
        f"Target:      {check.each.value}",
        f"Profiles:    {', '.join(profile.value for profile in Profile if profile in check.profiles)}",
        f"From stage:  {check.stage.value}",
        f"Cluster:     {', '.join(sorted(role.value for role in check.cluster_roles))}",
        f"Proof:       {check.grade.value}",
        f"Requires:    {', '.join(check.requires) or 'nothing'}",
        f"Comes with:  {registered.source}",
        *(f"See:         {reference}" for reference in check.references),
    ]
    return "\n".join(lines)
