"""When SSODB was last backed up, as SQL Server itself remembers it."""

from datetime import datetime
from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class SsodbBackupRow(Part):
    """The newest backup of one kind. `type` is D for a complete one, I for a differential one, L for the log.

    `server_name` is the server that made it, `asked_server` the one whose msdb tells of it, by its own name, which on
    a replica is another; `local_time` what time it was there when the row was read.
    """

    database_name: str
    server_name: str | None
    type: str | None
    is_copy_only: bool | None
    newest_start: datetime | None
    newest_finish: datetime | None
    local_time: datetime
    asked_server: str | None


class SsodbBackups(SqlFact):
    """The newest backup of SSODB of each kind, on the SQL Server that holds it now.

    Source: table `backupset` of msdb on that server, summed up by the server, at most 5000 rows; those of other
    databases are dropped when they arrive. Needs SELECT on the columns named, in msdb. Backups that were made on
    another replica are remembered there.
    """

    topic: ClassVar[str] = "ssodb_backups"
    scope: ClassVar[Scope] = Scope.SSODB
    source: ClassVar[str] = "table `backupset` of msdb"
    privilege: ClassVar[str] = "SELECT on the columns named, in msdb"
    unseen: ClassVar[str] = "backups made on another replica, and whether the files still exist"
    maximum_rows: ClassVar[int] = 5000

    rows: tuple[SsodbBackupRow, ...]
