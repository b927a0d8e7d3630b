"""A first contact with a site: the paths, then the facts as in any collection, then the self-test where it can be."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ssoaudit.collect.caller import Caller
from ssoaudit.collect.collection import MAXIMUM_WORKERS, Options
from ssoaudit.collect.paths import sql_path, winrm_path
from ssoaudit.collect.self_test import self_test
from ssoaudit.evidence import Evidence, Missing, Read, Reading, ReadStatus
from ssoaudit.inventory import Inventory, Server
from ssoaudit.pilot import Cap, PilotBundle, SelfTestRun, WinrmPath

CAPPED = "more than"
"""What a reader says of a part that it left out for its length: `there are more than 200`."""

TRUNCATED = "is_truncated"

T = TypeVar("T")


def winrm_paths(inventory: Inventory, options: Options) -> tuple[WinrmPath, ...]:
    """The path to every server that is asked over WinRM."""
    seconds = options.limits.connect
    servers = [server for server in inventory.servers if server.transport == "winrm"]
    cancelled = threading.Event()
    return _at_once(lambda server: winrm_path(server, inventory.winrm_of(server), seconds), servers, options, cancelled)


def self_tests(evidence: Evidence, caller: Caller, options: Options) -> tuple[SelfTestRun, ...]:
    """The self-test of every server that answered. The collection's own caller asks none that rejected the logon."""
    servers = [server for server in evidence.inventory.servers if _answered(evidence, server.name)]
    return _at_once(lambda server: self_test(caller, server, options), servers, options, caller.cancelled)


def bundle(evidence: Evidence, paths: tuple[WinrmPath, ...], caller: Caller, options: Options) -> PilotBundle:
    """All of it, not yet redacted."""
    server = evidence.ssodb.server if evidence.ssodb else ""
    sql = evidence.inventory.sql
    return PilotBundle(
        schema_version=1,
        run=evidence.run,
        winrm=paths,
        sql=sql_path(server, sql, options.limits.connect) if server else None,
        self_tests=self_tests(evidence, caller, options),
        caps=tuple(caps(evidence)),
        evidence=evidence,
    )


def caps(evidence: Evidence) -> Iterator[Cap]:
    """The bounds that answers met: a part that was left out or cut for being too long, a whole answer that was."""
    for server in evidence.servers:
        yield from _caps_of(server.name, server.topics)
    for database in (evidence.ssodb, evidence.management, *evidence.message_boxes):
        if database is not None:
            yield from _caps_of(f"{database.server}/{database.database}", database.topics)


def _caps_of(target: str, topics: Mapping[str, Reading]) -> Iterator[Cap]:
    for topic, reading in topics.items():
        if isinstance(reading, Missing):
            if reading.status is ReadStatus.TOO_LARGE:
                yield Cap(target=target, topic=topic, field=None)
            continue
        for field, reason in reading.lacking.items():
            if CAPPED in reason:
                yield Cap(target=target, topic=topic, field=field)
        if reading.data.get(TRUNCATED) is True:
            yield Cap(target=target, topic=topic, field=TRUNCATED)


def _answered(evidence: Evidence, server: str) -> bool:
    return any(isinstance(reading, Read) for reading in evidence.topics(server).values())


def _at_once(
    ask: Callable[[Server], T], servers: Iterable[Server], options: Options, cancelled: threading.Event
) -> tuple[T, ...]:
    with ThreadPoolExecutor(options.workers or MAXIMUM_WORKERS, thread_name_prefix="pilot") as pool:
        try:
            return tuple(pool.map(ask, servers))
        except BaseException:
            cancelled.set()
            raise
