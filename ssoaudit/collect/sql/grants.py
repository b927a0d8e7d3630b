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

_COLUMNS = {table: columns for tables in COLUMNS.values() for table, columns in tables.items()}


def grant(table: str) -> str:
    """The statement that lets the role read what is read of a table, and nothing else of it."""
    return f"GRANT SELECT ON dbo.{table} ({', '.join(_COLUMNS[table])}) TO {ROLE};"


def grant_script(
    login: str, databases: Iterable[Database] = tuple(Database), names: Mapping[Database, str] = NAMES
) -> str:
    r"""What a sysadmin runs once, on every SQL Server that holds one of the databases.

    It makes the login where it is missing: of a Windows account or group, `DOMAIN\name`. A SQL login has a password, so
    its administrator makes it beforehand. Raises `ValueError` for a name that is empty, longer than SQL Server's names
    are, or has characters that do not show.
    """
    user = _bracketed(login)
    made = f"IF SUSER_ID({_quoted(login)}) IS NULL CREATE LOGIN {user} FROM WINDOWS;\n" if "\\" in login else ""
    return made + "".join(_granted(database, user, names[database]) for database in databases)


def _granted(database: Database, user: str, name: str) -> str:
    lines = (
        f"USE {_bracketed(name)};",
        f"CREATE USER {user} FOR LOGIN {user};",
        f"CREATE ROLE {ROLE};",
        f"ALTER ROLE {ROLE} ADD MEMBER {user};",
        *(grant(table) for table in COLUMNS[database]),
    )
    return "\n".join(lines) + "\n"


def _bracketed(name: str) -> str:
    return "[" + _shown(name).replace("]", "]]") + "]"


def _quoted(name: str) -> str:
    return "N'" + _shown(name).replace("'", "''") + "'"


def _shown(name: str) -> str:
    if not name or len(name) > LONGEST_NAME or invisible(name):
        raise ValueError(f"a name is empty, longer than {LONGEST_NAME} characters, or has characters that do not show")
    return name
