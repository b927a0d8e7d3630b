"""Which parts of the SSO database's schema are there, as far as the login sees."""

from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class SchemaVersionRow(Part):
    """`OBJECT_ID` of tables and procedures; None where one is missing, or where the login has no right to it.

    The table of servers came with the third version of the schema. The procedure `ssox_spGetVersion` is the last that
    is made: where it is seen, the database was completed.
    """

    global_info_table: int | None
    audit_table: int | None
    servers_table: int | None
    get_db_version: int | None
    get_version: int | None


class SchemaVersion(SqlFact):
    """What can be told of the schema's version without calling the procedures that know its number: one row.

    Source: `OBJECT_ID` in SSODB. A login sees what it has any right to, so the rights for reading show the tables and
    hide the procedures.
    """

    topic: ClassVar[str] = "schema_version"
    scope: ClassVar[Scope] = Scope.SSODB
    maximum_rows: ClassVar[int] = 1

    rows: tuple[SchemaVersionRow, ...]
