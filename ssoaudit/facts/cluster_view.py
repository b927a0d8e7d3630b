"""The failover cluster as one node sees it."""

from enum import IntEnum
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from ssoaudit.facts.bounds import ShortText
from ssoaudit.facts.dependency import Alternatives, parse_dependencies
from ssoaudit.facts.fact import Fact, Part, Scope

GENERIC_SERVICE = "Generic Service"
NETWORK_NAME = "Network Name"
DISTRIBUTED_NETWORK_NAME = "Distributed Network Name"
PHYSICAL_DISK = "Physical Disk"
ENTSSO_SERVICE = "ENTSSO"


class NodeState(IntEnum):
    """`MSCluster_Node.State`."""

    UNKNOWN = -1
    UP = 0
    DOWN = 1
    PAUSED = 2
    JOINING = 3

    @classmethod
    def _missing_(cls, value: object) -> "NodeState":  # noqa: ARG003 - the signature of enum
        return cls.UNKNOWN


class GroupState(IntEnum):
    """`MSCluster_ResourceGroup.State`."""

    UNKNOWN = -1
    ONLINE = 0
    OFFLINE = 1
    FAILED = 2
    PARTIAL_ONLINE = 3
    PENDING = 4

    @classmethod
    def _missing_(cls, value: object) -> "GroupState":  # noqa: ARG003 - the signature of enum
        return cls.UNKNOWN


class ResourceState(IntEnum):
    """`MSCluster_Resource.State`."""

    UNKNOWN = -1
    INHERITED = 0
    INITIALIZING = 1
    ONLINE = 2
    OFFLINE = 3
    FAILED = 4
    PENDING = 128
    ONLINE_PENDING = 129
    OFFLINE_PENDING = 130

    @classmethod
    def _missing_(cls, value: object) -> "ResourceState":  # noqa: ARG003 - the signature of enum
        return cls.UNKNOWN


