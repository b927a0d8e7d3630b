"""When BizTalk's own backup job last backed up each database."""

from datetime import datetime
from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class BackupHistoryRow(Part):
    """The newest backup of one kind. `BackupType` is db for a complete one, lg for the log.

    `newest` is local time, or UTC where the job is set so; `local_time` and `utc_time` are what it was on that server
    when the row was read. `SetComplete` tells whether the whole backup set came to its end.
    """

    DatabaseName: str | None
    ServerName: str | None
    BackupType: str | None
    SetComplete: bool | None
    newest: datetime | None
    local_time: datetime
    utc_time: datetime


class BackupHistory(SqlFact):
    """What the job "Backup BizTalk Server" did: the newest backup of each database and kind.

    Source: table `adm_BackupHistory` of the BizTalk management database, summed up by the server, at most 5000 rows;
    needs SELECT on the columns named.
    """

    topic: ClassVar[str] = "backup_history"
    scope: ClassVar[Scope] = Scope.BIZTALK_DATABASE
    source: ClassVar[str] = "table `adm_BackupHistory`"
    privilege: ClassVar[str] = "SELECT on the columns named"
    unseen: ClassVar[str] = "whether the files still exist and can be restored"
    maximum_rows: ClassVar[int] = 5000

    rows: tuple[BackupHistoryRow, ...]
