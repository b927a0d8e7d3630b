"""Only the cluster may start ENTSSO, and only on the owner."""

from collections.abc import Iterable

from ssoaudit.facts import ClusterView, Service, Services
from ssoaudit.plugin import (
    ALL_PROFILES,
    CLUSTERED_SSO,
    Grade,
    Outcome,
    PerNode,
    Row,
    Severity,
    Stage,
    Step,
    Target,
    check,
    failed,
    passed,
    powershell,
)


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
def stopped_on_passive_nodes(cluster: ClusterView, services: PerNode[Services]) -> Outcome:
    """A local ENTSSO that runs before the cluster brings the resource online keeps the secret server's endpoint from
    being registered: the third cause of 0x800706D9. This check sees the present moment, not earlier starts."""
    owner = cluster.entsso_group.owner
    passive = {name: node.entsso for name, node in services.items() if name.casefold() != owner.casefold()}
    rows = tuple(_row(name, service) for name, service in passive.items())
    running = [name for name, service in passive.items() if service and not (service.is_stopped or service.is_pending)]
    if not running:
        return passed(f"ENTSSO is owned by {owner} and stopped on {_list(passive)}", evidence=rows)
    return failed(
        f"ENTSSO runs on {_list(running)}, but {owner} owns it",
        why="At the next failover to such a node the cluster finds the service running, and SSO clients no endpoint.",
        expected="Stopped on every node but the owner",
        observed="; ".join(f"{row.subject}: {row.observed}" for row in rows),
        evidence=rows,
        servers=running,
        fix=tuple(step for name in running for step in _steps(name)),
    )


def _row(name: str, service: Service | None) -> Row:
    observed = f"{service.state}, {service.start_mode}" if service else "not installed"
    return Row(name, "Stopped", observed, "Win32_Service")


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "no other node"


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
