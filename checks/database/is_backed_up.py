"""SSODB must be backed up, best together with the databases of BizTalk Server."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ssoaudit.facts import AvailabilityGroup, BackupDatabases, DatabaseProperties, SqlServer, SsodbBackups
from ssoaudit.facts.database_properties import DatabasePropertiesRow
from ssoaudit.facts.sql_address import Likeness, parse_sql_address
from ssoaudit.facts.sql_session import READ_WRITE
from ssoaudit.facts.ssodb_backups import SsodbBackupRow
from ssoaudit.plugin import (
    BACKUP_AGE,
    Grade,
    Inventory,
    Missing,
    Outcome,
    Profile,
    Row,
    Severity,
    Stage,
    Status,
    Step,
    Target,
    check,
    failed,
    not_applicable,
    not_verified,
    passed,
    tsql,
)

HISTORY = "msdb.dbo.backupset"
SET = "admv_BackupDatabases"
COMPLETE = "D"
KINDS = {COMPLETE: "complete", "I": "differential", "L": "log"}


@dataclass(frozen=True)
class _Half:
    """One half of the answer, the backups or the backup set: what it says, and the rows that show it."""

    status: Status
    text: str
    rows: tuple[Row, ...]
    hint: str = ""


@check(
    title="SSODB is backed up",
    each=Target.DATABASE,
    severity=Severity.MEDIUM,
    profiles=(Profile.COMPLIANCE,),
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    references=(
        "https://learn.microsoft.com/biztalk/core/backing-up-and-restoring-biztalk-server-databases",
        "https://learn.microsoft.com/biztalk/core/how-to-back-up-custom-databases",
        "https://learn.microsoft.com/biztalk/core/high-availability-using-sql-server-always-on-availability-groups",
    ),
)
def is_backed_up(
    backups: SsodbBackups | Missing,
    backup_set: BackupDatabases | Missing,
    *,
    server: SqlServer | Missing,
    properties: DatabaseProperties | Missing,
    availability: AvailabilityGroup | Missing,
    inventory: Inventory,
) -> Outcome:
    """What adapters and mappings need is in SSODB and nowhere else; the backup of the master secret does not replace
    it. BizTalk's own job backs SSODB up at one mark with the other databases, but only where adm_OtherBackupDatabases
    names it. A complete backup of the last eight days is asked for; a copy-only one is made beside the schedule, and
    counts in an availability group alone, whose secondary replicas make no other. What another replica backed up is
    remembered there and not seen here; nor is whether the files still exist and can be restored."""
    if isinstance(server, Missing) or isinstance(properties, Missing):
        if inventory.change == "new" and inventory.stage is Stage.PLANNED:
            return not_applicable("SSODB is still to be made, says the inventory (change: new)")
        told = next(fact for fact in (server, properties) if isinstance(fact, Missing))
        return not_verified(f"Whether SSODB is backed up is not known: {told.message}", hint=told.hint)
    name, database = server.rows[0].server_name, properties.rows[0]
    if name is None:
        hint = "Ask a database administrator for the backups of SSODB."
        return not_verified("SQL Server does not say its name, so its own backups are not known", hint=hint)
    in_group = None if isinstance(availability, Missing) else availability.rows[0].group_database_id is not None
    made = _made(backups, name, database, in_group=in_group)
    if not inventory.has_biztalk:
        return _judged(made, None, ())
    address = inventory.sql.server or name
    listed = _listed(backup_set, (address, name), database.database_name, in_group=in_group)
    return _judged(made, listed, _inclusion(address, database.database_name))


def _judged(made: _Half, listed: _Half | None, inclusion: tuple[Step, ...]) -> Outcome:
    """The backups decide. That the backup set lacks SSODB weighs little alone, and excuses nothing."""
    halves = (made, listed) if listed is not None else (made,)
    rows = tuple(row for half in halves for row in half.rows)
    wrong = [half for half in halves if half.status is not Status.PASS]
    if not wrong:
        return passed("; ".join(half.text for half in halves), evidence=rows)
    text, alone = "; ".join(half.text for half in wrong), Severity.LOW if made.status is Status.PASS else None
    if wrong[0].status is Status.NOT_VERIFIED:
        return not_verified(text, hint=wrong[0].hint, evidence=rows, severity=alone)
    return failed(
        text,
        why="With SSODB the configuration of the adapters and all mapped credentials would be lost, or restored to a "
        "moment that does not fit the other BizTalk databases.",
        expected=f"a complete backup of the last {BACKUP_AGE.days} days, made by BizTalk's own job",
        observed=text,
        evidence=rows,
        severity=alone,
        fix=(
            *(inclusion if listed is not None and listed.status is Status.FAIL else ()),
            Step(
                "Make a complete backup of SSODB now, and see why the scheduled one did not run: best by the job "
                "Backup BizTalk Server, which marks all databases of BizTalk together.",
                on="the SQL Server that holds SSODB",
                impact="none",
            ),
        ),
    )


def _made(
    backups: SsodbBackups | Missing, server: str, database: DatabasePropertiesRow, *, in_group: bool | None
) -> _Half:
    """Whether there is a complete backup that is young enough, as the server that answered remembers it.

    Where msdb was read on another server than SSODB, as may be behind a listener, that one's own backups count.
    """
    name = database.database_name
    if isinstance(backups, Missing):
        text = f"Whether {name} is backed up is not known: {backups.message}"
        return _Half(Status.NOT_VERIFIED, text, (), backups.hint)
    server = next((row.asked_server for row in backups.rows if row.asked_server), server)
    rows = tuple(_row(each) for each in backups.rows)
    counting = [row for row in backups.rows if _counts(row, in_group=in_group is True)]
    newest = max((row.newest_finish for row in counting if row.newest_finish), default=None)
    is_young = any(row.newest_finish and row.local_time - row.newest_finish <= BACKUP_AGE for row in counting)
    if newest is not None and is_young:
        return _Half(Status.PASS, f"{server} made a complete backup of {name} at {_minute(newest)}", rows)
    seen = (
        f"{server} remembers no complete backup of {name}"
        if newest is None
        else f"The newest complete backup of {name} that {server} remembers is of {_minute(newest)}, more than "
        f"{BACKUP_AGE.days} days ago"
    )
    left_out = _left_out(backups.rows, counting)
    text = f"{seen}{f' ({left_out} does not count)' if left_out else ''}"
    if in_group is not False or database.updateability != READ_WRITE:
        hint = "Ask for the backups that the other replicas made, or read the primary."
        return _Half(Status.NOT_VERIFIED, f"{text}; another replica may have made one", rows, hint)
    return _Half(Status.FAIL, text, rows)


def _counts(row: SsodbBackupRow, *, in_group: bool) -> bool:
    """Whether it is a complete backup of this very database. Restoring another server's leaves a row of that one's."""
    is_own = bool(row.server_name) and (row.server_name or "").casefold() == (row.asked_server or "").casefold()
    return row.type == COMPLETE and row.newest_finish is not None and is_own and (in_group or not row.is_copy_only)


def _left_out(rows: Iterable[SsodbBackupRow], counting: list[SsodbBackupRow]) -> str:
    """The complete backups that do not count, and why."""
    return ", ".join(
        f"a copy-only one of {_minute(row.newest_finish)}" if row.is_copy_only else f"one made on {row.server_name}"
        for row in rows
        if row.type == COMPLETE and row.newest_finish is not None and row not in counting
    )


def _row(row: SsodbBackupRow) -> Row:
    kind = KINDS.get(row.type or "", f"type {row.type}")
    when = _minute(row.newest_finish) if row.newest_finish else "at no known time"
    observed = f"{kind}{', copy-only' if row.is_copy_only else ''}, finished {when} on {row.server_name}"
    now = f"at most {BACKUP_AGE.days} days before {_minute(row.local_time)}" if row.type == COMPLETE else ""
    return Row(row.database_name, now, observed, HISTORY)


def _listed(
    backup_set: BackupDatabases | Missing, servers: tuple[str, ...], name: str, *, in_group: bool | None
) -> _Half:
    """Whether BizTalk's own job backs up this SSODB; what may be another spelling of its server is taken for one."""
    if isinstance(backup_set, Missing):
        text = f"Whether BizTalk's backup job includes {name} is not known: {backup_set.message}"
        return _Half(Status.NOT_VERIFIED, text, (), backup_set.hint)
    found = [
        row.ServerName or "no server"
        for row in backup_set.rows
        if (row.DatabaseName or "").casefold() == name.casefold()
    ]
    rows = (Row(name, "in the backup set", f"on {', '.join(found)}" if found else "missing", SET),)
    if any(_may_be(each, server) for each in found for server in servers):
        return _Half(Status.PASS, f"BizTalk's backup job includes {name}", rows)
    if found and in_group is not False:
        text = f"BizTalk's backup job includes {name} on {', '.join(found)}, which may be the group's listener or not"
        return _Half(Status.NOT_VERIFIED, text, rows, "Write the listener's name into the inventory, as sql.server.")
    if found:
        elsewhere = f"{', '.join(found)}, not on {' or '.join(dict.fromkeys(servers))}"
        return _Half(Status.FAIL, f"BizTalk's backup job includes {name} on {elsewhere}", rows)
    return _Half(Status.FAIL, f"BizTalk's backup job does not include {name}", rows)


def _may_be(one: str, other: str) -> bool:
    here, there = parse_sql_address(one, ""), parse_sql_address(other, "")
    return here is not None and there is not None and here.likeness(there) is not Likeness.DIFFERENT


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _inclusion(server: str, database: str) -> tuple[Step, ...]:
    """What puts SSODB into the backup set. The last column is not used, and must not be empty."""
    return (
        Step(
            f"Add {database} to the databases that the job Backup BizTalk Server backs up, under the name of SQL "
            "Server's listener where it is in an availability group. Correct a row that names another server instead.",
            on="the BizTalk management database",
            impact="none",
            command=tsql(
                "INSERT INTO dbo.adm_OtherBackupDatabases (DefaultDatabaseName, DatabaseName, ServerName, "
                "BTSServerName) VALUES (N'SSODB', {database}, {server}, {server})",
                database=database,
                server=server,
            ),
        ),
        Step(
            f"Let the account of that job back up {database}: it needs the database role BTS_BACKUP_USERS there, and "
            "the full recovery model.",
            on="the SQL Server that holds SSODB",
            impact="none",
        ),
    )
