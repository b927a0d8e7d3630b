"""The rights that reading SSODB takes, as Transact-SQL for its administrator."""

from ssoaudit.documents import invisible
from ssoaudit.facts.columns import COLUMNS

ROLE = "ssoaudit_reader"


def grant(table: str) -> str:
    """The statement that lets the role read what is read of a table, and nothing else of it."""
    return f"GRANT SELECT ON dbo.{table} ({', '.join(COLUMNS[table])}) TO {ROLE};"


def grant_script(account: str, database: str = "SSODB") -> str:
    r"""What a sysadmin runs once for a Windows account or group, `DOMAIN\name`.

    Raises `ValueError` for a name with characters that do not show.
    """
    user = _bracketed(account)
    lines = (
        f"CREATE LOGIN {user} FROM WINDOWS;",
        f"USE {_bracketed(database)};",
        f"CREATE USER {user} FOR LOGIN {user};",
        f"CREATE ROLE {ROLE};",
        f"ALTER ROLE {ROLE} ADD MEMBER {user};",
        *(grant(table) for table in COLUMNS),
    )
    return "\n".join(lines) + "\n"


def _bracketed(name: str) -> str:
    if not name or invisible(name):
        raise ValueError("a name is empty or has characters that do not show")
    return "[" + name.replace("]", "]]") + "]"
