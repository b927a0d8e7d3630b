"""Every shape of a healthy estate, and faults whose finding differs by shape."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from bundles import bundle, judge

from ssoaudit.evidence import Evidence
from ssoaudit.facts import (
    BIZTALK_TOPICS,
    MSDB_TOPICS,
    PILOT_TOPICS,
    SSODB_TOPICS,
    TOPICS,
    ClusterMoves,
    ClusterSettings,
    ClusterView,
    EntssoRegistry,
    Fact,
    GlobalInfo,
    Identities,
    MasterSecretIds,
    MsdtcIdentities,
    Services,
)
from ssoaudit.lab.estate import ADMINISTRATORS, LabEstate, Machine
from ssoaudit.lab.estate.names import BIZTALK_HOSTS, CLUSTER, ENTSSO_ID, HOSTS_NAME, MASTER, NETWORK_NAME, NODES, SQL
from ssoaudit.lab.estate.roles import HOST_IDS, SQL_NAME_ID
from ssoaudit.lab.estate.shapes import SHAPES
from ssoaudit.vocabulary import Profile, Role, Status, Verdict

Findings = dict[tuple[str, str], tuple[str, str]]
Alteration = Callable[[LabEstate], LabEstate]

OF_NODES = frozenset[type[Fact]]({ClusterView, ClusterSettings, ClusterMoves})
NOT_ASKED = {
    "dedicated": set[str](),
    "beside-sql-server": set[str](),
    "in-sql-server-group": set[str](),
    "with-hosts-and-iis": set[str](),
    "member": {"secret.is-the-same-on-every-node"},
    "hosts-only": {
        "accounts.service-account-same-on-every-node",
        "cluster.entsso-depends-on-network-name",
        "cluster.entsso-is-generic-service",
        "cluster.entsso-uses-network-name",
        "entsso.stopped-on-passive-nodes",
        "secret.covers-ssodb",
        "secret.is-on-every-node",
        "secret.is-the-same-on-every-node",
        "secret.reencryption-is-complete",
    },
    "planned-new": {
        "cluster.entsso-depends-on-network-name",
        "cluster.entsso-is-generic-service",
        "cluster.entsso-uses-network-name",
        "database.address-is-virtual",
        "database.audit-account-is-least-privileged",
        "database.is-backed-up",
        "database.is-configured",
        "database.is-highly-available",
        "database.same-on-every-server",
        "database.secret-server-is-network-name",
        "database.sso-servers-are-inventoried",
        "entsso.sso-is-enabled",
        "entsso.stopped-on-passive-nodes",
        "entsso.validates-tickets",
        "secret.covers-ssodb",
        "secret.is-on-every-node",
        "secret.is-the-same-on-every-node",
        "secret.reencryption-is-complete",
    },
    "planned-move": {
        "cluster.entsso-depends-on-network-name",
        "cluster.entsso-is-generic-service",
        "cluster.entsso-uses-network-name",
        "database.address-is-virtual",
        "entsso.stopped-on-passive-nodes",
        "secret.is-the-same-on-every-node",
    },
    "built": {"secret.is-the-same-on-every-node"},
}
"""Which checks do not apply to all their targets in a shape; all others pass."""


@dataclass(frozen=True)
class Fault:
    """One thing altered in an estate of a shape: check, target, status and severity of all findings that change."""

    shape: str
    name: str
    alter: Alteration
    changes: frozenset[tuple[str, str, str, str]]
    says: str


def findings(estate: LabEstate) -> Findings:
    """What all profiles together say."""
    evidence = bundle(estate)
    return {key: said for profile in Profile for key, said in judged(evidence, profile).items()}


def judged(evidence: Evidence, profile: Profile) -> Findings:
    return {
        (finding.check, finding.target): (finding.status.value, finding.severity.value)
        for finding in judge(evidence, profile).findings
    }


def named(secret_server: str) -> Alteration:
    """SSODB names another master secret server."""

    def alter(estate: LabEstate) -> LabEstate:
        info = estate.database[GlobalInfo.topic]
        assert isinstance(info, GlobalInfo)
        row = info.rows[0].model_copy(update={"gi_SecretServer": secret_server})
        return estate.alter_database(GlobalInfo(rows=(row,)))

    return alter


def depending_on(resource_id: str) -> Alteration:
    """ENTSSO depends on that resource alone."""

    def change(view: ClusterView) -> ClusterView:
        dependencies = tuple(
            each.model_copy(update={"expression": f"([{resource_id}])"}) if each.resource_id == ENTSSO_ID else each
            for each in view.dependencies
        )
        return view.model_copy(update={"dependencies": dependencies})

    return lambda estate: estate.alter_cluster(change)


def nameless_host(estate: LabEstate) -> LabEstate:
    """Which service a clustered host runs cannot be read."""

    def change(view: ClusterView) -> ClusterView:
        resources = tuple(
            each.model_copy(update={"service_name": None}) if each.id in HOST_IDS.values() else each
            for each in view.resources
        )
        return view.model_copy(update={"resources": resources})

    return estate.alter_cluster(change)


def looking_on(machine: str, server: str | None, database: str | None = "SSODB") -> Alteration:
    """ENTSSO of a machine looks for SSODB there."""

    def alter(estate: LabEstate) -> LabEstate:
        entry = estate.machines[machine].facts[EntssoRegistry.topic]
        return estate.alter(machine, entry.model_copy(update={"sql_server": server, "sql_database": database}))

    return alter


def entsso(machine: str, **update: object) -> Alteration:
    """The service of a machine is otherwise."""

    def alter(estate: LabEstate) -> LabEstate:
        fact = estate.machines[machine].facts[Services.topic]
        assert isinstance(fact, Services)
        services = tuple(each.model_copy(update=update) if each.name == "ENTSSO" else each for each in fact.services)
        return estate.alter(machine, fact.model_copy(update={"services": services}))

    return alter


def unsecret(machine: str) -> Alteration:
    """A machine has no master secret."""
    return lambda estate: estate.alter(machine, MasterSecretIds(is_present=False, names=()))


def local_group(estate: LabEstate) -> LabEstate:
    """The SSO Administrators are a group that each node has for itself."""
    for node in NODES:
        fact = estate.machines[node].facts[Identities.topic]
        assert isinstance(fact, Identities)
        names = tuple(
            each.model_copy(update={"sid": f"{fact.machine_sid}-1005"}) if each.name == ADMINISTRATORS else each
            for each in fact.names
        )
        estate = estate.alter(node, fact.model_copy(update={"names": names}))
    return estate


def clone(original: str, copy: str) -> Alteration:
    """A machine was cloned from another."""
    return lambda estate: estate.alter(copy, estate.machines[original].facts[MsdtcIdentities.topic])


NAMED = "database.secret-server-is-network-name"
VIRTUAL = "database.address-is-virtual"
SAME_DATABASE = "database.same-on-every-server"
DEPENDS = "cluster.entsso-depends-on-network-name"
GENERIC = "cluster.entsso-is-generic-service"
STOPPED = "entsso.stopped-on-passive-nodes"
SECRET = "secret.is-on-every-node"
COVERS = "secret.covers-ssodb"
IS_DOMAIN = "accounts.service-account-is-domain-account"
IN_ADMINISTRATORS = "accounts.service-account-in-sso-administrators"
MAY_LOG_ON = "accounts.service-account-may-log-on-as-service"
USES_NAME = "cluster.entsso-uses-network-name"
SAME_SECRET = "secret.is-the-same-on-every-node"
GROUPS = "accounts.sso-groups-are-domain-groups"
CIDS = "msdtc.cids-are-unique"
FAULTS = (
    Fault(
        "beside-sql-server",
        "ENTSSO depends on the network name of SQL Server",
        depending_on(SQL_NAME_ID),
        frozenset({(DEPENDS, "cluster", "fail", "critical")}),
        f"({SQL}) of another group",
    ),
    Fault(
        "beside-sql-server",
        "SSODB names the network name of SQL Server",
        named(SQL),
        frozenset({(NAMED, "SSODB", "fail", "critical")}),
        f"{SQL}, the network name of another role",
    ),
    Fault(
        "beside-sql-server",
        "a node looks for SSODB on the node that has it",
        looking_on(NODES[1], NODES[0]),
        frozenset({(VIRTUAL, NODES[1], "fail", "high"), (SAME_DATABASE, "estate", "fail", "critical")}),
        f"the machine {NODES[0]}, which has SSODB now",
    ),
    Fault(
        "in-sql-server-group",
        "SSODB names a role that is no more",
        named(NETWORK_NAME),
        frozenset({(NAMED, "SSODB", "fail", "critical")}),
        f"not the network name {SQL}",
    ),
    Fault(
        "in-sql-server-group",
        "SSODB names the cluster itself",
        named(CLUSTER),
        frozenset({(NAMED, "SSODB", "fail", "critical")}),
        f"the cluster's own name {CLUSTER}",
    ),
    Fault(
        "with-hosts-and-iis",
        "the service of a clustered host cannot be read",
        nameless_host,
        frozenset((check, "cluster", "not_verified", "critical") for check in (GENERIC, DEPENDS, USES_NAME, STOPPED)),
        f"the service of BTSSvc${BIZTALK_HOSTS[0]}",
    ),
    Fault(
        "with-hosts-and-iis",
        "a host started ENTSSO on the passive node",
        entsso(NODES[1], state="Running", process_id=2044),
        frozenset({(STOPPED, "cluster", "fail", "critical")}),
        f"ENTSSO runs on {NODES[1]}, but {NODES[0]} owns it",
    ),
    Fault(
        "member",
        "the remote master lost the secret",
        unsecret(MASTER),
        frozenset(
            {
                (SECRET, MASTER, "fail", "critical"),
                (COVERS, MASTER, "not_verified", "critical"),
                (SAME_SECRET, "estate", "not_verified", "critical"),
            }
        ),
        f"{MASTER} holds no master secret",
    ),
    Fault(
        "member",
        "SSODB names the cluster's role, which has no secret",
        named(NETWORK_NAME),
        frozenset({(NAMED, "SSODB", "fail", "critical")}),
        f"{NETWORK_NAME}, the network name of this cluster's own role",
    ),
    Fault(
        "hosts-only",
        "SSODB names the hosts' role",
        named(HOSTS_NAME),
        frozenset({(NAMED, "SSODB", "fail", "critical")}),
        f"not the present master secret server {MASTER}",
    ),
    Fault(
        "hosts-only",
        "ENTSSO of a node runs as LocalSystem",
        entsso(NODES[1], start_name="LocalSystem"),
        frozenset(
            {
                (IS_DOMAIN, NODES[1], "fail", "critical"),
                (IN_ADMINISTRATORS, NODES[1], "not_verified", "critical"),
                (MAY_LOG_ON, NODES[1], "not_applicable", "critical"),
            }
        ),
        f"ENTSSO of {NODES[1]} runs as LocalSystem",
    ),
    Fault(
        "planned-new",
        "the SSO Administrators of the inventory are a local group",
        local_group,
        frozenset(
            {
                (GROUPS, "estate", "fail", "critical"),
                *((IN_ADMINISTRATORS, node, "fail", "critical") for node in NODES),
            }
        ),
        f"{ADMINISTRATORS} is local to {', '.join(NODES)}",
    ),
    Fault(
        "planned-new",
        "one node was cloned from the other",
        clone(*NODES),
        frozenset({(CIDS, "estate", "fail", "critical")}),
        f"{NODES[0]} and {NODES[1]} share the MSDTC identity",
    ),
    Fault(
        "planned-move",
        "SSODB names a node",
        named(NODES[0]),
        frozenset({(NAMED, "SSODB", "fail", "critical")}),
        f"the node {NODES[0]}, one machine, not the present master secret server {MASTER}",
    ),
    Fault(
        "built",
        "ENTSSO of a node is not configured",
        looking_on(NODES[1], None, None),
        frozenset({(SAME_DATABASE, "estate", "fail", "critical"), (VIRTUAL, NODES[1], "not_applicable", "high")}),
        f"ENTSSO is not configured everywhere: {NODES[1]}",
    ),
    Fault(
        "built",
        "the present master lost the secret",
        unsecret(MASTER),
        frozenset({(SECRET, MASTER, "fail", "critical"), (COVERS, MASTER, "not_verified", "critical")}),
        f"{MASTER} holds no master secret",
    ),
)
HARMLESS = (
    ("planned-move", named(NETWORK_NAME)),
    ("built", named(NETWORK_NAME)),
    ("hosts-only", entsso(NODES[1], start_mode="Manual")),
)
"""What is no fault in a shape; SSODB may name the network name as soon as it is planned."""


@pytest.fixture(scope="module")
def healthy_findings() -> dict[str, Findings]:
    return {shape: findings(build()) for shape, build in SHAPES.items()}


def wanted(machine: Machine) -> set[type[Fact]]:
    """The topics that a machine can answer: a node all, others none of the cluster, SQL Server none of ENTSSO."""
    others = set() if Role.CLUSTER in machine.roles else OF_NODES
    return {*TOPICS, *PILOT_TOPICS} - others - ({EntssoRegistry} if machine.roles == (Role.SQL,) else set())


@pytest.mark.parametrize("shape", SHAPES)
def test_every_machine_answers_every_topic_that_it_can(shape: str) -> None:
    for machine in SHAPES[shape]().machines.values():
        assert {type(fact) for fact in machine.facts.values()} == wanted(machine), machine.name
        assert all(topic == fact.topic for topic, fact in machine.facts.items())


@pytest.mark.parametrize("shape", SHAPES)
def test_the_databases_answer_every_topic_where_they_exist(shape: str) -> None:
    estate = SHAPES[shape]()
    is_made = shape != "planned-new"

    assert set(estate.database) == {topic.topic for topic in (*SSODB_TOPICS, *MSDB_TOPICS) if is_made}
    assert set(estate.management) == {topic.topic for topic in BIZTALK_TOPICS if is_made}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_facts_are_such_as_a_reader_sends(shape: str) -> None:
    for machine in SHAPES[shape]().machines.values():
        for fact in machine.facts.values():
            assert type(fact).read(fact.model_dump(mode="json")) == fact


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_healthy_estate_of_any_shape_is_ready(shape: str, profile: Profile) -> None:
    result = judge(bundle(SHAPES[shape]()), profile)

    assert {finding.status for finding in result.findings} <= {Status.PASS, Status.NOT_APPLICABLE}
    assert result.verdict is Verdict.READY


@pytest.mark.parametrize("shape", SHAPES)
def test_only_what_does_not_concern_a_shape_is_left_out(shape: str, healthy_findings: dict[str, Findings]) -> None:
    left_out = {check for (check, _), (status, _) in healthy_findings[shape].items() if status == "not_applicable"}

    assert left_out == NOT_ASKED[shape]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.shape}: {fault.name}")
def test_one_fault_in_a_shape_changes_exactly_the_right_findings(
    fault: Fault, healthy_findings: dict[str, Findings]
) -> None:
    sound, faulty = healthy_findings[fault.shape], findings(fault.alter(SHAPES[fault.shape]()))

    assert faulty.keys() == sound.keys()
    assert {(*key, *faulty[key]) for key in sound if faulty[key] != sound[key]} == fault.changes


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.shape}: {fault.name}")
def test_the_text_names_what_is_wrong_in_a_shape(fault: Fault) -> None:
    evidence = bundle(fault.alter(SHAPES[fault.shape]()))

    assert any(fault.says in finding.text for finding in judge(evidence).findings)


@pytest.mark.parametrize(("shape", "alter"), HARMLESS)
def test_what_is_no_fault_in_a_shape_changes_nothing(
    shape: str, alter: Alteration, healthy_findings: dict[str, Findings]
) -> None:
    assert findings(alter(SHAPES[shape]())) == healthy_findings[shape]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_topic_that_a_machine_denies_accuses_nobody(shape: str) -> None:
    estate = SHAPES[shape]()
    sound = judged(bundle(estate), Profile.COMPLIANCE)
    for machine in estate.machines.values():
        for topic in machine.facts:
            unsure = judged(bundle(estate, without=((machine.name, topic),)), Profile.COMPLIANCE)
            changed = {unsure[key][0] for key in sound if unsure[key] != sound[key]}
            assert changed <= {"not_verified"}, (machine.name, topic)
