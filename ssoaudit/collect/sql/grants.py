"""The rights that reading takes, as Transact-SQL for the administrator of SQL Server."""

from collections.abc import Iterable, Mapping

from ssoaudit.documents import invisible
from ssoaudit.facts.columns import COLUMNS, Database

ROLE = "ssoaudit_reader"
NAMES: Mapping[Database, str] = {
    Database.SSODB: "SSODB",
    Database.BIZTALK: "BizTalkMgmtDb",
    Database.MSDB: "msdb",
}
"""What the databases are usually called."""
LONGEST_NAME = 128

_WHERE: Mapping[Database, str] = {
    Database.SSODB: "On the SQL Server that holds SSODB; of an availability group on the primary.",
    Database.BIZTALK: "On the SQL Server that holds the BizTalk management database; of a group on the primary.",
    Database.MSDB: "On the SQL Server that holds SSODB; of an availability group on every replica.",
}
_WHERE_ELSE = "On every other replica, and on the SQL Server of each MessageBox database."

_COLUMNS = {table: columns for tables in COLUMNS.values() for table, columns in tables.items()}


def grant(table: str) -> str:
    """The statement that lets the role read what is read of a table, and nothing else of it."""
    return f"GRANT SELECT ON dbo.{table} ({', '.join(_COLUMNS[table])}) TO {ROLE};"


def grant_script(
    login: str, databases: Iterable[Database] = tuple(Database), names: Mapping[Database, str] = NAMES
) -> str:
    r"""What a sysadmin runs once: a part for each database, which says on which SQL Server.

    A part is a batch of its own. Where its database is called otherwise or is elsewhere, it fails as a whole and grants
    nothing. It makes the login where it is missing: of a Windows account or group, `DOMAIN\name`. A SQL login has a
    password, so its administrator makes it beforehand. Raises `ValueError` for a name that is empty, longer than SQL
    Server's names are, or has characters that do not show.
    """
    return "".join(
        _batch(_WHERE[database], *_made(login), *_granted(database, login, names[database])) for database in databases
    )


def login_script(login: str) -> str:
    """What a sysadmin runs on a SQL Server where only its properties are read, or that may take a database over.

    Raises `ValueError` as `grant_script` does.
    """
    own = (f"-- The login {_bracketed(login)} has a password: make it here, on replicas with one SID.",)
    return _batch(_WHERE_ELSE, *(_made(login) or own))


def _batch(where: str, *lines: str) -> str:
    return "\n".join((f"-- {where}", *lines, "GO")) + "\n"


def _made(login: str) -> tuple[str, ...]:
    if "\\" not in login:
        return ()
    return (f"IF SUSER_ID({_quoted(login)}) IS NULL CREATE LOGIN {_bracketed(login)} FROM WINDOWS;",)


def _granted(database: Database, login: str, name: str) -> tuple[str, ...]:
    user = _bracketed(login)
    return (
        f"USE {_bracketed(name)};",
        f"CREATE USER {user} FOR LOGIN {user};",
        f"CREATE ROLE {ROLE};",
        f"ALTER ROLE {ROLE} ADD MEMBER {user};",
        *(grant(table) for table in COLUMNS[database]),
    )


def _bracketed(name: str) -> str:
    return "[" + _shown(name).replace("]", "]]") + "]"


def _quoted(name: str) -> str:
    return "N'" + _shown(name).replace("'", "''") + "'"


def _shown(name: str) -> str:
    if not name or len(name) > LONGEST_NAME or invisible(name):
        raise ValueError(f"a name is empty, longer than {LONGEST_NAME} characters, or has characters that do not show")
    return name
