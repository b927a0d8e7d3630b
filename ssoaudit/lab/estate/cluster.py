"""The failover cluster as each of its nodes sees it."""

from ssoaudit.facts import ClusterGroup, ClusterResource, ClusterView
from ssoaudit.facts.cluster_settings import (
    AddressSettings,
    ClusterSettings,
    GroupSettings,
    NetworkNameSettings,
    NodeSettings,
    ResourceSettings,
    SqlServerResource,
)
from ssoaudit.facts.cluster_view import (
    PHYSICAL_DISK,
    ClusterNode,
    Dependency,
    GroupState,
    NodeState,
    PossibleOwner,
    ResourceState,
)
from ssoaudit.lab.estate.descriptors import descriptor
from ssoaudit.lab.estate.names import (
    ADDRESS_ID,
    CLUSTER,
    DISK_ID,
    ENTSSO_ID,
    GROUP,
    MSDTC_ID,
    NAME_ID,
    NETWORK_NAME,
    NODES,
    sid,
)

MSDTC_SERVICE = "S-1-5-80-3960419045-2460139048-4046793004-1809597027-2250574426"
GROUP_ID = "9d0c9a54-1c74-4d0e-9d62-000000000001"
CORE_GROUP, CORE_GROUP_ID = "Cluster Group", "9d0c9a54-1c74-4d0e-9d62-000000000002"
WITNESS, WITNESS_ID = "Cluster Disk 1", "5b0f1f0e-6f0c-4a3f-9d0a-000000000011"
CLUSTER_NAME_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000012"
CLUSTER_ADDRESS_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000013"
CORE, GENERIC_SERVICE, UNKNOWN = 1, 108, 9999
"""Types of group (CLUSGROUP_TYPE)."""

Entry = tuple[ClusterResource, str | None]
"""A resource, and the expression of what it depends on."""


def core() -> ClusterView:
    """A cluster of both nodes that has no role yet: its own name, address and witness, online on the first node."""
    name = cluster_resource(
        CLUSTER_NAME_ID, "Cluster Name", "Network Name", network_name=CLUSTER, dns_name=CLUSTER, group=CORE_GROUP
    )
    address = cluster_resource(
        CLUSTER_ADDRESS_ID, "Cluster IP Address", "IP Address", address="10.20.4.51", group=CORE_GROUP
    )
    view = ClusterView(
        name=CLUSTER,
        fqdn=f"{CLUSTER}.contoso.com",
        nodes=tuple(ClusterNode(name=name, state=NodeState.UP) for name in NODES),
        groups=(),
        resources=(),
        dependencies=(),
        possible_owners=(),
    )
    witness = cluster_resource(WITNESS_ID, WITNESS, "Physical Disk", group=CORE_GROUP)
    entries = (name, f"([{CLUSTER_ADDRESS_ID}])"), (address, None), (witness, None)
    return with_resources(with_group(view, CORE_GROUP_ID, CORE_GROUP, CORE), *entries)


def cluster_view() -> ClusterView:
    """A role with name, address, disk, MSDTC and ENTSSO, and the cluster's own, all online on the first node."""
    name = cluster_resource(NAME_ID, NETWORK_NAME, "Network Name", network_name=NETWORK_NAME, dns_name=NETWORK_NAME)
    address = cluster_resource(ADDRESS_ID, "SSO address", "IP Address", address="10.20.4.50")
    return with_resources(
        with_group(core(), GROUP_ID, GROUP, GENERIC_SERVICE),
        (name, f"([{ADDRESS_ID}])"),
        (address, None),
        (cluster_resource(DISK_ID, "Cluster Disk 2", "Physical Disk"), None),
        clustered_msdtc(GROUP, NAME_ID, DISK_ID),
        clustered_entsso(GROUP, NAME_ID),
    )


def clustered_msdtc(group: str, name_id: str, disk_id: str) -> Entry:
    """The clustered MSDTC, which needs its group's network name and a disk."""
    msdtc = cluster_resource(MSDTC_ID, "MSDTC-SSOMSS", "Distributed Transaction Coordinator", group=group)
    return msdtc, f"[{name_id}] and [{disk_id}]"


def clustered_entsso(group: str, name_id: str) -> Entry:
    """ENTSSO as a Generic Service under its group's network name."""
    entsso = cluster_resource(
        ENTSSO_ID, "ENTSSO", "Generic Service", service_name="ENTSSO", use_network_name=1, group=group
    )
    return entsso, f"([{name_id}])"


