"""Which parts of the SSO database's schema are there, as far as the login sees."""

from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class SchemaVersionRow(Part):
    """`OBJECT_ID` of tables; None where one is missing, or where the login has no right to it.

    The table of servers came with the third version of the schema.
    """

    global_info_table: int | None
    audit_table: int | None
    servers_table: int | None


class SchemaVersion(SqlFact):
    """What can be told of the schema's version without calling the procedures that know its number: one row.

    The number itself is not readable: it stands in procedures, and to call or to see one takes a right that reading
    does without. Source: `OBJECT_ID` in SSODB; a login sees the tables to which it has any right.
    """

    topic: ClassVar[str] = "schema_version"
    scope: ClassVar[Scope] = Scope.SSODB
    source: ClassVar[str] = "`OBJECT_ID`"
    privilege: ClassVar[str] = "any right to the tables asked about"
    unseen: ClassVar[str] = "the number of the version, which stands in procedures"
    maximum_rows: ClassVar[int] = 1

    rows: tuple[SchemaVersionRow, ...]
