"""What the event logs hold."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ssoaudit.facts import ClusterMoves, EventLog
from ssoaudit.lab.estate import Machine
from tests.powershell.windows import Row, Windows

SYSTEM_LOGS = ("Application", "System")
CLUSTER_LOG = "Microsoft-Windows-FailoverClustering/Operational"


def tell_events(told: Windows, machine: Machine) -> None:
    """What the readers of events are told from."""
    logs = [*SYSTEM_LOGS, *((CLUSTER_LOG,) if ClusterMoves.topic in machine.facts else ())]
    told.logs = {name: [] for name in logs}
    for fact in machine.facts.values():
        if not isinstance(fact, EventLog):
            continue
        told.logs[fact.log] += [
            _record(each.provider, each.id, each.record_id, each.time, each.strings) for each in fact.events
        ]
        if not fact.is_enabled:
            told.disabled_logs.add(fact.log)
        if fact.oldest is not None and not any(record["RecordId"] == 1 for record in told.logs[fact.log]):
            told.logs[fact.log] += _oldest(fact.oldest, fact.since - timedelta(seconds=1))


def _oldest(oldest: datetime, too_early: datetime) -> list[Row]:
    """The record that the log begins with, and one of ENTSSO that is older than what is asked for."""
    first = _record("EventLog", 6005, 1, oldest, ())
    return [first, _record("ENTSSO", 10501, 2, max(oldest, too_early), ("before the window",))]


def _record(provider: str, number: int, record_id: int, time: datetime, strings: Iterable[str]) -> Row:
    properties = [{"Value": string} for string in strings]
    return {
        "ProviderName": provider,
        "Id": number,
        "RecordId": record_id,
        "TimeCreated": time,
        "Properties": properties,
    }