def with_group(view: ClusterView, group_id: str, name: str, group_type: int) -> ClusterView:
    """The view with another group, which is empty yet."""
    group = ClusterGroup(id=group_id, name=name, group_type=group_type, state=GroupState.ONLINE, owner=NODES[0])
    return view.model_copy(update={"groups": (group, *view.groups)})


def with_resources(view: ClusterView, *entries: Entry) -> ClusterView:
    """The view with more resources, which both nodes may own."""
    dependencies = tuple(
        Dependency(resource_id=resource.id, expression=expression, error=None) for resource, expression in entries
    )
    owners = tuple(PossibleOwner(resource=resource.name, node=node) for resource, _ in entries for node in NODES)
    return view.model_copy(
        update={
            "resources": (*view.resources, *(resource for resource, _ in entries)),
            "dependencies": (*view.dependencies, *dependencies),
            "possible_owners": (*view.possible_owners, *owners),
        }
    )


def cluster_resource(
    resource_id: str,
    name: str,
    resource_type: str,
    *,
    service_name: str | None = None,
    use_network_name: int | None = None,
    network_name: str | None = None,
    dns_name: str | None = None,
    address: str | None = None,
    group: str = GROUP,
) -> ClusterResource:
    """A resource that is online on the first node."""
    return ClusterResource(
        id=resource_id,
        name=name,
        type=resource_type,
        state=ResourceState.ONLINE,
        group=group,
        owner=NODES[0],
        service_name=service_name,
        use_network_name=use_network_name,
        network_name=network_name,
        dns_name=dns_name,
        address=address,
        registry_checkpoints=(),
    )


def cluster_settings(view: ClusterView, *sql_servers: SqlServerResource) -> ClusterSettings:
    """Two votes and a disk witness; the groups prefer nobody and do not fail back, their names are registered."""
    return ClusterSettings(
        functional_level=11,
        upgrade_version=8,
        quorum_type="Majority",
        quorum_type_value=3,
        quorum_path=WITNESS,
        dynamic_quorum=1,
        witness_dynamic_weight=1,
        quorum_resources=(WITNESS,),
        security_descriptor=descriptor(
            "S-1-5-32-544", {"S-1-5-18": 3, "S-1-5-20": 3, "S-1-5-32-544": 3, MSDTC_SERVICE: 3, sid("account"): 3}
        ),
        nodes=tuple(_node_settings(number, name) for number, name in enumerate(NODES, start=1)),
        groups=tuple(_group_settings(group) for group in view.groups),
        preferred_owners=(),
        resources=tuple(_resource_settings(resource) for resource in view.resources),
        crypto_checkpoints=(),
        network_names=tuple(_name_settings(each.id) for each in view.resources if each.type == "Network Name"),
        addresses=tuple(_address_settings(each.id, each.address) for each in view.resources if each.address),
        sql_servers=sql_servers,
    )


def _node_settings(number: int, name: str) -> NodeSettings:
    return NodeSettings(
        name=name,
        id=str(number),
        weight=1,
        dynamic_weight=1,
        drain_status=0,
        status=0,
        major_version=10,
        minor_version=0,
        build=20348,
    )


def _group_settings(group: ClusterGroup) -> GroupSettings:
    return GroupSettings(
        id=group.id,
        name=group.name,
        is_core=group.name == CORE_GROUP,
        is_meant_online=True,
        priority=2000,
        failback_type=0,
        failback_window_start=-1,
        failback_window_end=-1,
        failover_threshold=-1,
        failover_period=6,
    )


def _resource_settings(resource: ClusterResource) -> ResourceSettings:
    return ResourceSettings(
        id=resource.id,
        name=resource.name,
        resource_class=1 if resource.type == PHYSICAL_DISK else 0,
        is_core=resource.group == CORE_GROUP,
        is_meant_online=True,
        pending_timeout=180_000,
        restart_action=2,
        restart_threshold=1,
        restart_period=900_000,
        status=0,
    )


def _name_settings(resource_id: str) -> NetworkNameSettings:
    return NetworkNameSettings(
        resource_id=resource_id,
        status_dns=0,
        status_kerberos=0,
        status_netbios=0,
        host_record_ttl=1200,
        registers_all_addresses=0,
        publishes_ptr=0,
        dns_suffix="contoso.com",
    )


def _address_settings(resource_id: str, address: str) -> AddressSettings:
    return AddressSettings(
        resource_id=resource_id,
        address=address,
        subnet_mask="255.255.255.0",
        network="Cluster Network 1",
        enables_dhcp=0,
        enables_netbios=1,
    )
