"""ENTSSO must not start before the role's network name is online."""

from ssoaudit.facts import ClusterResource, ClusterView
from ssoaudit.facts.cluster_view import DISTRIBUTED_NETWORK_NAME, NETWORK_NAME, PHYSICAL_DISK
from ssoaudit.facts.dependency import Alternatives
from ssoaudit.plugin import (
    ALL_PROFILES,
    CLUSTERED_SSO,
    Grade,
    Outcome,
    Row,
    Severity,
    Stage,
    Step,
    Target,
    check,
    failed,
    not_verified,
    passed,
    powershell,
)

SOURCE = "MSCluster_Resource.GetDependencies"
WHY = "ENTSSO can start before the name is online; clients then get 0x800706D9 from a service that looks healthy."


@check(
    title="ENTSSO depends on the network name",
    each=Target.CLUSTER,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.BUILT,
    grade=Grade.CONFIRMED,
    cluster_roles=CLUSTERED_SSO,
    requires=("cluster.entsso-is-generic-service",),
    references=(
        "https://learn.microsoft.com/biztalk/core/how-to-cluster-the-master-secret-server1",
        "https://learn.microsoft.com/biztalk/core/how-to-cluster-sso-and-a-biztalk-host-in-the-same-cluster-group1",
    ),
)
def entsso_depends_on_network_name(cluster: ClusterView) -> Outcome:
    """Without the dependency the cluster may start ENTSSO before its network name: the second cause of 0x800706D9,
    with the same text as the first. A dependency on a disk is not needed. What ENTSSO itself took for its computer
    name at the last start is told by its events, which this check does not see."""
    entsso = cluster.entsso
    parts = cluster.dependencies_of(entsso)
    names = cluster.in_group(entsso.group, NETWORK_NAME)
    direct = [name for name in names if frozenset({name.id.lower()}) in parts]
    observed = _describe(cluster, parts)
    row = Row(entsso.name, "a Network Name of the same group", observed, SOURCE)
    if direct:
        return passed(f"{entsso.name} depends on {direct[0].name}{_note(cluster, parts)}", evidence=(row,))
    alternative = [name for name in names if any(name.id.lower() in part for part in parts)]
    if alternative:
        return _failed(
            cluster,
            row,
            f"{entsso.name} depends on {alternative[0].name} only as one of several alternatives: {observed}",
            severity=Severity.MEDIUM,
        )
    through = _through(cluster, parts, names)
    if through:
        return not_verified(
            f"{entsso.name} depends on the network name only through {through.name}",
            hint="Add the direct dependency, or see in event 10501 of the owner that ENTSSO started under the name.",
            evidence=(row,),
        )
    return _failed(cluster, row, f"{entsso.name} does not depend on its network name{_instead(cluster, parts)}")


def _failed(cluster: ClusterView, row: Row, text: str, *, severity: Severity | None = None) -> Outcome:
    entsso = cluster.entsso
    names = cluster.in_group(entsso.group, NETWORK_NAME)
    steps = tuple(
        Step(
            "Add the dependency. Take the resource offline first where the cluster refuses.",
            on=cluster.entsso_group.owner,
            impact="none; ENTSSO restarts where the resource has to be taken offline",
            command=powershell(
                "Add-ClusterResourceDependency -Resource {resource} -Provider {name}",
                resource=entsso.name,
                name=name.name,
            ),
        )
        for name in names[:1]
    )
    missing = Step(f"Add a network name and an address to the group {entsso.group}, then the dependency.")
    return failed(
        text,
        why=WHY,
        expected=row.expected,
        observed=row.observed,
        evidence=(row,),
        severity=severity,
        fix=steps or (missing,),
    )


def _resources(cluster: ClusterView, parts: tuple[Alternatives, ...]) -> list[ClusterResource]:
    found = (cluster.resource(resource_id) for part in parts for resource_id in sorted(part))
    return [resource for resource in found if resource is not None]


def _describe(cluster: ClusterView, parts: tuple[Alternatives, ...]) -> str:
    """The expression with names for ids."""

    def name(resource_id: str) -> str:
        resource = cluster.resource(resource_id)
        return resource.name if resource else resource_id

    return " and ".join(" or ".join(sorted(name(each) for each in part)) for part in parts) or "no dependency"


def _note(cluster: ClusterView, parts: tuple[Alternatives, ...]) -> str:
    wanted = {resource.id for resource in _resources(cluster, parts)}
    loose = [disk.name for disk in cluster.in_group(cluster.entsso.group, PHYSICAL_DISK) if disk.id not in wanted]
    return f"; {', '.join(loose)} is in the group without a dependency, which is allowed" if loose else ""


def _through(
    cluster: ClusterView, parts: tuple[Alternatives, ...], names: tuple[ClusterResource, ...]
) -> ClusterResource | None:
    """The mandatory resource through which the name is reached, at whatever distance."""
    wanted = {frozenset({name.id.lower()}) for name in names}
    for part in parts:
        resource = cluster.resource(next(iter(part))) if len(part) == 1 else None
        if resource is not None and _reaches(cluster, resource, wanted, frozenset()):
            return resource
    return None


def _reaches(cluster: ClusterView, resource: ClusterResource, wanted: set[Alternatives], seen: frozenset[str]) -> bool:
    if resource.id in seen:
        return False
    parts = cluster.dependencies_of(resource)
    if wanted & set(parts):
        return True
    mandatory = (cluster.resource(next(iter(part))) for part in parts if len(part) == 1)
    return any(each is not None and _reaches(cluster, each, wanted, seen | {resource.id}) for each in mandatory)


def _instead(cluster: ClusterView, parts: tuple[Alternatives, ...]) -> str:
    for resource in _resources(cluster, parts):
        if resource.type == DISTRIBUTED_NETWORK_NAME:
            return f" but on {resource.name}, a distributed network name, which has no address that moves with the role"
        if resource.type == NETWORK_NAME:
            return f" but on {resource.name} of another group, {resource.group}"
    return ""
