"""The databases that are read beside the servers: msdb, the BizTalk management database, and its MessageBoxes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from ssoaudit.collect.faults import Fault
from ssoaudit.collect.sql import catalogue
from ssoaudit.collect.sql.address import DEFAULTS, Address, SqlLimits, SqlLogin
from ssoaudit.collect.sql.catalogue import Query
from ssoaudit.collect.sql.grants import NAMES
from ssoaudit.collect.sql.reader import Pending, Request, SqlReading
from ssoaudit.collect.ssodb import asked, connectable, is_to_be_made, unasked
from ssoaudit.collect.winrm.text import one_line
from ssoaudit.evidence import DatabaseEvidence, Missing, Read, Reading, ReadStatus, typed
from ssoaudit.facts import BIZTALK_TOPICS, MESSAGE_BOX_TOPICS, MSDB_TOPICS, MessageBoxes, SsodbBackups
from ssoaudit.facts.columns import Database
from ssoaudit.facts.message_boxes import MessageBoxRow
from ssoaudit.facts.sql_address import Likeness, parse_sql_address
from ssoaudit.inventory import BizTalkSettings, Inventory, SqlSettings

MASTER = "master"
"""Where the SQL Server of a MessageBox is asked for its properties: every login may open it."""

_REJECTED = frozenset({"login-failed", "login-disabled", "login-locked", "login-expired"})


@dataclass(frozen=True)
class Place:
    """A SQL Server and a database on it, as a node's registry has them; None for what it has not."""

    server: str | None
    database: str | None


@dataclass(frozen=True)
class Logins:
    """The SQL logins of the inventory's sections; None where the Windows identity is used."""

    sql: SqlLogin | None = None
    biztalk: SqlLogin | None = None


