"""Only the cluster may start ENTSSO, and only on the owner."""

from collections.abc import Iterable

from ssoaudit.facts import ClusterView, Service, Services
from ssoaudit.facts.cluster_view import ResourceState
from ssoaudit.facts.env import NETBIOS_LENGTH
from ssoaudit.plugin import (
    ALL_PROFILES,
    CLUSTERED_SSO,
    Grade,
    Inventory,
    Outcome,
    PerNode,
    Row,
    Severity,
    Stage,
    Step,
    Target,
    check,
    failed,
    not_applicable,
    not_verified,
    passed,
    powershell,
)

SOURCE = "Win32_Service"
MOVING = frozenset({ResourceState.PENDING, ResourceState.ONLINE_PENDING, ResourceState.OFFLINE_PENDING})
STOPPED = frozenset({"Stopped", "Stop Pending"})
RUNNING = frozenset({"Running", "Paused"})


@check(
    title="ENTSSO is stopped on the passive nodes",
    each=Target.CLUSTER,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.BUILT,
    grade=Grade.CONFIRMED,
    cluster_roles=CLUSTERED_SSO,
    requires=("cluster.entsso-is-generic-service",),
    references=("https://learn.microsoft.com/biztalk/core/how-to-cluster-the-master-secret-server1",),
)
def stopped_on_passive_nodes(cluster: ClusterView, services: PerNode[Services], inventory: Inventory) -> Outcome:
    """A local ENTSSO that runs before the cluster brings the resource online keeps the secret server's endpoint from
    being registered: the third cause of 0x800706D9. A node is passive if it may own ENTSSO and does not; while the
    resource is offline, every one is. Nodes that may not own it can run an ENTSSO of their own. This check sees the
    present moment, not earlier starts."""
    entsso = cluster.entsso
    owners = cluster.possible_owners_of(entsso) or tuple(node.name for node in cluster.nodes)
    active = None if entsso.state is ResourceState.OFFLINE else entsso.owner
    passive = [owner for owner in owners if active is None or not _is_same(owner, active)]
    members = (*owners, *(node.name for node in cluster.nodes))
    strangers = [node.name for node in inventory.nodes if not any(_is_same(node.name, each) for each in members)]
    if not passive and not strangers:
        return not_applicable(f"Only {entsso.owner} may own {entsso.name}, so there is no passive node")
    found = {name: node.entsso for name, node in services.items() if any(_is_same(name, owner) for owner in passive)}
    rows = tuple(_row(name, service) for name, service in found.items())
    running = [name for name, service in found.items() if service and service.state in RUNNING]
    if running and entsso.state in MOVING:
        return not_verified(
            f"ENTSSO runs on {', '.join(running)} while {entsso.name} is on its way to another state",
            hint="Collect again when the role has come to rest.",
            evidence=rows,
            servers=running,
        )
    if running:
        return _running(running, entsso.owner if active else None, rows)
    unsure = [name for name, service in found.items() if service is None or service.state not in STOPPED]
    unasked = [owner for owner in passive if not any(_is_same(owner, node.name) for node in inventory.nodes)]
    if unsure or unasked:
        return _unsure(found, unsure, unasked, rows)
    if strangers:
        return not_verified(
            f"{', '.join(strangers)} is a cluster node of the inventory, but none of {cluster.name}",
            hint="Give the computer's own name as host, or correct its roles in the inventory.",
            evidence=rows,
            servers=strangers,
        )
    where = f"owned by {active}" if active else "offline in the cluster"
    return passed(f"ENTSSO is {where} and does not run on {_list(found)}", evidence=rows)


def _is_same(name: str, node: str) -> bool:
    """Whether a server of the inventory is the cluster's node, which goes by its NetBIOS name."""
    return name[:NETBIOS_LENGTH].casefold() == node[:NETBIOS_LENGTH].casefold()


def _state(service: Service | None) -> str:
    return f"{service.state}, {service.start_mode}" if service else "not found"


def _row(name: str, service: Service | None) -> Row:
    return Row(name, "Stopped", _state(service), SOURCE)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "any other node that was read"


def _unsure(found: dict[str, Service | None], unsure: list[str], unasked: list[str], rows: tuple[Row, ...]) -> Outcome:
    states = [f"the service ENTSSO of {name}: {_state(found[name])}" for name in unsure]
    strangers = [f"{name} may own ENTSSO and is no cluster node of the inventory" for name in unasked]
    return not_verified(
        f"It is not known whether ENTSSO is stopped everywhere: {'; '.join((*states, *strangers))}",
        hint="Add each node that may own ENTSSO to the inventory, by its computer name; install ENTSSO where it is not "
        "found, or read as a local administrator; collect again where it is starting.",
        evidence=rows,
        servers=unsure,
    )


def _running(running: list[str], owner: str | None, rows: tuple[Row, ...]) -> Outcome:
    instead = f"{owner} owns it" if owner else "the cluster's resource is offline"
    return failed(
        f"ENTSSO runs on {_list(running)}, but {instead}",
        why="When the cluster brings ENTSSO online on such a node, it finds the service running, and SSO clients find "
        "no endpoint.",
        expected="Stopped on every node but the owner",
        observed="; ".join(f"{row.subject}: {row.observed}" for row in rows),
        evidence=rows,
        servers=running,
        fix=tuple(step for name in running for step in _steps(name)),
    )


def _steps(node: str) -> tuple[Step, ...]:
    return (
        Step("Find what started it: a start type other than Manual, a monitoring tool, a scheduled task.", on=node),
        Step(
            "Stop the local service.",
            on=node,
            impact="none for clients of the cluster",
            command=powershell("Stop-Service ENTSSO"),
        ),
    )
