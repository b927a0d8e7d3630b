from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ssoaudit.facts import ClusterView, Env, GlobalInfo
from ssoaudit.inventory import Server
from ssoaudit.lab.estate import BIZTALK, CLUSTER, GROUP, NETWORK_NAME, NODES, LabEstate, Machine, healthy
from ssoaudit.result import Finding
from ssoaudit.vocabulary import ClusterRole, Stage, Status
from tests.checks.bundles import bundle, finding_of
from tests.checks.views import another_name, depends, view

CHECK = "database.secret-server-is-network-name"
OLD = "OLDMSS"
BEFORE = {"stage": Stage.BUILT, "change": "move", "present_master": OLD}
MEMBER = {"cluster_role": ClusterRole.MEMBER, "present_master": OLD}
HOSTS = {"cluster_role": ClusterRole.HOSTS_ONLY, "present_master": OLD}


def naming(name: str, estate: LabEstate | None = None, times: int = 1) -> LabEstate:
    """The estate whose SSODB names this master secret server."""
    found = (estate or healthy()).database[GlobalInfo.topic]
    assert isinstance(found, GlobalInfo)
    row = found.rows[0].model_copy(update={"gi_SecretServer": name})
    return (estate or healthy()).alter_database(GlobalInfo(rows=(row,) * times))


def ask(estate: LabEstate, without: frozenset[tuple[str, str]] = frozenset(), **update: Any) -> Finding:
    inventory = estate.inventory().model_copy(update=update)
    return finding_of(CHECK, bundle(estate, inventory=inventory, without=without))


def seeing(cluster: ClusterView, estate: LabEstate | None = None) -> LabEstate:
    return (estate or healthy()).alter_cluster(lambda _: cluster)


@pytest.mark.parametrize("name", [NETWORK_NAME, NETWORK_NAME.lower(), f" {NETWORK_NAME} "])
def test_the_network_name_passes(name: str) -> None:
    finding = ask(naming(name))

    assert (finding.status, finding.text) == (Status.PASS, "SSODB names the network name, SSOMSS")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (NODES[1], f"the node {NODES[1]}, one machine"),
        ("ssonode2.contoso.com", "the node ssonode2.contoso.com, one machine"),
        (CLUSTER, f"the cluster's own name {CLUSTER}"),
        (f"{CLUSTER}.contoso.com", f"the cluster's own name {CLUSTER}.contoso.com"),
        ("ENTSSO", "ENTSSO, the name of a resource and of no machine"),
        ("Cluster Disk 2", "Cluster Disk 2, the name of a resource and of no machine"),
        ("10.20.4.50", "the IP address 10.20.4.50"),
        ("fe80::1", "the IP address fe80::1"),
        ("sso.contoso.com", "sso.contoso.com, which is no name known here (an alias, or another server)"),
        ("-----", "nobody ('-----': it was never configured)"),
        ("", "nobody ('': it was never configured)"),
        (OLD, f"the old master {OLD}"),
        ("oldmss.contoso.com", "the old master oldmss.contoso.com"),
        (BIZTALK[0], f"the server {BIZTALK[0]}, one machine"),
    ],
)
def test_another_name_fails_and_is_told_apart(name: str, told: str) -> None:
    finding = ask(naming(name), present_master=OLD)

    assert finding.status is Status.FAIL
    assert finding.text == f"SSODB names {told}, not the network name SSOMSS"
    assert "failover" in finding.why
    assert finding.fix[0].on == "the node that owns ENTSSO"


def test_the_old_master_of_the_inventory_is_called_so() -> None:
    assert "the old master BTSAPP01" in ask(naming(BIZTALK[0]), present_master=BIZTALK[0]).text
    assert "the node SSONODE1" in ask(naming(NODES[0]), present_master=NODES[0]).text


def test_a_node_that_is_not_in_the_inventory_is_known_by_the_cluster() -> None:
    inventory = healthy().inventory()
    servers = tuple(server for server in inventory.servers if server.name != NODES[1])

    assert f"the node {NODES[1]}" in ask(naming(NODES[1]), servers=servers).text


def test_the_network_name_of_another_role_is_told() -> None:
    estate = seeing(another_name("BTSHOSTS", group="BizTalk hosts"), naming("BTSHOSTS"))

    assert "BTSHOSTS, the network name of another role, BizTalk hosts" in ask(estate).text


@pytest.mark.parametrize(
    "name", ["ssomss.contoso.com", "SSOMSS.other.example", "sso-master-secret", "SSO-Master-Secret.x"]
)
def test_a_long_form_of_the_network_name_is_not_verified(name: str) -> None:
    cluster = view()
    resources = tuple(
        each.model_copy(update={"dns_name": "sso-master-secret"}) if each.network_name else each
        for each in cluster.resources
    )
    finding = ask(seeing(cluster.model_copy(update={"resources": resources}), naming(name)))

    assert finding.status is Status.NOT_VERIFIED
    assert finding.text == f"SSODB names {name}, a long form of the network name SSOMSS"


def no_entsso(cluster: ClusterView) -> ClusterView:
    resources = tuple(each for each in cluster.resources if each.name != "ENTSSO")
    return cluster.model_copy(update={"resources": resources})


def no_name(cluster: ClusterView) -> ClusterView:
    resources = tuple(each for each in cluster.resources if not each.network_name)
    return cluster.model_copy(update={"resources": resources})


@pytest.mark.parametrize("change", [no_entsso, no_name])
def test_without_a_network_name_only_what_is_surely_wrong_fails(change: Callable[[ClusterView], ClusterView]) -> None:
    def status(name: str) -> Status:
        return ask(naming(name).alter_cluster(change), network_name=None).status

    assert status(NETWORK_NAME) is Status.NOT_VERIFIED
    assert status("sso.contoso.com") is Status.NOT_VERIFIED
    assert [status(name) for name in (NODES[0], CLUSTER, "10.20.4.50", "-----")] == [Status.FAIL] * 4


