from dataclasses import replace
from typing import Any

import pytest

from ssoaudit.checks.entsso.stopped_on_passive_nodes import stopped_on_passive_nodes
from ssoaudit.facts import ClusterView, Services
from ssoaudit.facts.cluster_view import PossibleOwner, ResourceState
from ssoaudit.inventory import Inventory, Server
from ssoaudit.lab.estate import NODES, LabEstate, healthy
from ssoaudit.plugin import Outcome, PerNode
from ssoaudit.vocabulary import ClusterRole, Role, Stage, Status
from tests.checks.bundles import bundle, finding_of
from tests.checks.views import altered, view

CHECK = "entsso.stopped-on-passive-nodes"
ACTIVE, PASSIVE = NODES


def services(**states: str | None) -> dict[str, Services]:
    """The nodes' services, with ENTSSO in another state there, or not at all."""
    return {name: _services(name, states.get(name, "")) for name in NODES}


def _services(name: str, state: str | None) -> Services:
    found = healthy().machines[name].facts[Services.topic]
    assert isinstance(found, Services)
    if state is None:
        others = tuple(service for service in found.services if service.name != "ENTSSO")
        return found.model_copy(update={"services": others})
    changes = {"state": state} if state else {}
    changed = tuple(
        service.model_copy(update=changes) if service.name == "ENTSSO" else service for service in found.services
    )
    return found.model_copy(update={"services": changed})


def nodes(*hosts: str) -> Inventory:
    servers = tuple(Server(host=host, roles=(Role.CLUSTER,)) for host in hosts)
    return healthy().inventory().model_copy(update={"servers": servers})


def owned_by(*names: str) -> ClusterView:
    """The cluster with those nodes as the possible owners of ENTSSO."""
    owners = tuple(PossibleOwner(resource="ENTSSO", node=name) for name in names)
    return view().model_copy(update={"possible_owners": owners})


def ask(
    found: dict[str, Services] | None = None, cluster: ClusterView | None = None, inventory: Inventory | None = None
) -> Outcome:
    outcome = stopped_on_passive_nodes(cluster or view(), PerNode(found or services()), inventory or nodes(*NODES))
    assert isinstance(outcome, Outcome)
    return outcome


@pytest.mark.parametrize("state", ["Stopped", "Stop Pending"])
def test_stopped_or_stopping_passes(state: str) -> None:
    outcome = ask(services(SSONODE2=state))

    assert outcome.status is Status.PASS
    assert outcome.text == "ENTSSO is owned by SSONODE1 and does not run on SSONODE2"


@pytest.mark.parametrize("state", ["Running", "Paused"])
def test_running_on_the_passive_node_fails(state: str) -> None:
    outcome = ask(services(SSONODE2=state))

    assert (outcome.status, outcome.servers) == (Status.FAIL, ("SSONODE2",))
    assert outcome.text == "ENTSSO runs on SSONODE2, but SSONODE1 owns it"
    assert outcome.observed == f"SSONODE2: {state}, Manual"
    assert [step.command.render()[0] for step in outcome.fix if step.command] == ["Stop-Service ENTSSO"]


def test_names_are_compared_without_case() -> None:
    assert ask(cluster=view(owner=ACTIVE.lower())).status is Status.PASS


def test_the_cluster_cuts_a_long_computer_name() -> None:
    long = "CONTOSO-SSO-NODE-1"
    cluster = altered(owned_by(long[:15], PASSIVE), "ENTSSO", owner=long[:15])
    found = services()

    outcome = ask({long: found[ACTIVE], PASSIVE: found[PASSIVE]}, cluster, nodes(long, PASSIVE))

    assert outcome.status is Status.PASS


def test_while_the_resource_is_offline_no_node_may_run_it() -> None:
    outcome = ask(cluster=view(state=ResourceState.OFFLINE))

    assert outcome.status is Status.FAIL
    assert outcome.text == "ENTSSO runs on SSONODE1, but the cluster's resource is offline"
    stopped = ask(services(SSONODE1="Stopped"), view(state=ResourceState.OFFLINE))
    assert stopped.text == "ENTSSO is offline in the cluster and does not run on SSONODE1, SSONODE2"


@pytest.mark.parametrize("state", [ResourceState.ONLINE_PENDING, ResourceState.OFFLINE_PENDING, ResourceState.PENDING])
def test_a_role_on_the_move_is_not_judged(state: ResourceState) -> None:
    outcome = ask(services(SSONODE2="Running"), view(state=state))

    assert outcome.status is Status.NOT_VERIFIED
    assert "SSONODE2" in outcome.text


