"""Which databases BizTalk's own backup job backs up."""

from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class BackupDatabaseRow(Part):
    """A database in the backup set."""

    ServerName: str | None
    DatabaseName: str | None


class BackupDatabases(SqlFact):
    """The backup set of the job "Backup BizTalk Server".

    Source: view `admv_BackupDatabases` of the BizTalk management database, at most 1000 rows; needs SELECT on the
    columns named. SSODB is in it only where `adm_OtherBackupDatabases` names it.
    """

    topic: ClassVar[str] = "backup_databases"
    scope: ClassVar[Scope] = Scope.BIZTALK_DATABASE
    source: ClassVar[str] = "view `admv_BackupDatabases`"
    privilege: ClassVar[str] = "SELECT on its columns"
    unseen: ClassVar[str] = "whether the job runs"
    maximum_rows: ClassVar[int] = 1000

    rows: tuple[BackupDatabaseRow, ...]
