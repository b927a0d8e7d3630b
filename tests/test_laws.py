"""The second law: nothing that is missing ever becomes a pass."""

from collections.abc import Iterable

import pytest
from bundles import bundle, judge
from faults import FAULTS
from hypothesis import example, given
from hypothesis import strategies as st

from ssoaudit.evidence import DatabaseEvidence, Evidence
from ssoaudit.facts import BIZTALK_TOPICS, MSDB_TOPICS, SSODB_TOPICS, TOPICS, ClusterView, SqlServer
from ssoaudit.lab.estate import NODES, LabEstate, healthy
from ssoaudit.lab.estate.names import MASTER
from ssoaudit.lab.scenarios import SCENARIOS
from ssoaudit.result import Result, worst
from ssoaudit.vocabulary import Profile, State, Verdict


def split() -> LabEstate:
    """The nodes do not agree: the second sees its own old configuration."""
    estate = healthy()
    view = estate.machines[NODES[1]].facts[ClusterView.topic]
    assert isinstance(view, ClusterView)
    resources = tuple(each.model_copy(update={"use_network_name": 0}) for each in view.resources)
    return estate.alter(NODES[1], view.model_copy(update={"resources": resources}))


ESTATES = {
    "split": split(),
    **{name: build() for name, build in SCENARIOS.items()},
    **{f.name: f.alter(healthy()) for f in FAULTS},
}
EVIDENCE = {name: bundle(estate) for name, estate in ESTATES.items()}
PLACES = [(server.name, topic.topic) for server in healthy().inventory().servers for topic in TOPICS]
PLACES += [("SSODB", topic.topic) for topic in (*SSODB_TOPICS, *MSDB_TOPICS)]
PLACES += [("BizTalkMgmtDb", topic.topic) for topic in BIZTALK_TOPICS]
PLACES += [("BizTalkMsgBoxDb", SqlServer.topic)]
MORE_PLACES = [*PLACES, *((MASTER, topic.topic) for topic in TOPICS)]


def without(evidence: Evidence, topics: Iterable[tuple[str, str]], servers: Iterable[str]) -> Evidence:
    gone, nobody = set(topics), set(servers)
    kept = tuple(
        server.model_copy(
            update={
                "topics": {topic: read for topic, read in server.topics.items() if (server.name, topic) not in gone}
            }
        )
        for server in evidence.servers
        if server.name not in nobody
    )
    boxes = (rest(box, gone, nobody) for box in evidence.message_boxes)
    return evidence.model_copy(
        update={
            "servers": kept,
            "ssodb": rest(evidence.ssodb, gone, nobody),
            "management": rest(evidence.management, gone, nobody),
            "message_boxes": tuple(box for box in boxes if box is not None),
        }
    )


def rest(database: DatabaseEvidence | None, gone: set[tuple[str, str]], nobody: set[str]) -> DatabaseEvidence | None:
    if database is None or database.database in nobody:
        return None
    topics = {topic: read for topic, read in database.topics.items() if (database.database, topic) not in gone}
    return database.model_copy(update={"topics": topics})


def aggregate(result: Result) -> dict[str, State]:
    states: dict[str, list[State]] = {}
    for finding in result.findings:
        states.setdefault(finding.check, []).append(result.state(finding))
    return {check: worst(each) for check, each in states.items()}


@example("two names of the inventory lead to one node", {(NODES[0], "env")}, set(), Profile.PREFLIGHT)
@example("split", {(NODES[0], "env")}, set(), Profile.PREFLIGHT)
@given(
    name=st.sampled_from(sorted(EVIDENCE)),
    topics=st.sets(st.sampled_from(MORE_PLACES), max_size=12),
    servers=st.sets(st.sampled_from(sorted({server for server, _ in MORE_PLACES}))),
    profile=st.sampled_from(Profile),
)
def test_taking_evidence_away_never_makes_a_pass(
    name: str, topics: set[tuple[str, str]], servers: set[str], profile: Profile
) -> None:
    whole = EVIDENCE[name]
    before, after = judge(whole, profile), judge(without(whole, topics, servers), profile)
    was, became = aggregate(before), aggregate(after)

    assert became.keys() == was.keys()
    assert [check for check in was if was[check] is not State.PASS and became[check] is State.PASS] == []
    if without(whole, topics, servers) != whole:
        assert after.verdict is not Verdict.READY


@pytest.mark.parametrize(("server", "topic"), PLACES)
def test_one_missing_topic_alone_keeps_the_healthy_estate_from_ready(server: str, topic: str) -> None:
    assert judge(without(EVIDENCE["healthy"], [(server, topic)], [])).verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize("name", sorted(ESTATES))
def test_every_check_speaks_of_every_target(name: str) -> None:
    result = judge(EVIDENCE[name])

    assert {finding.check for finding in result.findings} == {check.id for check in result.checks}
    assert sum(result.totals().values()) == len(result.findings)
