"""How the failover cluster is configured, beyond what stands where."""

from typing import Annotated, ClassVar

from pydantic import Field

from ssoaudit.facts.bounds import SecurityDescriptor, ShortText, Signed
from ssoaudit.facts.fact import Fact, Part, Scope


class NodeSettings(Part):
    """A node's votes and state of drain.

    `weight` is the vote that was configured (0 or 1), `dynamic_weight` the one it has now, `drain_status` 0 not
    initiated, 1 in progress, 2 completed, 3 failed. `status` is a mask of `StatusInformation` (1 isolated,
    2 quarantined). Version and build are those of the cluster service's Windows.
    """

    name: ShortText
    id: ShortText | None
    weight: int | None
    dynamic_weight: int | None
    drain_status: int | None
    status: int | None
    major_version: int | None
    minor_version: int | None
    build: int | None


class GroupSettings(Part):
    """A group's failover and failback.

    `failback_type` is 0 where it does not fail back by itself; the window's hours are -1 for "at once".
    `failover_period` is in hours, `failover_threshold` -1 where the cluster counts for itself.
    `is_meant_online` is the state that the cluster remembers for it.
    """

    id: ShortText
    name: ShortText
    is_core: bool | None
    is_meant_online: bool | None
    priority: int | None
    failback_type: int | None
    failback_window_start: Signed
    failback_window_end: Signed
    failover_threshold: Signed
    failover_period: Signed


class PreferredOwner(Part):
    """A node that a group prefers, by name. That the rows stand in the order of preference is not known."""

    group: ShortText
    node: ShortText


class ResourceSettings(Part):
    """A resource's restart and patience.

    `resource_class` is 1 for storage. `pending_timeout` and `restart_period` are in milliseconds; `restart_action` is 0
    none, 1 restart, 2 restart and fail over. `status` is a mask of `StatusInformation`.
    """

    id: ShortText
    name: ShortText
    resource_class: int | None
    is_core: bool | None
    is_meant_online: bool | None
    pending_timeout: Signed
    restart_action: int | None
    restart_threshold: Signed
    restart_period: Signed
    status: int | None


class CryptoCheckpoint(Part):
    """A cryptographic key container that the cluster copies with a resource."""

    resource_id: ShortText
    checkpoint: ShortText


class NetworkNameSettings(Part):
    """Private properties of a Network Name or Distributed Network Name resource.

    The three `status_…` are Win32 error codes of the last registration, 0 healthy. `host_record_ttl` is in seconds,
    `registers_all_addresses` and `publishes_ptr` are 0 or 1.
    """

    resource_id: ShortText
    status_dns: int | None
    status_kerberos: int | None
    status_netbios: int | None
    host_record_ttl: int | None
    registers_all_addresses: int | None
    publishes_ptr: int | None
    dns_suffix: ShortText | None


class AddressSettings(Part):
    """Private properties of an IP Address or IPv6 Address resource; `network` is the cluster network's name."""

    resource_id: ShortText
    address: ShortText | None
    subnet_mask: ShortText | None
    network: ShortText | None
    enables_dhcp: int | None
    enables_netbios: int | None


class SqlServerResource(Part):
    """Private properties of a SQL Server resource."""

    resource_id: ShortText
    instance_name: ShortText | None
    virtual_server_name: ShortText | None


class ClusterSettings(Fact):
    """The cluster's quorum, security and functional level; how nodes, groups and resources are set; private properties.

    Source: WMI namespace `root/MSCluster` (`MSCluster_Cluster`, `_Node`, `_ResourceGroup`, `_Resource`,
    `_ResourceGroupToPreferredNode`, `_ClusterToQuorumResource`),
    https://learn.microsoft.com/previous-versions/windows/desktop/cluswmi/failover-cluster-apis-portal. Of private
    properties those named here alone are taken. Needs what `cluster_view` needs; `absent` and stopped as there. A
    property that the version of Windows does not have is None: functional level and upgrade version begin with 2016.

    `quorum_type_value` is -1 unknown, 1 node, 2 file share witness, 3 storage, 4 none; `quorum_resources` names the
    witness. `security_descriptor` is Base64 of the self-relative descriptor (rights: 1 read, 2 change, 4 no access);
    None where the account may not see it. A list beyond its cap is lacking. Whether a witness outside the cluster
    answers, only its resource's state in `cluster_view` tells. Property names are confirmed by Microsoft's pages,
    their values on each version are not.
    """

    topic: ClassVar[str] = "cluster_settings"
    scope: ClassVar[Scope] = Scope.CLUSTER
    source: ClassVar[str] = "`root/MSCluster`"
    privilege: ClassVar[str] = "as `cluster_view`"
    unseen: ClassVar[str] = (
        "whether a witness outside the cluster answers, beyond its resource's state; whether the domain lets the "
        "cluster's own account make and change its names"
    )

    functional_level: int | None
    upgrade_version: int | None
    quorum_type: ShortText | None
    quorum_type_value: Signed
    quorum_path: ShortText | None
    dynamic_quorum: int | None
    witness_dynamic_weight: Signed
    quorum_resources: Annotated[tuple[ShortText, ...], Field(max_length=16)]
    security_descriptor: SecurityDescriptor | None
    nodes: Annotated[tuple[NodeSettings, ...], Field(max_length=64)]
    groups: Annotated[tuple[GroupSettings, ...], Field(max_length=200)]
    preferred_owners: Annotated[tuple[PreferredOwner, ...], Field(max_length=12800)]
    resources: Annotated[tuple[ResourceSettings, ...], Field(max_length=200)]
    crypto_checkpoints: Annotated[tuple[CryptoCheckpoint, ...], Field(max_length=1000)]
    network_names: Annotated[tuple[NetworkNameSettings, ...], Field(max_length=200)]
    addresses: Annotated[tuple[AddressSettings, ...], Field(max_length=200)]
    sql_servers: Annotated[tuple[SqlServerResource, ...], Field(max_length=200)]
