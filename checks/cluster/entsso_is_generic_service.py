"""ENTSSO must be one Generic Service resource of the cluster."""

import re

from ssoaudit.facts import ClusterResource, ClusterView
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

SOURCE = "MSCluster_Resource"
GENERIC = frozenset({"Generic Service", "Generic Application", "Generic Script"})
LIKE_ENTSSO = re.compile(r"\bsso|sso\b|single sign", re.IGNORECASE)


@check(
    title="ENTSSO is one Generic Service resource",
    each=Target.CLUSTER,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.BUILT,
    grade=Grade.CONFIRMED,
    cluster_roles=CLUSTERED_SSO,
    references=(
        "https://learn.microsoft.com/biztalk/core/how-to-cluster-the-master-secret-server1",
        "https://learn.microsoft.com/host-integration-server/esso/how-to-cluster-the-master-secret-server",
    ),
)
def entsso_is_generic_service(cluster: ClusterView) -> Outcome:
    """The cluster moves only what it has as a resource: without one, ENTSSO stays where it is when a node
    fails; with two, or with a resource that runs something else, it is started in the wrong place."""
    found = cluster.entsso_resources
    if len(found) > 1:
        return _several(found)
    unread = [resource.name for resource in cluster.resources if _is_unread(resource)]
    if unread:
        return _undecided(found, unread)
    if not found:
        return _none(cluster)
    (entsso,) = found
    row = Row(entsso.name, "Generic Service ENTSSO", _describe(entsso), SOURCE)
    return passed(f"{entsso.name} in group {entsso.group} runs the service ENTSSO", evidence=(row,))


def _is_unread(resource: ClusterResource) -> bool:
    return resource.type == "Generic Service" and resource.service_name is None


def _undecided(found: tuple[ClusterResource, ...], unread: list[str]) -> Outcome:
    """A resource without a readable service may be the missing ENTSSO, or a second one."""
    question = f"A second ENTSSO beside {found[0].name} is not ruled out" if found else "ENTSSO was not found"
    return not_verified(
        f"{question}: the service of {', '.join(unread)} could not be read",
        hint="Look at the resource's properties in Failover Cluster Manager: give it its service or remove it, or read "
        "as a local administrator.",
    )


def _several(found: tuple[ClusterResource, ...]) -> Outcome:
    names = ", ".join(resource.name for resource in found)
    return failed(
        f"{len(found)} resources run ENTSSO: {names}",
        why="One service cannot be brought online twice: where the two meet, one fails and takes its group along.",
        expected="one Generic Service resource with ServiceName ENTSSO",
        observed=f"{len(found)}: {names}",
        evidence=tuple(Row(resource.name, "one", f"group {resource.group}", SOURCE) for resource in found),
        fix=(Step("Remove all but the one in the role that clients use.", impact="ENTSSO restarts"),),
    )


def _none(cluster: ClusterView) -> Outcome:
    lookalikes = [resource for resource in cluster.resources if _looks_like_entsso(resource)]
    seen = ", ".join(_describe(resource) for resource in lookalikes)
    remove = Step(
        f"Take {', '.join(resource.name for resource in lookalikes)} offline, and remove what was meant to be ENTSSO.",
        on=f"a node of {cluster.name}",
        impact="the resource and what depends on it stop",
    )
    add = Step(
        "Add ENTSSO as a Generic Service to the role that has the network name; replace ROLE by its name. Add the "
        "dependency on the network name before it is brought online.",
        on=f"a node of {cluster.name}",
        impact="none until it is brought online",
        command=powershell(
            "Add-ClusterResource -Name ENTSSO -ResourceType {type} -Group ROLE"
            " | Set-ClusterParameter -Multiple @{ServiceName='ENTSSO'; UseNetworkName=1}",
            type="Generic Service",
        ),
    )
    return failed(
        f"No Generic Service resource of {cluster.name} runs ENTSSO" + (f"; there is {seen}" if seen else ""),
        why="The cluster does not start ENTSSO anywhere, so it does not fail over.",
        expected="one Generic Service resource with ServiceName ENTSSO",
        observed=seen or "none",
        evidence=tuple(
            Row(resource.name, "Generic Service ENTSSO", _describe(resource), SOURCE) for resource in lookalikes
        ),
        fix=(remove, add) if lookalikes else (add,),
    )


def _looks_like_entsso(resource: ClusterResource) -> bool:
    names = f"{resource.name} {resource.service_name or ''}"
    return resource.type in GENERIC and LIKE_ENTSSO.search(names) is not None


def _describe(resource: ClusterResource) -> str:
    service = f" of the service {resource.service_name}" if resource.service_name else ""
    return f"{resource.name}, a {resource.type}{service}"