def test_of_two_names_the_one_that_entsso_depends_on_counts() -> None:
    two = another_name("SECOND")
    assert ask(seeing(two, naming(NETWORK_NAME)), network_name=None).status is Status.PASS
    assert ask(seeing(two, naming("SECOND")), network_name=None).status is Status.FAIL

    both = depends(two, "ENTSSO", "[SSOMSS] and [SECOND]")
    assert ask(seeing(both, naming("SECOND")), network_name=None).status is Status.NOT_VERIFIED
    assert ask(seeing(both, naming("SECOND")), network_name="second").status is Status.PASS


def test_a_cluster_that_could_not_be_read_is_not_verified_with_the_reason() -> None:
    unread = frozenset((node, "cluster_view") for node in NODES)
    finding = ask(naming(NETWORK_NAME), unread)

    assert finding.status is Status.NOT_VERIFIED
    assert finding.text == "Whether SSODB should name SSOMSS is not known: the network name: Access is denied."
    assert ask(naming(NODES[0]), unread).status is Status.FAIL


@pytest.mark.parametrize("context", [BEFORE, {**BEFORE, "stage": Stage.PLANNED}, MEMBER, HOSTS])
def test_where_the_master_is_elsewhere_its_name_passes(context: dict[str, Any]) -> None:
    assert ask(naming(OLD), **context).text == f"SSODB names the present master secret server, {OLD}"
    assert ask(naming("oldmss.contoso.com"), **context).status is Status.NOT_VERIFIED
    wrong = ask(naming("OTHER"), **context)
    assert wrong.status is Status.FAIL
    assert wrong.text.endswith(f"not the present master secret server {OLD}")
    assert "failover" not in wrong.why
    assert ask(naming(CLUSTER), **context).status is Status.FAIL


@pytest.mark.parametrize("stage", [Stage.PLANNED, Stage.BUILT])
@pytest.mark.parametrize("present", [OLD, None])
def test_before_the_change_the_network_name_passes_with_a_note(stage: Stage, present: str | None) -> None:
    context: dict[str, Any] = {**BEFORE, "stage": stage, "present_master": present}
    finding = ask(naming(NETWORK_NAME), **context)

    assert finding.status is Status.PASS
    assert finding.text == "SSODB already names the network name, SSOMSS; it is meant to at the end"
    planned = ask(naming("planned").alter_cluster(no_entsso), network_name="PLANNED", **context)
    assert planned.status is Status.PASS
    assert ask(naming("ssomss.contoso.com"), **context).status is Status.NOT_VERIFIED


@pytest.mark.parametrize("context", [MEMBER, HOSTS])
def test_the_cluster_s_own_network_name_fails_where_the_master_is_elsewhere(context: dict[str, Any]) -> None:
    finding = ask(naming(NETWORK_NAME), **context)

    assert finding.status is Status.FAIL
    assert f"SSOMSS, the network name of this cluster's own role, {GROUP}" in finding.text


@pytest.mark.parametrize("context", [BEFORE, MEMBER, HOSTS])
@pytest.mark.parametrize("present", [None, "10.1.1.1"])
def test_a_master_whose_name_is_not_known_is_not_verified(context: dict[str, Any], present: str | None) -> None:
    for name in (OLD, NODES[0], BIZTALK[0]):
        finding = ask(naming(name), **{**context, "present_master": present})
        assert finding.status is Status.NOT_VERIFIED
        assert f"Whether SSODB should name {name} is not known" in finding.text

    assert ask(naming("-----"), **{**context, "present_master": present}).status is Status.FAIL


@pytest.mark.parametrize(
    ("host", "name"),
    [("10.20.4.9", "OLDMSS"), ("old-master-secret-server.contoso.com", "OLD-MASTER-SECR"), ("oldmss.contoso.com", OLD)],
)
def test_a_server_is_known_by_its_own_computer_name(host: str, name: str) -> None:
    server = Server(host=host)
    env = healthy().machines[NODES[0]].facts[Env.topic].model_copy(update={"computer_name": name})
    estate = healthy()
    estate = replace(estate, machines={**estate.machines, server.name: Machine(server.name, (), {Env.topic: env})})
    inventory = estate.inventory()
    servers = (*(each for each in inventory.servers if each.name != server.name), server)
    context: dict[str, Any] = {**BEFORE, "present_master": host, "servers": servers}

    assert ask(naming(name, estate), **context).status is Status.PASS
    assert ask(naming("OTHER", estate), **context).status is Status.FAIL


@pytest.mark.parametrize(("times", "told"), [(0, "no row"), (2, "more than one row")])
def test_another_number_of_rows_is_not_verified(times: int, told: str) -> None:
    finding = ask(naming(NETWORK_NAME, times=times))

    assert (finding.status, finding.text) == (Status.NOT_VERIFIED, f"SSODB holds {told} of settings")


NO_INFO = frozenset({("SSODB", "global_info")})


def test_an_ssodb_that_is_still_to_be_made_is_not_applicable() -> None:
    assert ask(healthy(), NO_INFO, change="new", stage=Stage.PLANNED).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize("context", [{}, {"change": "new"}, {"change": "new", "stage": Stage.BUILT}, BEFORE])
def test_an_ssodb_that_could_not_be_read_is_not_verified_with_the_reason(context: dict[str, Any]) -> None:
    finding = ask(healthy(), NO_INFO, **context)

    assert finding.status is Status.NOT_VERIFIED
    assert finding.text == "SSODB could not be read: SELECT for global_info was denied."