@dataclass(frozen=True)
class Databases:
    """What all databases answered: see `Evidence`."""

    ssodb: DatabaseEvidence
    management: DatabaseEvidence | None
    message_boxes: tuple[DatabaseEvidence, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the connections could not assure, each sentence once."""
        read = (self.ssodb, *((self.management,) if self.management else ()), *self.message_boxes)
        return tuple(dict.fromkeys(note for database in read for note in database.notes))


def read_databases(
    inventory: Inventory,
    ssodb: DatabaseEvidence,
    told: Place | None,
    logins: Logins,
    limits: SqlLimits = DEFAULTS,
) -> Databases:
    """Read msdb beside the management database and its MessageBoxes, all within one deadline. Raises nothing.

    Args:
        inventory: Where the databases are, and how they are reached.
        ssodb: What SSODB answered, to which the backups of msdb are added.
        told: Where a node's registry has the management database, for what the inventory leaves out.
        logins: The SQL logins.
        limits: How long it may take.
    """
    reading = DatabaseReader(inventory, ssodb, logins, limits, time.monotonic() + limits.deadline)
    backups = reading.backups()
    management = reading.management(told)
    boxes = reading.message_boxes(management)
    return Databases(reading.with_backups(backups), management, boxes)


@dataclass(frozen=True)
class DatabaseReader:
    """One reading of the databases, step by step, which waits for none beyond `until`, a moment of `time.monotonic`."""

    inventory: Inventory
    ssodb: DatabaseEvidence
    logins: Logins
    limits: SqlLimits
    until: float

    def backups(self) -> Pending | None:
        """Msdb's reading; none where SSODB opened no session: msdb would not either, and a login is not tried twice."""
        if not any(isinstance(reading, Read) for reading in self.ssodb.topics.values()):
            return None
        address = Address(self.inventory.sql.address or self.ssodb.server, NAMES[Database.MSDB])
        return self._ask(address, self.inventory.sql, self.logins.sql, catalogue.MSDB)

    def with_backups(self, backups: Pending | None) -> DatabaseEvidence:
        """SSODB's evidence with what msdb told of it, or with why msdb was not asked."""
        topics: dict[str, Reading] = dict(self.ssodb.topics)
        if backups is not None:
            told = backups.result(self.until).readings
            topics |= {topic: _only(self.ssodb.database, each) for topic, each in told.items()}
        else:
            silence = next(reading for reading in topics.values() if isinstance(reading, Missing))
            topics |= {topic.topic: silence for topic in MSDB_TOPICS}
        return self.ssodb.model_copy(update={"topics": topics, "finished": _now()})

    def management(self, told: Place | None) -> DatabaseEvidence | None:
        """What the management database answered; None where the inventory has no BizTalk."""
        started, inventory = _now(), self.inventory
        if not inventory.has_biztalk:
            return None
        if is_to_be_made(inventory):
            return unasked(started, _TO_BE_MADE, BIZTALK_TOPICS)
        settings = inventory.biztalk or _borrowed(inventory.sql)
        server, database = _place(settings, told)
        if server is None:
            return unasked(started, _ADDRESS_UNKNOWN, BIZTALK_TOPICS)
        address = Address(settings.address or server, database)
        if self._was_rejected_at(address):
            return unasked(started, _NOT_TRIED, BIZTALK_TOPICS, server, database)
        pending = self._ask(address, settings, self.logins.biztalk, catalogue.BIZTALK)
        return asked(started, server, database, pending.result(self.until))

    def message_boxes(self, management: DatabaseEvidence | None) -> tuple[DatabaseEvidence, ...]:
        """Each MessageBox database with its server's properties; a server that holds several is asked once."""
        started, rows = _now(), _box_rows(management)
        under_way = {name: self._box(name) for name in dict.fromkeys(row.DBServerName for row in rows)}
        answers = {
            name: each if isinstance(each, Missing) else each.result(self.until) for name, each in under_way.items()
        }
        return tuple(_box_evidence(started, row, answers[row.DBServerName]) for row in rows)

    def _box(self, name: str) -> Pending | Missing:
        """The reading of a server that a row of the management database names, or why it is not asked.

        Where the inventory names it too, it is asked as the inventory says. Else the Windows identity alone is shown
        to it: whoever may write to that table must not be able to send for a password.
        """
        own = self.inventory.biztalk
        known = ((own, self.logins.biztalk), (self.inventory.sql, self.logins.sql))
        for settings, login in known:
            if settings is not None and settings.server is not None and _is_one_server(settings.server, name):
                address = Address(settings.address or settings.server, MASTER)
                return self._ask(address, settings, login, catalogue.MESSAGE_BOX)
        address = Address(connectable(name) or "", MASTER)
        if not _is_address(address):
            return _no_address(name)
        if (self.logins.biztalk if own else self.logins.sql) is not None:
            return _withheld(name)
        return self._ask(address, _borrowed(own or self.inventory.sql), None, catalogue.MESSAGE_BOX)

    def _ask(
        self, address: Address, settings: SqlSettings, login: SqlLogin | None, queries: Sequence[Query]
    ) -> Pending:
        return Pending(Request(address, settings, login, queries, self.limits))

    def _was_rejected_at(self, address: Address) -> bool:
        """Whether that server rejected the SQL login for SSODB: a second attempt could lock it."""
        first, second = self.logins.sql, self.logins.biztalk
        if first is None or second is None or first.user.casefold() != second.user.casefold():
            return False
        rejected = any(isinstance(each, Missing) and each.code in _REJECTED for each in self.ssodb.topics.values())
        return rejected and address.server.casefold() == (self.inventory.sql.address or self.ssodb.server).casefold()


def _only(database: str, reading: Reading) -> Reading:
    """The backups of one database: what others are called, and when they were backed up, is nobody's business here."""
    backups = typed(reading, SsodbBackups)
    if isinstance(backups, Missing) or isinstance(reading, Missing):
        return reading
    rows = tuple(row for row in backups.rows if row.database_name.casefold() == database.casefold())
    return reading.model_copy(update={"data": SsodbBackups(rows=rows).model_dump(mode="json")})


def _place(settings: SqlSettings, told: Place | None) -> tuple[str | None, str]:
    """Server and database: the inventory's, and what it leaves out the registry's."""
    written = told.server if told else None
    server = settings.server or settings.address or (connectable(written) if written else None)
    database = settings.database or (told.database if told else None)
    return server, database or NAMES[Database.BIZTALK]


def _box_rows(management: DatabaseEvidence | None) -> tuple[MessageBoxRow, ...]:
    reading = management.topics.get(MessageBoxes.topic) if management else None
    boxes = typed(reading, MessageBoxes) if reading else None
    return boxes.rows if isinstance(boxes, MessageBoxes) else ()


def _box_evidence(started: datetime, row: MessageBoxRow, answer: SqlReading | Missing) -> DatabaseEvidence:
    if isinstance(answer, Missing):
        return unasked(started, answer, MESSAGE_BOX_TOPICS, row.DBServerName, row.DBName)
    return asked(started, row.DBServerName, row.DBName, answer)


def _is_address(address: Address) -> bool:
    try:
        return bool(address.endpoint)
    except Fault:
        return False


def _is_one_server(one: str, other: str) -> bool:
    first, second = parse_sql_address(one, ""), parse_sql_address(other, "")
    return first is not None and second is not None and first.likeness(second) is Likeness.SAME


def _borrowed(settings: SqlSettings) -> BizTalkSettings:
    """How another server is reached: driver and encryption as here, without what belongs to this server alone."""
    own = {"server", "address", "database", "user", "host_in_certificate", "server_spn"}
    return BizTalkSettings(**settings.model_dump(exclude=own))


def _now() -> datetime:
    return datetime.now(timezone.utc)


_TO_BE_MADE = Missing(
    status=ReadStatus.ABSENT,
    code="to-be-made",
    stage="configure",
    message="the BizTalk management database is still to be made, says the inventory (change: new)",
    hint="Nothing to do before the configuration.",
)
_ADDRESS_UNKNOWN = Missing(
    status=ReadStatus.NOT_COLLECTED,
    code="address-unknown",
    stage="configure",
    message="where the BizTalk management database is could not be learned: the inventory does not name it",
    hint="Write biztalk.server into the inventory.",
)
_NOT_TRIED = Missing(
    status=ReadStatus.NOT_COLLECTED,
    code="not-tried",
    stage="authenticate",
    message="the SQL login was not tried again: this server rejected it for SSODB",
    hint="Settle the login for SSODB first; a second attempt could lock it.",
)


def _withheld(name: str) -> Missing:
    return Missing(
        status=ReadStatus.NOT_COLLECTED,
        code="login-withheld",
        stage="configure",
        message=f"the password of the SQL login is not sent to {one_line(name, 100)}, which only a row of the BizTalk "
        "management database names",
        hint="Use the Windows identity for the BizTalk databases: leave biztalk.user out.",
    )


def _no_address(name: str) -> Missing:
    return Missing(
        status=ReadStatus.NOT_COLLECTED,
        code="address-unknown",
        stage="configure",
        message=f"'{one_line(name, 100)}', where a MessageBox database is, is no address to connect to from here",
        hint="Let the BizTalk group name the SQL Server by HOST, HOST,PORT or HOST\\INSTANCE.",
    )
