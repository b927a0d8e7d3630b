"""ENTSSO must not start before the role's network name is online."""

from ssoaudit.facts import ClusterResource, ClusterView
from ssoaudit.facts.cluster_view import DISTRIBUTED_NETWORK_NAME, NETWORK_NAME, PHYSICAL_DISK
from ssoaudit.facts.dependency import Alternatives
from ssoaudit.plugin import (
    ALL_PROFILES,
    CLUSTERED_SSO,
    Grade,
    Inventory,
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
def entsso_depends_on_network_name(cluster: ClusterView, inventory: Inventory) -> Outcome:
    """Without the dependency the cluster may start ENTSSO before its network name: the second cause of 0x800706D9,
    with the same text as the first. Where the group has several names, it must be the one that the inventory gives.
    A dependency on a disk is not needed. What ENTSSO itself took for its computer name at the last start is told by
    its events, which this check does not see."""
    entsso = cluster.entsso
    parts = cluster.dependencies_of(entsso)
    names = cluster.in_group(entsso.group, NETWORK_NAME)
    wanted = [name for name in names if _is_wanted(name, inventory.network_name)]
    row = Row(entsso.name, "a Network Name of the same group", _describe(cluster, parts), SOURCE)
    direct = [name for name in wanted if _is_mandatory(cluster, name, parts)]
    if direct:
        return passed(f"{entsso.name} depends on {_title(direct[0])}{_note(cluster, parts)}", evidence=(row,))
    alternative = [name for name in wanted if any(name in _resources(cluster, part) for part in parts)]
    if alternative:
        return _one_of_several(cluster, row, alternative[0])
    unclear = _through(cluster, parts, wanted) or _unknown(cluster, parts)
    if unclear:
        return not_verified(
            f"{entsso.name} depends on the network name {unclear}",
            hint="Add the direct dependency, or see in event 10501 or 10611 of the owner that ENTSSO started under the "
            "name.",
            evidence=(row,),
        )
    if names and not wanted:
        return _other_name(cluster, row, names, inventory.network_name or "")
    return _no_dependency(cluster, row, wanted, parts)


def _is_wanted(name: ClusterResource, network_name: str | None) -> bool:
    """Whether a Network Name resource carries the inventory's name; any does where one of the two is not known."""
    if network_name is None or name.network_name is None:
        return True
    return _label(network_name) in (_label(name.network_name), _label(name.dns_name or ""))


def _label(name: str) -> str:
    return name.partition(".")[0].casefold()


def _title(name: ClusterResource) -> str:
    """The resource's name, with the network name where that is another."""
    same = name.network_name is None or name.network_name.casefold() == name.name.casefold()
    return name.name if same else f"{name.name} ({name.network_name})"


def _resources(cluster: ClusterView, part: Alternatives) -> list[ClusterResource]:
    """The resources of a part; one that is not known is left out."""
    found = (cluster.resource(resource_id) for resource_id in sorted(part))
    return [resource for resource in found if resource is not None]


def _is_mandatory(cluster: ClusterView, name: ClusterResource, parts: tuple[Alternatives, ...]) -> bool:
    return any(len(part) == 1 and name in _resources(cluster, part) for part in parts)


def _describe(cluster: ClusterView, parts: tuple[Alternatives, ...]) -> str:
    """The expression with names for ids."""

    def name(resource_id: str) -> str:
        resource = cluster.resource(resource_id)
        return resource.name if resource else resource_id

    return " and ".join(" or ".join(sorted(name(each) for each in part)) for part in parts) or "no dependency"


def _note(cluster: ClusterView, parts: tuple[Alternatives, ...]) -> str:
    used = [resource for part in parts for resource in _resources(cluster, part)]
    loose = [disk.name for disk in cluster.in_group(cluster.entsso.group, PHYSICAL_DISK) if disk not in used]
    return f"; it needs no dependency on {', '.join(loose)}" if loose else ""


def _through(cluster: ClusterView, parts: tuple[Alternatives, ...], names: list[ClusterResource]) -> str:
    """The part that cannot be online without the name, at whatever distance."""
    below = _below(cluster, parts, names)
    reaching = {name.id for name in names}
    grown = True
    while grown:
        more = {
            resource_id
            for resource_id, needed in below.items()
            if resource_id not in reaching and any(_is_within(cluster, part, reaching) for part in needed)
        }
        reaching |= more
        grown = bool(more)
    for part in parts:
        if _is_within(cluster, part, reaching):
            return f"only through {' or '.join(resource.name for resource in _resources(cluster, part))}"
    return ""


def _below(
    cluster: ClusterView, parts: tuple[Alternatives, ...], names: list[ClusterResource]
) -> dict[str, tuple[Alternatives, ...]]:
    """All that stands between ENTSSO and the names: the ids of the resources, and what each depends on."""
    below: dict[str, tuple[Alternatives, ...]] = {}
    waiting = list(parts)
    while waiting:
        for resource in _resources(cluster, waiting.pop()):
            if resource.id not in below and resource not in names:
                below[resource.id] = cluster.dependencies_of(resource)
                waiting.extend(below[resource.id])
    return below


def _is_within(cluster: ClusterView, part: Alternatives, ids: set[str]) -> bool:
    """Whether every alternative of a part is one of those resources."""
    resources = _resources(cluster, part)
    return len(resources) == len(part) and all(resource.id in ids for resource in resources)


def _unknown(cluster: ClusterView, parts: tuple[Alternatives, ...]) -> str:
    """What the expression names and the cluster does not list: it may be the name."""
    unknown = [each for part in parts for each in sorted(part) if cluster.resource(each) is None]
    return f"only if that is {', '.join(unknown)}, which is not among its resources" if unknown else ""


def _one_of_several(cluster: ClusterView, row: Row, name: ClusterResource) -> Outcome:
    entsso = cluster.entsso
    return failed(
        f"{entsso.name} depends on {_title(name)} only as one of several alternatives: {row.observed}",
        why=WHY,
        expected=row.expected,
        observed=row.observed,
        evidence=(row,),
        severity=Severity.MEDIUM,
        fix=(
            Step(
                f"On the Dependencies tab of the resource, join {name.name} to the rest by AND instead of OR.",
                on=entsso.owner,
                impact="none until ENTSSO restarts",
            ),
            _cycle(entsso),
        ),
    )


def _other_name(cluster: ClusterView, row: Row, names: tuple[ClusterResource, ...], wanted: str) -> Outcome:
    entsso, found = cluster.entsso, ", ".join(_title(name) for name in names)
    return failed(
        f"{entsso.name} cannot depend on {wanted}, the inventory's network name: the group {entsso.group} has {found}",
        why="SSO clients look for the master secret server under a name that ENTSSO does not run under.",
        expected=f"a Network Name {wanted} in the group {entsso.group}",
        observed=f"{found}; {entsso.name} depends on: {row.observed}",
        evidence=(row,),
        fix=(
            Step("Find out which name SSODB and the clients use, and correct the inventory where it is wrong."),
            Step(f"Add the network name and its address to the group {entsso.group}, then the dependency."),
        ),
    )


def _no_dependency(
    cluster: ClusterView, row: Row, names: list[ClusterResource], parts: tuple[Alternatives, ...]
) -> Outcome:
    entsso = cluster.entsso
    lack = "does not depend on its network name" if names else "has no network name in its group to depend on"
    add = [
        Step(
            "Add the dependency. Take the resource offline first where the cluster refuses.",
            on=entsso.owner,
            impact="none until ENTSSO restarts",
            command=powershell(
                "Add-ClusterResourceDependency -Resource {resource} -Provider {name}",
                resource=entsso.name,
                name=name.name,
            ),
        )
        for name in names[:1]
    ]
    missing = Step(f"Add a network name and an address to the group {entsso.group}, then the dependency.")
    return failed(
        f"{entsso.name} {lack}{_instead(cluster, parts)}",
        why=WHY,
        expected=row.expected,
        observed=row.observed,
        evidence=(row,),
        fix=(*(add or [missing]), _cycle(entsso)),
    )


def _cycle(entsso: ClusterResource) -> Step:
    return Step(
        "Take the resource offline and bring it online again, so that ENTSSO starts under the name; what depends on it "
        "goes offline with it.",
        on=entsso.owner,
        impact="ENTSSO restarts",
        command=powershell("Stop-ClusterResource {resource}; Start-ClusterResource {resource}", resource=entsso.name),
    )


def _instead(cluster: ClusterView, parts: tuple[Alternatives, ...]) -> str:
    """What ENTSSO depends on in the place of its network name, if it is a name too."""
    entsso = cluster.entsso
    for resource in (resource for part in parts for resource in _resources(cluster, part)):
        if resource.type == DISTRIBUTED_NETWORK_NAME:
            return f", but on {resource.name}, a distributed network name without an address that moves with the role"
        if resource.type == NETWORK_NAME and resource.group.casefold() != entsso.group.casefold():
            return f", but on {_title(resource)} of another group, {resource.group}"
        if resource.type == NETWORK_NAME:
            return f", but on {_title(resource)}, which is not the inventory's"
    return ""
