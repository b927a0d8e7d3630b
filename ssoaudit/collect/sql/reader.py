"""Databases, each read once: every topic ends with its data or with the reason why there is none."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.sql import drivers
from ssoaudit.collect.sql.address import DEFAULTS, Address, SqlLimits, SqlLogin
from ssoaudit.collect.sql.catalogue import CATALOGUE, Query
from ssoaudit.collect.sql.classify import Conversation, diagnose, missing
from ssoaudit.collect.sql.connection_string import connection_string, notes
from ssoaudit.collect.sql.drivers import Driver
from ssoaudit.collect.sql.rows import data
from ssoaudit.collect.sql.session import Session, connected
from ssoaudit.evidence import Missing, Read, Reading, ReadStatus, typed
from ssoaudit.inventory import SqlSettings

logger = logging.getLogger(__name__)

_LOST = "connection-lost"


@dataclass(frozen=True)
class SqlReading:
    """What a database answered, by topic, and what kept it from being read, if anything did.

    `driver` is the one that was used; `notes` are the protections that the connection went without, for the report.
    """

    driver: Driver | None
    readings: dict[str, Reading]
    fault: Fault | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Request:
    """A database to be read: where, how, as whom, what is asked there, and how long that may take.

    Of `settings` server, database and user are not looked at; without a `credential` the Windows identity counts.
    """

    address: Address
    settings: SqlSettings
    credential: SqlLogin | None = None
    queries: Sequence[Query] = CATALOGUE
    limits: SqlLimits = DEFAULTS


@dataclass
class _Progress:
    """What the reading thread has so far; it is read when the thread is at its end or no longer waited for."""

    driver: Driver | None = None
    notes: tuple[str, ...] = ()
    readings: dict[str, Reading] = field(default_factory=dict)
    fault: Fault | None = None
    abandoned: threading.Event = field(default_factory=threading.Event)


class Pending:
    """A reading under way.

    A driver may wait for ever on a silent port, so it works in a thread that is left behind at the deadline. There is
    one logon, whatever comes of it.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._progress = _Progress()
        self._thread = threading.Thread(target=_read, args=(self._progress, request), name="sql", daemon=True)
        self._thread.start()

    def result(self, until: float) -> SqlReading:
        """What was read when it is done, or at that moment of `time.monotonic` at the latest."""
        progress, request = self._progress, self._request
        self._thread.join(max(0.0, until - time.monotonic()))
        progress.abandoned.set()
        done = dict(progress.readings)
        fault = progress.fault or (_too_late(request.address) if len(done) < len(request.queries) else None)
        if fault is not None:
            _log(fault, request.address)
            done = {query.model.topic: done.get(query.model.topic) or missing(fault) for query in request.queries}
        return SqlReading(progress.driver, done, fault, progress.notes)


def read(
    address: Address,
    settings: SqlSettings,
    credential: SqlLogin | None = None,
    limits: SqlLimits = DEFAULTS,
    queries: Sequence[Query] = CATALOGUE,
) -> SqlReading:
    """Read these topics of one database; see `Request`."""
    until = time.monotonic() + limits.deadline
    return Pending(Request(address, settings, credential, queries, limits)).result(until)


def _read(progress: _Progress, request: Request) -> None:
    try:
        _ask_all(progress, request)
    except Fault as fault:
        progress.fault = fault
    except Exception as error:  # a fault of the program is an answer, too
        logger.exception("fault in the collector", extra={"target": request.address.shown})
        progress.fault = _internal(request.address, error)


def _ask_all(progress: _Progress, request: Request) -> None:
    address, settings, credential = request.address, request.settings, request.credential
    progress.driver = driver = drivers.find_driver(settings.driver)
    progress.notes = notes(driver, settings)
    conversation = Conversation(address, driver, credential, settings.section)
    text = connection_string(driver, address, settings, credential)
    fault = diagnose(conversation, request.limits.login)
    if fault is not None:
        raise fault
    with connected(text, conversation, request.limits) as session:
        logger.info("connected through %s", driver.name, extra={"target": address.shown, "stage": "connect"})
        for query in request.queries:
            if progress.abandoned.is_set():
                return
            progress.readings[query.model.topic] = _reading(session, query)


def _reading(session: Session, query: Query) -> Reading:
    started = time.monotonic()
    try:
        rows = _asked_twice(session, query)
    except Fault as fault:
        if fault.code == _LOST:
            raise
        _log(fault, session.conversation.address)
        return missing(fault, _since(started))
    reading = Read(status=ReadStatus.OK, milliseconds=_since(started), lacking={}, data=rows)
    fact = typed(reading, query.model)
    # What is not as the model says is not kept: it may be anything, a secret included.
    return fact.model_copy(update={"milliseconds": reading.milliseconds}) if isinstance(fact, Missing) else reading


def _asked_twice(session: Session, query: Query) -> dict[str, object]:
    """The query's data; asked once more where others held a lock, which took its time already."""
    try:
        return _asked(session, query)
    except Fault as fault:
        if fault.code != "busy":
            raise
    return _asked(session, query)


def _asked(session: Session, query: Query) -> dict[str, object]:
    with session.rows(query, query.table) as cursor:
        return data(query, cursor)


def _log(fault: Fault, address: Address) -> None:
    logger.warning("%s", fault, extra={"target": address.shown, "stage": fault.stage.value, "details": fault.details})


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _too_late(address: Address) -> Fault:
    return Fault(
        FaultStage.READ,
        "deadline",
        f"{address.shown} was not read in time.",
        "Look at the server's load and at what listens on its port; run again.",
    )


def _internal(address: Address, error: Exception) -> Fault:
    return Fault(
        FaultStage.READ,
        "internal",
        f"A fault in ssoaudit kept {address.shown} from being read: {type(error).__name__}.",
        "Report it with the log.",
    )
