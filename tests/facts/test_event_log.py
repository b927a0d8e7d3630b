import re
from datetime import datetime, timedelta, timezone
from importlib.resources import files

import pytest

from ssoaudit.facts import (
    TOPICS,
    ClusterEvents,
    ClusterMoves,
    EntssoEvents,
    EntssoFailures,
    Event,
    EventLog,
    MsdtcEvents,
    ServiceEvents,
)
from ssoaudit.lab.estate import healthy

LOGS = [topic for topic in TOPICS if issubclass(topic, EventLog)]
NOW = datetime(2026, 11, 20, 8, 40, tzinfo=timezone.utc)
MOST_TERMS = 19
RANGE = re.compile(r"EventID >= (\d+) and EventID <= (\d+)")
SINGLE = re.compile(r"EventID=(\d+)")
FROM = re.compile(r"EventID >= (\d+)\)?\)?$")


def query_of(topic: type[EventLog]) -> str:
    """The reader's query, put together."""
    reader = files("ssoaudit.facts").joinpath(f"{topic.topic}.ps1").read_text(encoding="ascii")
    return "".join(re.findall(r"'([^']*)'", reader)[1:])


def ids_of(topic: type[EventLog]) -> set[int]:
    """The ids that the query lets through, of those up to 11199."""
    query = query_of(topic)
    found = {int(number) for number in SINGLE.findall(query)}
    for first, last in RANGE.findall(query):
        found |= set(range(int(first), int(last) + 1))
    return found | {number for first in FROM.findall(query) for number in range(int(first), 11200)}


@pytest.mark.parametrize("topic", LOGS)
def test_a_query_is_short_enough_and_closed(topic: type[EventLog]) -> None:
    query = query_of(topic)
    assert len(re.findall(r"EventID|@Name", query)) < MOST_TERMS, "and one for the time: 20 at most"
    assert query.count("(") == query.count(")")
    assert query.startswith("Provider[@Name=")


@pytest.mark.parametrize(
    ("topic", "ids"),
    [
        (EntssoEvents, {10501, 10502, 10520, 10521, 10523, 10524, 10525, 10528, 10529, 10530, 10534, 10559, 10562}),
        (EntssoEvents, {10565, 10575, 10589, 10611}),
        (EntssoFailures, {10500, 10513, 10515, 10516, 10532, 10533, 10536, 10550, 10555, 10590, 10591, 10597, 10599}),
        (EntssoFailures, {10603, 10604, 10605, 10728, 11047, 11048, 11049, 11051, 11052}),
        (MsdtcEvents, {4101, 4202, 4874, 4875, 4876, 4879}),
        (ServiceEvents, {7000, 7009, 7031, 7034, 7038, 7041}),
        (ClusterEvents, {1069, 1135, 1146, 1205, *range(1193, 1197), 1206, 1207}),
        (ClusterMoves, {1200, 1201, 1203, 1204, 1637, 1641}),
    ],
)
def test_the_events_that_are_asked_about(topic: type[EventLog], ids: set[int]) -> None:
    assert ids <= ids_of(topic)


def test_every_event_of_entsso_is_of_one_kind_but_the_audits_of_what_succeeded() -> None:
    assert not ids_of(EntssoEvents) & ids_of(EntssoFailures)
    assert set(range(10500, 11200)) - ids_of(EntssoEvents) - ids_of(EntssoFailures) == {10506, 10531, 10535}


@pytest.mark.parametrize("topic", LOGS)
def test_the_lab_has_only_events_that_the_query_lets_through(topic: type[EventLog]) -> None:
    for machine in healthy().machines.values():
        log = machine.facts.get(topic.topic)
        if isinstance(log, EventLog):
            assert {event.id for event in log.events} <= ids_of(topic)
            assert all(f'@Name="{event.provider}"' in query_of(topic) for event in log.events)
            assert [event.record_id for event in log.events] == sorted(
                (event.record_id for event in log.events), reverse=True
            )
            times = [event.time for event in log.events]
            assert times == sorted(times, reverse=True)


def log(*days_ago: int, oldest: int | None = 400, is_truncated: bool = False) -> EventLog:
    return EventLog(
        log="Application",
        is_enabled=True,
        read_at=NOW,
        since=NOW - timedelta(days=365),
        oldest=None if oldest is None else NOW - timedelta(days=oldest),
        is_truncated=is_truncated,
        events=tuple(
            Event(provider="ENTSSO", id=10502, record_id=9 - place, time=NOW - timedelta(days=days), strings=())
            for place, days in enumerate(days_ago)
        ),
    )


@pytest.mark.parametrize(
    ("found", "days"),
    [
        (log(1, 2), 365),
        (log(), 365),
        (log(1, 2, oldest=30), 30),
        (log(1, 2, is_truncated=True), 2),
        (log(1, 40, oldest=30, is_truncated=True), 30),
        (log(is_truncated=True), 0),
        (log(oldest=None), 0),
    ],
)
def test_since_when_no_event_is_left_out(found: EventLog, days: int) -> None:
    assert found.covers_since == NOW - timedelta(days=days)
