"""How the auditor is connected to SSODB, and what time it is there."""

from datetime import datetime
from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact

READ_WRITE = "READ_WRITE"
"""The updateability of a database that takes changes: of a primary, or of one without replicas."""


class SqlSessionRow(Part):
    """The session: database, login, the server's local and UTC time, whether the database can be written."""

    database_name: str | None
    login_name: str | None
    local_time: datetime
    utc_time: datetime
    updateability: str | None
    transport: str | None
    authentication: str | None


class SqlSession(SqlFact):
    """The auditor's own session. `updateability` is READ_ONLY on a secondary replica. Needs no right of its own."""

    topic: ClassVar[str] = "sql_session"
    scope: ClassVar[Scope] = Scope.SSODB
    source: ClassVar[str] = (
        "`DB_NAME`, `SUSER_SNAME`, `GETDATE`, `GETUTCDATE`, `DATABASEPROPERTYEX`, `CONNECTIONPROPERTY`"
    )
    privilege: ClassVar[str] = "none but to connect"
    unseen: ClassVar[str] = "other sessions"
    maximum_rows: ClassVar[int] = 1

    rows: tuple[SqlSessionRow, ...]
