"""What a cluster of the lab has beside Enterprise SSO, or in its place: SQL Server, BizTalk hosts, IIS."""

from collections.abc import Sequence

from ssoaudit.facts import ClusterView
from ssoaudit.facts.cluster_settings import SqlServerResource
from ssoaudit.lab.estate.cluster import (
    GENERIC_SERVICE,
    UNKNOWN,
    Entry,
    cluster_resource,
    clustered_entsso,
    clustered_msdtc,
    core,
    with_group,
    with_resources,
)
from ssoaudit.lab.estate.names import (
    BIZTALK_HOSTS,
    ENTSSO_ID,
    GROUP,
    HOSTS_GROUP,
    HOSTS_NAME,
    NAME_ID,
    SQL,
    SQL_GROUP,
)

SQL_NAME_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000101"
SQL_ADDRESS_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000102"
SQL_DISK_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000103"
SQL_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000104"
AGENT_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000105"
HOSTS_NAME_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000111"
HOSTS_ADDRESS_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000112"
HOSTS_DISK_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000113"
IIS_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000114"
HOST_IDS = {host: f"5b0f1f0e-6f0c-4a3f-9d0a-0000000001{number}" for number, host in enumerate(BIZTALK_HOSTS, 21)}
SQL_GROUP_ID = "9d0c9a54-1c74-4d0e-9d62-000000000011"
HOSTS_GROUP_ID = "9d0c9a54-1c74-4d0e-9d62-000000000012"
SQL_ADDRESS, HOSTS_ADDRESS = "10.20.4.49", "10.20.4.53"
SQL_INSTANCE = SqlServerResource(resource_id=SQL_ID, instance_name="MSSQLSERVER", virtual_server_name=SQL)


def with_sql_server(view: ClusterView) -> ClusterView:
    """The view with a clustered default instance of SQL Server, in a group with name, address and disk of its own."""
    server = cluster_resource(SQL_ID, "SQL Server", "SQL Server", group=SQL_GROUP)
    agent = cluster_resource(AGENT_ID, "SQL Server Agent", "SQL Server Agent", group=SQL_GROUP)
    return with_resources(
        with_group(view, SQL_GROUP_ID, SQL_GROUP, UNKNOWN),
        _name(SQL_NAME_ID, f"SQL Network Name ({SQL})", SQL, SQL_ADDRESS_ID, SQL_GROUP),
        _address(SQL_ADDRESS_ID, f"SQL IP Address 1 ({SQL})", SQL_ADDRESS, SQL_GROUP),
        (cluster_resource(SQL_DISK_ID, "Cluster Disk 3", "Physical Disk", group=SQL_GROUP), None),
        (server, f"([{SQL_NAME_ID}]) and ([{SQL_DISK_ID}])"),
        (agent, f"([{SQL_ID}])"),
    )


def sso_beside_sql_server() -> ClusterView:
    """A cluster whose one role is SQL Server's, with ENTSSO and its MSDTC in the same group."""
    return with_resources(
        with_sql_server(core()),
        clustered_msdtc(SQL_GROUP, SQL_NAME_ID, SQL_DISK_ID),
        clustered_entsso(SQL_GROUP, SQL_NAME_ID),
    )


def with_hosts(view: ClusterView) -> ClusterView:
    """The view with BizTalk's hosts and IIS in the group of ENTSSO, on which they depend."""
    return with_resources(view, *_hosts(GROUP, ENTSSO_ID), _web_server(GROUP, NAME_ID))


def hosts_alone() -> ClusterView:
    """A cluster whose one role has BizTalk's hosts, IIS and MSDTC, but no ENTSSO."""
    return with_resources(
        with_group(core(), HOSTS_GROUP_ID, HOSTS_GROUP, GENERIC_SERVICE),
        _name(HOSTS_NAME_ID, HOSTS_NAME, HOSTS_NAME, HOSTS_ADDRESS_ID, HOSTS_GROUP),
        _address(HOSTS_ADDRESS_ID, "Hosts address", HOSTS_ADDRESS, HOSTS_GROUP),
        (cluster_resource(HOSTS_DISK_ID, "Cluster Disk 2", "Physical Disk", group=HOSTS_GROUP), None),
        clustered_msdtc(HOSTS_GROUP, HOSTS_NAME_ID, HOSTS_DISK_ID),
        *_hosts(HOSTS_GROUP, HOSTS_NAME_ID),
        _web_server(HOSTS_GROUP, HOSTS_NAME_ID),
    )


def _name(resource_id: str, name: str, network_name: str, address_id: str, group: str) -> Entry:
    resource = cluster_resource(
        resource_id, name, "Network Name", network_name=network_name, dns_name=network_name, group=group
    )
    return resource, f"([{address_id}])"


def _address(resource_id: str, name: str, address: str, group: str) -> Entry:
    return cluster_resource(resource_id, name, "IP Address", address=address, group=group), None


def _hosts(group: str, needed_id: str) -> Sequence[Entry]:
    """The hosts as BizTalk's console makes them, each a Generic Service."""
    services = {host: f"BTSSvc${host}" for host in BIZTALK_HOSTS}
    return [
        (
            cluster_resource(
                HOST_IDS[host], name, "Generic Service", service_name=name, use_network_name=0, group=group
            ),
            f"([{needed_id}])",
        )
        for host, name in services.items()
    ]


def _web_server(group: str, name_id: str) -> Entry:
    return cluster_resource(IIS_ID, "IIS", "Generic Script", group=group), f"([{name_id}])"
