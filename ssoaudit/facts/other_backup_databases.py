"""Which databases were added to BizTalk's backup job by hand."""

from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class OtherBackupDatabaseRow(Part):
    """A database that was added: what it is usually called, its name and its server."""

    DefaultDatabaseName: str | None
    DatabaseName: str | None
    ServerName: str | None


class OtherBackupDatabases(SqlFact):
    """The databases that the job "Backup BizTalk Server" backs up beside those of the group; SSODB is meant to be one.

    Source: table `adm_OtherBackupDatabases` of the BizTalk management database, at most 1000 rows; needs SELECT on the
    columns named.
    """

    topic: ClassVar[str] = "other_backup_databases"
    scope: ClassVar[Scope] = Scope.BIZTALK_DATABASE
    source: ClassVar[str] = "table `adm_OtherBackupDatabases`"
    privilege: ClassVar[str] = "SELECT on the columns named"
    unseen: ClassVar[str] = "whether the job backs them up"
    maximum_rows: ClassVar[int] = 1000

    rows: tuple[OtherBackupDatabaseRow, ...]
