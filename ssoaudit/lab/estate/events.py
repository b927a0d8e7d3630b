"""What the event logs of a Windows machine of the lab hold: a role that was tried on both nodes, and is quiet."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from ssoaudit.facts import (
    ClusterEvents,
    ClusterMoves,
    EntssoEvents,
    EntssoFailures,
    Event,
    EventLog,
    Fact,
    MsdtcEvents,
    ServiceEvents,
)
from ssoaudit.lab.estate.names import CLOCK, DATABASE, GROUP, NETWORK_NAME, NODES, SECRETS, SQL

L = TypeVar("L", bound=EventLog)
Entry = tuple[timedelta, str, int, tuple[str, ...]]
"""How long ago, by which provider, which id, with which strings."""

ENTSSO, MSDTC = "ENTSSO", "Microsoft-Windows-MSDTC 2"
CLUSTERING = "Microsoft-Windows-FailoverClustering"
STARTED = timedelta(days=9, hours=3)
TRIED = timedelta(days=10)
MOVED = timedelta(days=10, hours=1)
RESTORED = timedelta(days=10, hours=2)
BACKED_UP = timedelta(days=10, hours=3)
OPERATOR = "CONTOSO\\operator"
BACKUP = "C:\\Program Files\\Common Files\\Enterprise Single Sign-On\\SSO3F2A.bak"
DTC_SETTINGS = ("0", "0", "1", "1", "0", "0", "1", "Mutual Authentication Required", "NT AUTHORITY\\NetworkService")


def events(name: str) -> tuple[Fact, ...]:
    """What the logs of the machine of that name hold; only a node has the cluster's own log."""
    facts: list[Fact] = [
        entsso_events(_history(name)),
        _log(EntssoFailures, "Application", ()),
        _log(MsdtcEvents, "Application", [(STARTED, MSDTC, 4202, DTC_SETTINGS)]),
        _log(ServiceEvents, "System", ()),
        _log(ClusterEvents, "System", ()),
    ]
    if name in NODES:
        facts.append(cluster_moves(name, GROUP))
    return tuple(facts)


def entsso_events(history: Sequence[Entry]) -> EntssoEvents:
    """A log with that history of ENTSSO."""
    return _log(EntssoEvents, "Application", history)


def cluster_moves(name: str, *groups: str) -> ClusterMoves:
    """What a node's log says of groups that were tried on the other node, and came back."""
    came, went = (STARTED, TRIED) if name == NODES[0] else (TRIED, STARTED)
    entries = [(ago, CLUSTERING, number, (group,)) for group in groups for ago, number in ((came, 1201), (went, 1204))]
    return _log(ClusterMoves, f"{CLUSTERING}/Operational", entries)


def _history(name: str) -> list[Entry]:
    """What the log of the machine of that name says where the cluster is the master secret server."""
    if name == SQL:
        return []
    return node_history(name, NETWORK_NAME) if name in NODES else server_history(name, NETWORK_NAME)


def server_history(name: str, master: str) -> list[Entry]:
    """That of an SSO server, which fetched the secrets from the master."""
    return [*_start(STARTED, name), *_fetched(STARTED, master)]


def master_history(name: str) -> list[Entry]:
    """That of a master secret server that is not clustered."""
    return [*_start(STARTED, name, is_master=True), (BACKED_UP, ENTSSO, 10559, _kept(name))]


def node_history(node: str, network_name: str) -> list[Entry]:
    """That of a master's node: it has restored the secret and started under the network name, the first one last."""
    start = _start(_arrival(node), network_name, is_master=True)
    restored = [*_stop(node), *start, (RESTORED, ENTSSO, 10523, _kept(node))]
    if node != NODES[0]:
        return restored
    changed = (network_name, node, "SSO", node, OPERATOR)
    return [*restored, (MOVED, ENTSSO, 10575, changed), (BACKED_UP, ENTSSO, 10559, _kept(node))]


def member_history(node: str, network_name: str, master: str) -> list[Entry]:
    """That of a node where ENTSSO is clustered and fetches the secrets from a master elsewhere."""
    ago = _arrival(node)
    return [*_stop(node), *_start(ago, network_name), *_fetched(ago, master)]


def _arrival(node: str) -> timedelta:
    return STARTED if node == NODES[0] else TRIED


def _stop(node: str) -> list[Entry]:
    """The role went back to the first node."""
    return [(STARTED, ENTSSO, stopped, ()) for stopped in (10504, 10505)] if node != NODES[0] else []


def _start(ago: timedelta, name: str, *, is_master: bool = False) -> list[Entry]:
    becomes: list[Entry] = [(ago, ENTSSO, 10534, ())] if is_master else []
    return [(ago, ENTSSO, 10501, (name, SQL, DATABASE)), *becomes, (ago, ENTSSO, 10502, ())]


def _fetched(ago: timedelta, master: str) -> list[Entry]:
    return [(ago, ENTSSO, 10529 + place, (master, _id(place))) for place in (0, 1)]


def _kept(name: str) -> tuple[str, ...]:
    return BACKUP, _id(0), _id(1), OPERATOR, name


def _id(place: int) -> str:
    return SECRETS[place].strip("{}").upper()


def _log(kind: type[L], log: str, entries: Sequence[Entry]) -> L:
    oldest_first = sorted(entries, key=lambda entry: entry[0], reverse=True)
    return kind(
        log=log,
        is_enabled=True,
        read_at=CLOCK,
        since=CLOCK - timedelta(days=365),
        oldest=CLOCK - timedelta(days=400),
        is_truncated=False,
        events=tuple(
            Event(provider=provider, id=number, record_id=90_000 - place, time=_time(ago, place), strings=strings)
            for place, (ago, provider, number, strings) in enumerate(reversed(oldest_first))
        ),
    )


def _time(ago: timedelta, place: int) -> datetime:
    return CLOCK - ago - timedelta(seconds=place)
