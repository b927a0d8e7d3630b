"""The failover cluster as each of its nodes sees it."""

from ssoaudit.facts import ClusterGroup, ClusterResource, ClusterView
from ssoaudit.facts.cluster_view import ClusterNode, Dependency, GroupState, NodeState, PossibleOwner, ResourceState
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
)


def cluster_view() -> ClusterView:
    """A role with name, address, disk, MSDTC and ENTSSO, all online on the first node."""
    resources = (
        _resource(NAME_ID, NETWORK_NAME, "Network Name", network_name=NETWORK_NAME, dns_name=NETWORK_NAME),
        _resource(ADDRESS_ID, "SSO address", "IP Address", address="10.20.4.50"),
        _resource(DISK_ID, "Cluster Disk 2", "Physical Disk"),
        _resource(MSDTC_ID, "MSDTC-SSOMSS", "Distributed Transaction Coordinator"),
        _resource(ENTSSO_ID, "ENTSSO", "Generic Service", service_name="ENTSSO", use_network_name=1),
    )
    expressions = {
        NAME_ID: f"([{ADDRESS_ID}])",
        ADDRESS_ID: None,
        DISK_ID: None,
        MSDTC_ID: f"[{NAME_ID}] and [{DISK_ID}]",
        ENTSSO_ID: f"([{NAME_ID}])",
    }
    return ClusterView(
        name=CLUSTER,
        fqdn=f"{CLUSTER}.contoso.com",
        nodes=tuple(ClusterNode(name=name, state=NodeState.UP) for name in NODES),
        groups=(
            ClusterGroup(
                id="9d0c9a54-1c74-4d0e-9d62-000000000001",
                name=GROUP,
                group_type=108,
                state=GroupState.ONLINE,
                owner=NODES[0],
            ),
        ),
        resources=resources,
        dependencies=tuple(
            Dependency(resource_id=resource, expression=expression, error=None)
            for resource, expression in expressions.items()
        ),
        possible_owners=tuple(
            PossibleOwner(resource=resource.name, node=node) for resource in resources for node in NODES
        ),
    )


def _resource(
    resource_id: str,
    name: str,
    resource_type: str,
    *,
    service_name: str | None = None,
    use_network_name: int | None = None,
    network_name: str | None = None,
    dns_name: str | None = None,
    address: str | None = None,
) -> ClusterResource:
    return ClusterResource(
        id=resource_id,
        name=name,
        type=resource_type,
        state=ResourceState.ONLINE,
        group=GROUP,
        owner=NODES[0],
        service_name=service_name,
        use_network_name=use_network_name,
        network_name=network_name,
        dns_name=dns_name,
        address=address,
        registry_checkpoints=(),
    )