def _whole_number(value: object) -> object:
    """A state is a number: what is none must not come in as UNKNOWN, nor `true` as 1."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("a state is a whole number")


_Number = BeforeValidator(_whole_number)


class ClusterNode(Part):
    """A member of the cluster, by its NetBIOS name."""

    name: ShortText
    state: Annotated[NodeState, _Number]


class ClusterGroup(Part):
    """A cluster group (role). `owner` is the node that has it now."""

    id: ShortText
    name: ShortText
    group_type: int
    state: Annotated[GroupState, _Number]
    owner: ShortText


class ClusterResource(Part):
    """A resource, with those private properties that the checks need; None where its type has no such property.

    `network_name` and `dns_name` are the private properties Name and DnsName of a Network Name resource.
    `use_network_name` is 0 or 1 on a Generic Service. `group` and `owner` are names.
    """

    id: ShortText
    name: ShortText
    type: ShortText
    state: Annotated[ResourceState, _Number]
    group: ShortText
    owner: ShortText
    service_name: ShortText | None
    use_network_name: int | None
    network_name: ShortText | None
    dns_name: ShortText | None
    address: ShortText | None
    registry_checkpoints: Annotated[tuple[ShortText, ...], Field(max_length=100)]


class Dependency(Part):
    """What `MSCluster_Resource.GetDependencies` answered for one resource: its expression, or why it did not."""

    resource_id: ShortText
    expression: Annotated[str, Field(max_length=32768)] | None
    error: ShortText | None


class PossibleOwner(Part):
    """A node that may own a resource, by name."""

    resource: ShortText
    node: ShortText


class ClusterView(Fact):
    """The cluster's nodes, groups, resources, dependencies and possible owners, as the asked node knows them.

    Source: WMI namespace `root/MSCluster` (`MSCluster_Cluster`, `_Node`, `_ResourceGroup`, `_Resource`,
    `_ResourceToPossibleOwner`, method `GetDependencies`). Needs a local administrator, or Read on the cluster and
    the namespace. `absent` where the machine is in no cluster; an error where the cluster service is stopped.
    States are the classes' numbers; a number not known is UNKNOWN. A list beyond its cap (64 nodes, 200 groups or
    resources) is lacking. The dependencies have 20 s in all; a resource that was not asked in that time says so.
    """

    topic: ClassVar[str] = "cluster_view"
    scope: ClassVar[Scope] = Scope.CLUSTER
    source: ClassVar[str] = (
        "`root/MSCluster`; where that gives no cluster, whether "
        r"`HKLM\SYSTEM\CurrentControlSet\Services\ClusSvc\Parameters` exists"
    )
    privilege: ClassVar[str] = "local administrator, or Read on the cluster and on the namespace"
    unseen: ClassVar[str] = (
        "anything while the cluster service is stopped; states between two moments; rows that name no resource or node"
    )

    name: ShortText
    fqdn: ShortText | None
    nodes: Annotated[tuple[ClusterNode, ...], Field(max_length=64)]
    groups: Annotated[tuple[ClusterGroup, ...], Field(max_length=200)]
    resources: Annotated[tuple[ClusterResource, ...], Field(max_length=200)]
    dependencies: Annotated[tuple[Dependency, ...], Field(max_length=200)]
    possible_owners: Annotated[tuple[PossibleOwner, ...], Field(max_length=12800)]

    @property
    def entsso_resources(self) -> tuple[ClusterResource, ...]:
        """Every Generic Service resource that runs ENTSSO."""
        return tuple(
            resource
            for resource in self.resources
            if resource.type == GENERIC_SERVICE
            and resource.service_name is not None
            and resource.service_name.casefold() == ENTSSO_SERVICE.casefold()
        )

    @property
    def entsso(self) -> ClusterResource:
        """The one resource that runs ENTSSO; raises `Lacking` where there is none, or more than one."""
        if len(self.entsso_resources) != 1:
            raise self.lacks("entsso", f"{len(self.entsso_resources)} Generic Service resources run ENTSSO, not one")
        return self.entsso_resources[0]

    def group(self, name: str) -> ClusterGroup:
        """The group of that name; raises `Lacking` where the cluster has none."""
        for group in self.groups:
            if group.name.casefold() == name.casefold():
                return group
        raise self.lacks("groups", f"the cluster has no group {name}")

    @property
    def entsso_group(self) -> ClusterGroup:
        """The group of the one ENTSSO resource."""
        return self.group(self.entsso.group)

    def in_group(self, group: str, *types: str) -> tuple[ClusterResource, ...]:
        """The resources of those types in a group."""
        return tuple(
            resource
            for resource in self.resources
            if resource.group.casefold() == group.casefold() and resource.type in types
        )

    def resource(self, resource_id: str) -> ClusterResource | None:
        """The resource of that id or name, or None."""
        for resource in self.resources:
            if resource_id.casefold() in (resource.id.casefold(), resource.name.casefold()):
                return resource
        return None

    def dependencies_of(self, resource: ClusterResource) -> tuple[Alternatives, ...]:
        """The mandatory parts of a resource's dependency expression, ids in lower case.

        Raises `Lacking` where the node did not tell, or told what is no expression.
        """
        for dependency in self.dependencies:
            if dependency.resource_id.casefold() == resource.id.casefold():
                return self._parsed(resource, dependency)
        raise self.lacks("dependencies", f"nothing was read for {resource.name}")

    def _parsed(self, resource: ClusterResource, dependency: Dependency) -> tuple[Alternatives, ...]:
        if dependency.error is not None:
            raise self.lacks("dependencies", f"{resource.name}: {dependency.error}")
        try:
            return parse_dependencies(dependency.expression)
        except ValueError as error:
            raise self.lacks("dependencies", f"{resource.name}: {error}") from None

    def possible_owners_of(self, resource: ClusterResource) -> tuple[str, ...]:
        """The nodes that may own a resource, by name, sorted."""
        return tuple(
            sorted(
                owner.node for owner in self.possible_owners if owner.resource.casefold() == resource.name.casefold()
            )
        )