@pytest.mark.parametrize(
    ("state", "shown"),
    [("Start Pending", "Start Pending, Manual"), ("Unknown", "Unknown, Manual"), (None, "not found")],
)
def test_what_is_neither_stopped_nor_running_is_not_verified(state: str | None, shown: str) -> None:
    outcome = ask(services(SSONODE2=state))

    assert (outcome.status, outcome.servers) == (Status.NOT_VERIFIED, ("SSONODE2",))
    assert f"SSONODE2: {shown}" in outcome.text


def test_a_node_that_may_not_own_it_may_run_its_own() -> None:
    found = {**services(), "SSONODE3": _services(ACTIVE, "Running")}

    view = owned_by(*NODES)
    third = view.nodes[0].model_copy(update={"name": "SSONODE3"})
    cluster = view.model_copy(update={"nodes": (*view.nodes, third)})

    assert ask(found, cluster, nodes(*NODES, "SSONODE3")).status is Status.PASS


def test_a_node_of_the_inventory_that_the_cluster_does_not_know_is_not_passed_over() -> None:
    outcome = ask({**services(), "SSONODE3": services()[PASSIVE]}, inventory=nodes(*NODES, "SSONODE3"))

    assert outcome.status is Status.NOT_VERIFIED
    assert "SSONODE3" in outcome.text


def test_without_possible_owners_every_node_counts() -> None:
    assert ask(services(SSONODE2="Running"), owned_by()).status is Status.FAIL


def test_one_possible_owner_has_no_passive_node() -> None:
    outcome = ask(services(SSONODE2="Running"), owned_by(ACTIVE))

    assert outcome.status is Status.NOT_APPLICABLE
    assert "Only SSONODE1 may own ENTSSO" in outcome.text


def test_a_possible_owner_outside_the_inventory_is_not_verified() -> None:
    outcome = ask(cluster=owned_by(*NODES, "SSONODE3"))

    assert outcome.status is Status.NOT_VERIFIED
    assert "SSONODE3 may own ENTSSO and is no cluster node of the inventory" in outcome.text


def test_nodes_known_by_their_address_cannot_be_told_from_the_owner() -> None:
    found = dict(zip(("10.20.4.11", "10.20.4.12"), services().values(), strict=True))

    outcome = ask(found, inventory=nodes(*found))

    assert outcome.status is Status.NOT_VERIFIED


def test_an_owner_outside_the_inventory_leaves_all_others_passive() -> None:
    cluster = altered(owned_by(*NODES, "SSONODE3"), "ENTSSO", owner="SSONODE3")
    outcome = ask(cluster=cluster)

    assert (outcome.status, outcome.text) == (Status.FAIL, "ENTSSO runs on SSONODE1, but SSONODE3 owns it")


def _judged(estate: LabEstate, *without: tuple[str, str], **inventory: Any) -> Any:
    changed = estate.inventory().model_copy(update=inventory)
    return finding_of(CHECK, bundle(estate, inventory=changed, without=without))


@pytest.mark.parametrize("update", [{"stage": Stage.PLANNED}, {"cluster_role": ClusterRole.HOSTS_ONLY}])
def test_it_does_not_concern_a_cluster_without_a_clustered_entsso(update: dict[str, object]) -> None:
    estate = healthy().alter(PASSIVE, services(SSONODE2="Running")[PASSIVE])

    assert _judged(estate).status is Status.FAIL
    assert _judged(estate, **update).status is Status.NOT_APPLICABLE


def test_an_unread_passive_node_is_not_verified_with_its_reason() -> None:
    finding = _judged(healthy(), (PASSIVE, "services"))

    assert finding.status is Status.NOT_VERIFIED
    assert "SSONODE2: Access is denied." in finding.text
    assert [reason.server for reason in finding.reasons] == [PASSIVE]


def test_a_node_that_runs_it_fails_whatever_was_not_read() -> None:
    estate = replace(healthy().alter(PASSIVE, services(SSONODE2="Running")[PASSIVE]), unreachable=frozenset({ACTIVE}))

    assert _judged(estate).status is Status.FAIL


def test_without_a_view_of_the_cluster_nothing_is_verified() -> None:
    finding = _judged(healthy(), *((node, "cluster_view") for node in NODES))

    assert finding.status is Status.NOT_VERIFIED
    assert finding.blocked_by == "cluster.entsso-is-generic-service"
