from typing import Any

import pytest
from bundles import bundle

from ssoaudit.evidence import Evidence, Missing, Read, ReadStatus
from ssoaudit.facts import ClusterSettings, ClusterView, Lacking
from ssoaudit.facts.cluster_view import Dependency
from ssoaudit.lab.estate import NODES, LabEstate, healthy
from ssoaudit.plugin import Need
from ssoaudit.supply import subjects_of, supply_of
from ssoaudit.targets import Estate
from ssoaudit.vocabulary import Target


def levels(**by_node: int) -> LabEstate:
    """The healthy estate, in which each node tells another functional level."""
    estate = healthy()
    for name, level in by_node.items():
        settings = estate.machines[name].facts[ClusterSettings.topic]
        estate = estate.alter(name, settings.model_copy(update={"functional_level": level}))
    return estate


def level(evidence: Evidence) -> int | Missing | None:
    fact = Estate(evidence).cluster_fact(ClusterSettings, None)
    return fact if isinstance(fact, Missing) else fact.functional_level


def test_another_fact_of_the_cluster_is_the_owners() -> None:
    estate = levels(SSONODE1=9, SSONODE2=11)
    assert level(bundle(estate)) == 9

    def moved(view: ClusterView) -> ClusterView:
        groups = tuple(group.model_copy(update={"owner": NODES[1].lower()}) for group in view.groups)
        return view.model_copy(update={"groups": groups})

    assert level(bundle(estate.alter_cluster(moved))) == 11


def test_where_the_owner_did_not_tell_another_node_does() -> None:
    assert level(bundle(levels(SSONODE1=9, SSONODE2=11), without={(NODES[0], ClusterSettings.topic)})) == 11


def test_where_nobody_told_it_is_missing() -> None:
    found = level(bundle(healthy(), without={(node, ClusterSettings.topic) for node in NODES}))
    assert isinstance(found, Missing)
    assert found.status is ReadStatus.DENIED


def test_without_a_cluster_there_is_no_other_fact_of_it() -> None:
    found = level(bundle(healthy(), without={(node, ClusterView.topic) for node in NODES}))
    assert isinstance(found, Missing)


def test_a_check_of_the_cluster_is_given_the_fact_that_it_asks_for() -> None:
    estate = Estate(bundle(levels(SSONODE1=9, SSONODE2=11)))
    (subject,) = subjects_of(Target.CLUSTER, estate)
    needs = (Need("cluster", fact=ClusterView), Need("settings", fact=ClusterSettings))
    arguments = supply_of(needs, subject, estate).arguments
    assert isinstance(arguments["cluster"], ClusterView)
    assert arguments["settings"].functional_level == 9


NOT_ASKED = "not asked: the resources before it took 20 s"


def unanswered(estate: LabEstate, node: str, place: int = -1) -> LabEstate:
    """The estate in which a node did not tell one dependency."""
    view = estate.machines[node].facts[ClusterView.topic]
    assert isinstance(view, ClusterView)
    dependencies: list[Dependency] = list(view.dependencies)
    dependencies[place] = dependencies[place].model_copy(update={"expression": None, "error": NOT_ASKED})
    return estate.alter(node, view.model_copy(update={"dependencies": tuple(dependencies)}))


def in_part(evidence: Evidence, node: str, part: str) -> Evidence:
    """The evidence in which a node's view of the cluster lacks a part."""
    servers = []
    for server in evidence.servers:
        topics: dict[str, Any] = dict(server.topics)
        if server.name == node:
            data = {name: value for name, value in topics[ClusterView.topic].data.items() if name != part}
            lacking = {part: "there are more than 200"}
            topics[ClusterView.topic] = Read(status=ReadStatus.PARTIAL, milliseconds=1, lacking=lacking, data=data)
        servers.append(server.model_copy(update={"topics": topics}))
    return evidence.model_copy(update={"servers": tuple(servers)})


@pytest.mark.parametrize("node", NODES)
def test_a_dependency_that_was_not_told_is_no_other_view(node: str) -> None:
    (view,) = Estate(bundle(unanswered(healthy(), node))).views
    assert view.nodes == NODES
    with pytest.raises(Lacking, match=NOT_ASKED):
        view.cluster.dependencies_of(view.cluster.entsso)


def test_dependencies_that_nodes_did_not_tell_add_up() -> None:
    (view,) = Estate(bundle(unanswered(unanswered(healthy(), NODES[1]), NODES[0], 0))).views
    assert [each.error is None for each in view.cluster.dependencies].count(False) == 2


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("part", ["dependencies", "possible_owners"])
def test_a_part_that_was_not_told_is_no_other_view(node: str, part: str) -> None:
    (view,) = Estate(in_part(bundle(healthy()), node, part)).views
    assert view.nodes == NODES
    assert view.cluster.entsso_group.name
    with pytest.raises(Lacking, match="more than 200"):
        getattr(view.cluster, part)


def test_what_nodes_told_otherwise_is_another_view_whatever_they_did_not_tell() -> None:
    estate = healthy()
    view = estate.machines[NODES[1]].facts[ClusterView.topic]
    assert isinstance(view, ClusterView)
    resources = tuple(each.model_copy(update={"use_network_name": 0}) for each in view.resources)
    other = estate.alter(NODES[1], view.model_copy(update={"resources": resources}))
    views = Estate(bundle(unanswered(other, NODES[0]))).views
    assert [view.nodes for view in views] == [(node,) for node in NODES]
    views = Estate(bundle(unanswered(other, NODES[1], 0))).views
    assert [view.nodes for view in views] == [(node,) for node in NODES]
