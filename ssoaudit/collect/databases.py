"""The databases that are read beside the servers: msdb, the BizTalk management database, and its MessageBoxes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from ssoaudit.collect.faults import Fault
from ssoaudit.collect.known_servers import KnownServer, borrowed, is_rejected
from ssoaudit.collect.sql import catalogue
from ssoaudit.collect.sql.address import DEFAULTS, Address, SqlLimits, SqlLogin
from ssoaudit.collect.sql.catalogue import Query
from ssoaudit.collect.sql.grants import NAMES
from ssoaudit.collect.sql.reader import Pending, Request, SqlReading
from ssoaudit.collect.ssodb import asked, connectable, is_to_be_made, unasked
from ssoaudit.collect.text import one_line
from ssoaudit.evidence import DatabaseEvidence, Missing, Read, Reading, ReadStatus, typed
from ssoaudit.facts import BIZTALK_TOPICS, MESSAGE_BOX_TOPICS, MSDB_TOPICS, MessageBoxes, SqlAlias, SsodbBackups
from ssoaudit.facts.columns import Database
from ssoaudit.facts.message_boxes import MessageBoxRow
from ssoaudit.facts.sql_address import SqlAddress, parse_sql_address
from ssoaudit.inventory import Inventory, SqlSettings

MASTER = "master"
"""Where the SQL Server of a MessageBox is asked for its properties: every login may open it."""

_USUAL_NAME = NAMES[Database.BIZTALK]


@dataclass(frozen=True)
class Place:
    """A SQL Server and a database on it, as a node's registry has them; None for what it has not.

    `aliases` are the node's SQL client aliases: what one of the servers writes may be such a name.
    """

    server: str | None = None
    database: str | None = None
    aliases: tuple[SqlAlias, ...] = ()


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
    told: Place,
    logins: Logins,
    limits: SqlLimits = DEFAULTS,
    *,
    offline: bool = False,
) -> Databases:
    """Read msdb beside the management database and its MessageBoxes, all within one deadline.

    Args:
        inventory: Where the databases are, and how they are reached.
        ssodb: What SSODB answered, to which the backups of msdb are added.
        told: Where a node's registry has the management database, for what the inventory leaves out.
        logins: The SQL logins.
        limits: How long it may take.
        offline: Whether asking is forbidden.
    """
    until = time.monotonic() + limits.deadline
    reading = DatabaseReader(inventory, ssodb, told, logins, limits, until, offline=offline)
    backups = reading.backups()
    management = reading.management()
    boxes = reading.message_boxes(management)
    return Databases(reading.with_backups(backups), management, boxes)


def unread_databases(inventory: Inventory, ssodb: DatabaseEvidence, reason: Missing) -> Databases:
    """What is left where the reading itself broke: SSODB as it was read, and of the others the reason."""
    started = _now()
    topics: dict[str, Reading] = {**ssodb.topics, **{topic.topic: reason for topic in MSDB_TOPICS}}
    management = unasked(started, reason, BIZTALK_TOPICS) if inventory.has_biztalk else None
    return Databases(ssodb.model_copy(update={"topics": topics}), management, ())


@dataclass(frozen=True)
class DatabaseReader:
    """One reading of the databases, step by step, which waits for none beyond `until`, a moment of `time.monotonic`."""

    inventory: Inventory
    ssodb: DatabaseEvidence
    told: Place
    logins: Logins
    limits: SqlLimits
    until: float
    offline: bool = False

    def backups(self) -> Pending | None:
        """Msdb's reading; none where SSODB opened no session: msdb would not either, and a login is not tried twice."""
        if not any(isinstance(reading, Read) for reading in self.ssodb.topics.values()):
            return None
        return Pending(self._request(self._sso, NAMES[Database.MSDB], catalogue.MSDB))

    def with_backups(self, backups: Pending | None) -> DatabaseEvidence:
        """SSODB's evidence with what msdb told of it, or with why msdb was not asked."""
        topics: dict[str, Reading] = dict(self.ssodb.topics)
        if backups is not None:
            told = backups.result(self.until).readings
            topics |= {topic: _only(self.ssodb.database, each) for topic, each in told.items()}
        else:
            silent = (reading for reading in topics.values() if isinstance(reading, Missing))
            silence = next(silent, _NOT_ASKED)
            topics |= {topic.topic: silence for topic in MSDB_TOPICS}
        return self.ssodb.model_copy(update={"topics": topics, "finished": _now()})

    def management(self) -> DatabaseEvidence | None:
        """What the management database answered; None where the inventory has no BizTalk."""
        started, inventory = _now(), self.inventory
        if not inventory.has_biztalk:
            return None
        if is_to_be_made(inventory):
            return unasked(started, _TO_BE_MADE, BIZTALK_TOPICS)
        if self.offline:
            return unasked(started, _OFFLINE, BIZTALK_TOPICS)
        server, database = _place(self._settings, self.told)
        if server is None:
            return unasked(started, _ADDRESS_UNKNOWN, BIZTALK_TOPICS)
        known = KnownServer(self._settings, self.logins.biztalk, server)
        if self._was_rejected(known):
            return unasked(started, _NOT_TRIED, BIZTALK_TOPICS, server, database)
        pending = Pending(self._request(known, database, catalogue.BIZTALK))
        return asked(started, server, database, pending.result(self.until))

    def message_boxes(self, management: DatabaseEvidence | None) -> tuple[DatabaseEvidence, ...]:
        """Each MessageBox database with its server's properties; a server that holds several is asked once."""
        started, rows = _now(), _box_rows(management)
        found = management.server if management else ""
        known = (KnownServer(self._settings, self.logins.biztalk, found), self._sso)
        asked_for = {name: self._box(name, known) for name in dict.fromkeys(row.DBServerName for row in rows)}
        under_way: dict[SqlAddress | None, Pending] = {}
        for each in asked_for.values():
            if isinstance(each, Request) and _spelled(each) not in under_way:
                under_way[_spelled(each)] = Pending(each)
        answers = {place: pending.result(self.until) for place, pending in under_way.items()}
        told = {
            name: each if isinstance(each, Missing) else answers[_spelled(each)] for name, each in asked_for.items()
        }
        return tuple(_box_evidence(started, row, told[row.DBServerName]) for row in rows)

    def _box(self, name: str, known: Sequence[KnownServer]) -> Request | Missing:
        """How a server is asked that a row of the management database names, or why it is not.

        One that is known is asked as the inventory says, whose own address is connected to. Else the Windows identity
        alone is shown to it: whoever may write to that table must not be able to send for a password.
        """
        written = parse_sql_address(name, "", self.told.aliases)
        for server in known:
            if written is not None and written.host and server.is_called(written):
                rejected = self._was_rejected(server)
                return _NOT_TRIED if rejected else self._request(server, MASTER, catalogue.MESSAGE_BOX)
        address = Address(connectable(name, self.told.aliases) or "", MASTER)
        if not _is_address(address):
            return _no_address(name)
        if (self.logins.biztalk if self.inventory.biztalk else self.logins.sql) is not None:
            return _withheld(name)
        return Request(address, borrowed(self._settings), None, catalogue.MESSAGE_BOX, self.limits)

    @property
    def _settings(self) -> SqlSettings:
        """How the BizTalk databases are reached."""
        return self.inventory.biztalk or borrowed(self.inventory.sql)

    @property
    def _sso(self) -> KnownServer:
        """The server that holds SSODB."""
        return KnownServer(self.inventory.sql, self.logins.sql, self.ssodb.server)

    def _was_rejected(self, server: KnownServer) -> bool:
        """Whether SSODB's server, which this may be, rejected the SQL login: a second attempt could lock it."""
        return is_rejected(self.ssodb) and server.would_lock(self._sso)

    def _request(self, server: KnownServer, database: str, queries: Sequence[Query]) -> Request:
        return Request(Address(server.connect, database), server.settings, server.login, queries, self.limits)


