"""The second step: SSODB, at the address of the inventory or of the first node's registry."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timezone

from ssoaudit.collect.sql import catalogue, reader
from ssoaudit.collect.sql.address import Address, SqlLogin
from ssoaudit.collect.sql.reader import SqlReading
from ssoaudit.evidence import DatabaseEvidence, Missing, ReadStatus
from ssoaudit.facts import SSODB_TOPICS, EntssoRegistry, Lacking, SqlAlias, SqlFact
from ssoaudit.facts.sql_address import parse_sql_address
from ssoaudit.inventory import Inventory
from ssoaudit.vocabulary import Stage


def read_ssodb(
    inventory: Inventory, registry: EntssoRegistry | None, login: SqlLogin | None, *, offline: bool = False
) -> DatabaseEvidence:
    """What SSODB answers, or why it was not asked, as `offline` forbids it. Raises nothing."""
    started = datetime.now(timezone.utc)
    if is_to_be_made(inventory):
        return unasked(started, _TO_BE_MADE, SSODB_TOPICS)
    if offline:
        return unasked(started, _OFFLINE, SSODB_TOPICS)
    server, database = _place(inventory, registry)
    address = inventory.sql.address or server
    if address is None or database is None:
        return unasked(started, _ADDRESS_UNKNOWN, SSODB_TOPICS)
    reading = reader.read(Address(address, database), inventory.sql, login, queries=catalogue.SSODB)
    return asked(started, server or address, database, reading)


def is_to_be_made(inventory: Inventory) -> bool:
    """Whether the databases are still to be made, so that there is nothing to ask."""
    return inventory.change == "new" and inventory.stage is Stage.PLANNED


def asked(started: datetime, server: str, database: str, reading: SqlReading) -> DatabaseEvidence:
    """What reading a database gave, as evidence."""
    return DatabaseEvidence(
        server=server,
        database=database,
        driver=f"{reading.driver.family}: {reading.driver.name}" if reading.driver else "",
        notes=reading.notes,
        started=started,
        finished=datetime.now(timezone.utc),
        topics=reading.readings,
    )


def _place(inventory: Inventory, registry: EntssoRegistry | None) -> tuple[str | None, str | None]:
    """Server and database: the inventory's, and what it leaves out the registry's, with aliases resolved."""
    server, database = inventory.sql.server, inventory.sql.database
    if registry is None:
        return server, database
    try:
        return server or _written(registry), database or registry.sql_database
    except Lacking:
        return server, database


def _written(registry: EntssoRegistry) -> str | None:
    """The registry's address as one to connect to; None for `(local)` and the like, which here is the auditor."""
    if registry.sql_server is None:
        return None
    return connectable(registry.sql_server, registry.sql_aliases)


def connectable(written: str, aliases: Iterable[SqlAlias] = ()) -> str | None:
    """An address as it is written on another machine as one to connect to from here; None where it means that machine.

    What is no address stays as it is: connecting tells so.
    """
    address = parse_sql_address(written, "", aliases)
    if address is None:
        return written
    if not address.host:
        return None
    if address.port is not None:
        return f"{address.host},{address.port}"
    return f"{address.host}\\{address.instance}" if address.instance else address.host


def unasked(
    started: datetime, reason: Missing, topics: Sequence[type[SqlFact]], server: str = "", database: str = ""
) -> DatabaseEvidence:
    """A database that was not asked, as evidence; where it is, as far as that is known."""
    return DatabaseEvidence(
        server=server,
        database=database,
        driver="",
        notes=(),
        started=started,
        finished=datetime.now(timezone.utc),
        topics={topic.topic: reason for topic in topics},
    )


_TO_BE_MADE = Missing(
    status=ReadStatus.ABSENT,
    code="to-be-made",
    stage="configure",
    message="SSODB is still to be made, says the inventory (change: new)",
    hint="Nothing to do before the configuration.",
)
_OFFLINE = Missing(
    status=ReadStatus.NOT_COLLECTED,
    code="offline",
    stage="configure",
    message="SSODB was not asked (--offline)",
    hint="Collect without --offline where SQL Server can be reached.",
)
_ADDRESS_UNKNOWN = Missing(
    status=ReadStatus.NOT_COLLECTED,
    code="address-unknown",
    stage="configure",
    message="where SSODB is could not be learned: the inventory does not name it, and no node told in a way that leads "
    "there from here",
    hint="Write sql.server and sql.database into the inventory, or let a cluster node be read.",
)
