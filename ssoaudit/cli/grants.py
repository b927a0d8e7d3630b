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
@click.option("--name", metavar="NAME", help="What that database is called, if not as usual; goes with --database.")
@click.option(
    "--login-only",
    is_flag=True,
    help="Only the login, without rights: for the other replicas and the SQL Servers of the MessageBoxes.",
)
def sql_grants(login: str, database: str | None, name: str | None, login_only: bool) -> None:  # noqa: FBT001 - an option
    """Print the Transact-SQL that grants what reading takes, and nothing else.

    A sysadmin looks at it and runs each part on the SQL Server that its first line tells. Databases need not be on
    one server: a part whose database is not there grants nothing. Needs SQL Server 2012 or later; before that,
    sp_addrolemember stands for ALTER ROLE. Nothing is connected to.
    """
    from ssoaudit.collect.sql.grants import NAMES, grant_script, login_script

    if name is not None and database is None:
        raise click.UsageError("--name goes with --database: say which database is called so")
    if login_only and database is not None:
        raise click.UsageError("--login-only and --database do not go together")
    databases = (Database(database),) if database else tuple(Database)
    names = {**NAMES, **({Database(database): name} if database and name is not None else {})}
    try:
        script = "" if login_only else grant_script(login, databases, names)
        script += login_script(login) if database is None else ""
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--login or --name") from None
    show(script)
