"""How SQL Server keeps SSODB: its state, recovery model and who may open it."""

from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class DatabasePropertiesRow(Part):
    """The row of SSODB in `sys.databases`, whose column names these are.

    `updateability` is READ_ONLY on a secondary replica, too.
    """

    database_name: str
    state_desc: str | None
    recovery_model_desc: str | None
    user_access_desc: str | None
    is_read_only: bool | None
    compatibility_level: int
    collation_name: str | None
    updateability: str | None


class DatabaseProperties(SqlFact):
    """What SQL Server says of SSODB as a database: one row.

    Source: the database's own row in `sys.databases`, which every user of the database
    sees, and `DATABASEPROPERTYEX`; needs no right of its own.
    """

    topic: ClassVar[str] = "database_properties"
    scope: ClassVar[Scope] = Scope.SSODB
    source: ClassVar[str] = "the database's own row in `sys.databases`, `DATABASEPROPERTYEX`"
    privilege: ClassVar[str] = "none but to connect"
    unseen: ClassVar[str] = "settings of the SQL Server as a whole"
    maximum_rows: ClassVar[int] = 1

    rows: tuple[DatabasePropertiesRow, ...]