def _only(database: str, reading: Reading) -> Reading:
    """The backups of one database: what others are called, and when they were backed up, is nobody's business here."""
    backups = typed(reading, SsodbBackups)
    if isinstance(backups, Missing) or isinstance(reading, Missing):
        return reading
    rows = tuple(row for row in backups.rows if row.database_name.casefold() == database.casefold())
    return reading.model_copy(update={"data": SsodbBackups(rows=rows).model_dump(mode="json")})


def _place(settings: SqlSettings, told: Place) -> tuple[str | None, str]:
    """Server and database: the inventory's, and what it leaves out the registry's, with aliases resolved."""
    written = connectable(told.server, told.aliases) if told.server else None
    return settings.server or settings.address or written, settings.database or told.database or _USUAL_NAME


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


def _spelled(request: Request) -> SqlAddress | None:
    return parse_sql_address(request.address.server, "")


def _now() -> datetime:
    return datetime.now(timezone.utc)


_TO_BE_MADE = Missing(
    status=ReadStatus.ABSENT,
    code="to-be-made",
    stage="configure",
    message="the BizTalk management database is still to be made, says the inventory (change: new)",
    hint="Nothing to do before the configuration.",
)
_OFFLINE = Missing(
    status=ReadStatus.NOT_COLLECTED,
    code="offline",
    stage="configure",
    message="the BizTalk management database was not asked (--offline)",
    hint="Collect without --offline where SQL Server can be reached.",
)
_NOT_ASKED = Missing(
    status=ReadStatus.NOT_COLLECTED,
    code="not-collected",
    stage="configure",
    message="msdb was not asked: nothing was asked of SSODB",
    hint="Collect again.",
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
    message="the SQL login was not tried again: this server, or what may be the same one, rejected it for SSODB",
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
