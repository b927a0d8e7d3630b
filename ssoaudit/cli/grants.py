"""The command that prints what a database administrator grants."""

import click

from ssoaudit.cli.command import Command
from ssoaudit.cli.streams import show
from ssoaudit.facts.columns import Database


@click.command("sql-grants", cls=Command)
@click.option(
    "--login",
    default="CONTOSO\\SSO Auditors",
    show_default=True,
    metavar="NAME",
    help="The Windows account or group that audits, as DOMAIN\\name, or a SQL login.",
)
@click.option(
    "--database",
    type=click.Choice([database.value for database in Database]),
    help="Only this database's: SSODB, the BizTalk management database, or msdb beside SSODB. Default: all.",
)
def sql_grants(login: str, database: str | None) -> None:
    """Print the Transact-SQL that grants what reading takes, and nothing else.

    A sysadmin looks at it, corrects the databases' names where yours are called otherwise, and runs it. Nothing is
    connected to.
    """
    from ssoaudit.collect.sql.grants import grant_script

    databases = (Database(database),) if database else tuple(Database)
    try:
        script = grant_script(login, databases)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--login") from None
    show(script)
