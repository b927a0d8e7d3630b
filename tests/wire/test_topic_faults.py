"""Topics that go wrong, or are as large as they may be, over the real wire."""

from datetime import timedelta
from typing import Any

import pytest

from ssoaudit import record
from ssoaudit.collect.collection import Collection, Options
from ssoaudit.collect.sql.address import SqlLogin
from ssoaudit.collect.winrm.limits import Limits
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.evaluate import evaluate
from ssoaudit.evidence import Evidence, Read, ReadStatus, digest
from ssoaudit.facts import TOPICS, ClusterView, MasterSecretIds, ServiceEvents
from ssoaudit.lab.estate import NODES, LabEstate, Machine, healthy
from ssoaudit.lab.process import Lab
from ssoaudit.registry import find_checks, find_reports
from ssoaudit.vocabulary import Profile, Role, Verdict
from tests.odbc import any_driver

DEADLINE = 10.0
ALLOWANCE = 2.0
NODE = NODES[0]
NAME = "[it's] \"x\u2019\r\n\u202e\u2066gpj.exe \U0001f4a3 \x1b[2J\x00 `$(x)"
STEERING = ("\x1b", "\x00", "\u202e", "\u2066")
TOPIC_NAMES = [topic.topic for topic in TOPICS]


def collect(lab: Lab, limits: Limits) -> Evidence:
    options = Options(workers=len(lab.estate.machines), limits=limits, active_network=True)
    return Collection(lab.inventory(), Logon(lab.user, lab.password), options).collect()


def hanging_estate() -> LabEstate:
    """A node for the first look, and as many machines as there are topics, each of which hangs in another one."""
    node = healthy().machines[NODES[0]]
    hanging = [
        Machine(f"HANGS-{number}", (Role.BIZTALK,), node.facts, hangs_at=topic)
        for number, topic in enumerate(TOPIC_NAMES)
    ]
    return LabEstate({machine.name: machine for machine in (node, *hanging)})


def test_a_hang_costs_the_topic_and_those_after_it_and_no_more_time_than_a_server_has() -> None:
    with Lab(hanging_estate()) as lab:
        evidence = collect(lab, Limits(deadline=DEADLINE))
        counters = lab.counters()

    node, *hanging = evidence.servers
    assert {reading.status for reading in node.topics.values()} == {ReadStatus.OK}
    for number, server in enumerate(hanging):
        readings = [server.topics[topic] for topic in TOPIC_NAMES]
        assert [type(reading) for reading in readings[:number]] == [Read] * number, server.name
        assert {reading.status for reading in readings[number:]} == {ReadStatus.DEADLINE}
        assert (server.finished - server.started).total_seconds() <= DEADLINE + ALLOWANCE
    assert all(each["open_shells"] == 0 for each in counters.values())


# What is full, and what is spoilt


def view_of(estate: LabEstate) -> ClusterView:
    view = estate.machines[NODE].facts["cluster_view"]
    assert isinstance(view, ClusterView)
    return view


def events_of(estate: LabEstate) -> ServiceEvents:
    events = estate.machines[NODE].facts["service_events"]
    assert isinstance(events, ServiceEvents)
    return events


def full_view(view: ClusterView) -> ClusterView:
    """64 nodes and 200 resources, with names that steer whatever shows them."""
    nodes = [view.nodes[0].model_copy(update={"name": f"{NAME}{number}"}) for number in range(64 - len(view.nodes))]
    resources = [
        view.resources[0].model_copy(update={"id": f"{number}", "name": f"{NAME}{number}"})
        for number in range(200 - len(view.resources))
    ]
    return view.model_copy(update={"nodes": (*view.nodes, *nodes), "resources": (*view.resources, *resources)})


def full_log(log: ServiceEvents) -> ServiceEvents:
    """5 000 events, with as much text as a reader sends."""
    sample = {"provider": "Service Control Manager", "id": 7031, "strings": [NAME + "x" * 40]}
    events = [
        {**sample, "record_id": 9000 - number, "time": (log.read_at - timedelta(minutes=number)).isoformat()}
        for number in range(5000)
    ]
    data: dict[str, Any] = {**log.model_dump(mode="json"), "is_truncated": True, "events": events}
    return ServiceEvents.read(data)


class Nonsense(MasterSecretIds):
    """The ids, and 1 MB of something else."""

    nonsense: str


FULL_OR_SPOILT = {
    "200 resources and 64 nodes": (full_view(view_of(healthy())), ReadStatus.OK, None),
    "5 000 events": (full_log(events_of(healthy())), ReadStatus.OK, Verdict.READY),
    "1 MB of nonsense": (
        Nonsense(is_present=True, names=(), nonsense=f"{NAME}planted" * 20_000),
        ReadStatus.MALFORMED,
        Verdict.INCOMPLETE,
    ),
}


@pytest.mark.parametrize("what", FULL_OR_SPOILT)
def test_a_topic_that_is_full_or_spoilt_leaves_a_report_that_can_be_read(what: str) -> None:
    fact, status, verdict = FULL_OR_SPOILT[what]
    any_driver()
    with Lab(healthy().alter(NODE, fact)) as lab:
        sql = SqlLogin(lab.sql_user, lab.password)
        evidence = Collection(
            lab.inventory(), Logon(lab.user, lab.password), sql_login=sql, biztalk_login=sql
        ).collect()

    data = record.dump(evidence)
    reading = evidence.topics(NODE)[fact.topic]
    assert reading.status is status
    assert b"planted" not in data
    if isinstance(reading, Read):
        assert type(fact).read(reading.data) == fact
    result = evaluate(evidence, find_checks(), Profile.PREFLIGHT, sha256=digest(data))
    assert verdict in {None, result.verdict}
    for name in ("html", "table"):
        page = find_reports()[name].load().render(result).decode("utf-8")
        assert [sign for sign in STEERING if sign in page] == []
