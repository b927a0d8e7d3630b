"""A healthy estate at every stage, and of every kind of cluster: nothing fails, and nothing is left open."""

from dataclasses import replace
from typing import Any

import pytest

from ssoaudit.facts import ClusterView, EntssoRegistry, Env, Fact, GlobalInfo, MasterSecretIds, Services
from ssoaudit.inventory import Server
from ssoaudit.lab.estate import BIZTALK, NETWORK_NAME, NODES, LabEstate, Machine, healthy
from ssoaudit.result import Finding
from ssoaudit.vocabulary import ClusterRole, Stage, Status
from tests.checks.bundles import bundle, judge

OLD = "OLDMSS"
OURS = (
    "accounts.service-account-in-sso-administrators",
    "accounts.service-account-is-domain-account",
    "accounts.service-account-may-log-on-as-service",
    "accounts.service-account-same-on-every-node",
    "accounts.sso-groups-are-domain-groups",
    "database.is-configured",
    "database.secret-server-is-network-name",
    "secret.covers-ssodb",
    "secret.is-the-same-on-every-node",
)
MADE_LATER = frozenset(
    ("SSODB", topic) for topic in ("global_info", "external_credential_secrets", "windows_password_secrets")
)


def with_old_master(estate: LabEstate) -> LabEstate:
    """The estate with a master secret server beside the cluster, and no secret on the nodes."""
    like, secrets = estate.machines[BIZTALK[0]], estate.machines[NODES[0]].facts[MasterSecretIds.topic]
    env = like.facts[Env.topic].model_copy(update={"computer_name": OLD})
    facts: dict[str, Fact] = {**like.facts, Env.topic: env, MasterSecretIds.topic: secrets}
    estate = replace(estate, machines={**estate.machines, OLD: Machine(OLD, (), facts)})
    for node in NODES:
        estate = estate.alter(node, MasterSecretIds(is_present=False, names=()))
    return estate


def naming(estate: LabEstate, name: str) -> LabEstate:
    found = estate.database[GlobalInfo.topic]
    assert isinstance(found, GlobalInfo)
    return estate.alter_database(GlobalInfo(rows=(found.rows[0].model_copy(update={"gi_SecretServer": name}),)))


def bare(estate: LabEstate) -> LabEstate:
    """The nodes before ENTSSO is installed on them, in a cluster without its role."""
    registry = estate.machines[NODES[0]].facts[EntssoRegistry.topic]
    for node in NODES:
        estate = estate.alter(node, registry.model_copy(update={"sql_server": None, "sql_database": None}))
        estate = estate.alter(node, Services(services=(), processes=(), own_accounts=()))
    return estate.alter_cluster(no_role)


def no_role(cluster: ClusterView) -> ClusterView:
    return cluster.model_copy(update={"resources": (), "groups": (), "dependencies": (), "possible_owners": ()})


def judged(estate: LabEstate, *, without: frozenset[tuple[str, str]] = frozenset(), **update: Any) -> list[Finding]:
    inventory = estate.inventory().model_copy(update=update)
    findings = judge(bundle(estate, inventory=inventory, without=without), only=OURS).findings
    assert {finding.check for finding in findings} == set(OURS)
    return list(findings)


def not_applicable(findings: list[Finding]) -> set[str]:
    """The checks that do not apply; all others have to pass, on every target."""
    statuses = {(finding.status, finding.text) for finding in findings}
    assert {status for status, _ in statuses} <= {Status.PASS, Status.NOT_APPLICABLE}, statuses
    return {finding.check for finding in findings if finding.status is Status.NOT_APPLICABLE}


OF_SSODB = {"database.is-configured", "database.secret-server-is-network-name", "secret.covers-ssodb"}
SAME = "secret.is-the-same-on-every-node"


def test_clustered() -> None:
    assert not_applicable(judged(healthy())) == set()


def test_planned_with_an_ssodb_that_is_still_to_be_made() -> None:
    findings = judged(bare(healthy()), without=MADE_LATER, stage=Stage.PLANNED, change="new")

    assert not_applicable(findings) == {*OF_SSODB, SAME}


@pytest.mark.parametrize("stage", [Stage.PLANNED, Stage.BUILT])
@pytest.mark.parametrize("name", [OLD, NETWORK_NAME])
def test_before_a_move(stage: Stage, name: str) -> None:
    estate = naming(with_old_master(healthy()), name)
    findings = judged(bare(estate) if stage is Stage.PLANNED else estate, stage=stage, change="move",
                      present_master=OLD)  # fmt: skip

    assert not_applicable(findings) == {SAME}


def test_a_new_cluster_that_is_built_names_the_node_that_was_configured_first() -> None:
    estate = naming(healthy(), NODES[0])
    findings = judged(estate, stage=Stage.BUILT, change="new", present_master=NODES[0])

    assert not_applicable(findings) == {SAME}


def test_a_member_whose_master_is_elsewhere() -> None:
    estate = naming(with_old_master(healthy()), OLD)

    assert not_applicable(judged(estate, cluster_role=ClusterRole.MEMBER, present_master=OLD)) == {SAME}


def test_a_member_whose_master_is_not_in_the_inventory() -> None:
    findings = judged(naming(healthy(), OLD), cluster_role=ClusterRole.MEMBER, present_master=OLD)

    assert not_applicable(findings) == {SAME, "secret.covers-ssodb"}


def test_hosts_alone() -> None:
    estate = naming(with_old_master(healthy()).alter_cluster(no_role), OLD)
    findings = judged(estate, cluster_role=ClusterRole.HOSTS_ONLY, present_master=OLD)

    assert not_applicable(findings) == {
        SAME,
        "secret.covers-ssodb",
        "accounts.service-account-same-on-every-node",
    }


def test_a_present_master_that_the_inventory_knows_by_its_long_name() -> None:
    estate = naming(with_old_master(healthy()), OLD)
    servers = tuple(
        Server(host=f"{OLD}.contoso.com") if server.name == OLD else server for server in estate.inventory().servers
    )
    context: dict[str, Any] = {
        "stage": Stage.BUILT,
        "change": "move",
        "present_master": f"{OLD}.contoso.com",
        "servers": servers,
    }

    assert not_applicable(judged(estate, **context)) == {SAME}
