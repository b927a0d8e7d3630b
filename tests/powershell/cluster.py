"""What the failover cluster says."""

import base64
from typing import cast

from ssoaudit.facts import (
    ClusterSettings,
    ClusterView,
)
from ssoaudit.facts.cluster_view import DISTRIBUTED_NETWORK_NAME, NETWORK_NAME
from tests.powershell.windows import CLUSTER, SERVICES, Row, Windows, unsigned

CLASSES = (
    "MSCluster_Cluster",
    "MSCluster_Node",
    "MSCluster_ResourceGroup",
    "MSCluster_Resource",
    "MSCluster_ResourceToPossibleOwner",
    "MSCluster_ResourceGroupToPreferredNode",
    "MSCluster_ClusterToQuorumResource",
)


def tell_cluster(told: Windows, fact: ClusterView) -> None:
    """What the reader of ClusterView is told from."""
    told.registry.add(rf"{SERVICES}\ClusSvc\Parameters")
    tables: dict[str, list[Row]] = {
        "MSCluster_Cluster": [{"Name": fact.name, "Fqdn": fact.fqdn}],
        "MSCluster_Node": [{"Name": each.name, "State": unsigned(each.state)} for each in fact.nodes],
        "MSCluster_ResourceGroup": [
            {
                "Id": each.id,
                "Name": each.name,
                "GroupType": each.group_type,
                "State": unsigned(each.state),
                "OwnerNode": each.owner,
            }
            for each in fact.groups
        ],
        "MSCluster_Resource": [
            {
                "Id": each.id,
                "Name": each.name,
                "Type": each.type,
                "State": unsigned(each.state),
                "OwnerGroup": each.group,
                "OwnerNode": each.owner,
                "RegistryCheckpoints": list(each.registry_checkpoints) or None,
                "PrivateProperties": _present(
                    ServiceName=each.service_name,
                    UseNetworkName=each.use_network_name,
                    Name=each.network_name,
                    DnsName=each.dns_name,
                    Address=each.address,
                ),
            }
            for each in fact.resources
        ],
        "MSCluster_ResourceToPossibleOwner": [
            {"GroupComponent": {"Name": each.resource}, "PartComponent": {"Name": each.node}}
            for each in fact.possible_owners
        ],
    }
    told.cim |= {(CLUSTER, name): rows for name, rows in tables.items()}
    for each in fact.dependencies:
        if each.error is None:
            told.answer("dependencies", each.resource_id, each.expression)
        else:
            told.fail("dependencies", each.resource_id, None, each.error)


def tell_settings(told: Windows, fact: ClusterSettings) -> None:
    """What the reader of ClusterSettings is told from."""
    descriptor = fact.security_descriptor
    _rows(told, "MSCluster_Cluster")[0].update(
        ClusterFunctionalLevel=fact.functional_level,
        ClusterUpgradeVersion=fact.upgrade_version,
        QuorumType=fact.quorum_type,
        QuorumTypeValue=unsigned(fact.quorum_type_value),
        QuorumPath=fact.quorum_path,
        DynamicQuorumEnabled=fact.dynamic_quorum,
        WitnessDynamicWeight=unsigned(fact.witness_dynamic_weight),
        Security_Descriptor=None if descriptor is None else base64.b64decode(descriptor),
    )
    nodes = {each.name: each for each in fact.nodes}
    for row in _rows(told, "MSCluster_Node"):
        node = nodes[str(row["Name"])]
        row.update(
            Id=node.id,
            NodeWeight=node.weight,
            DynamicWeight=node.dynamic_weight,
            NodeDrainStatus=node.drain_status,
            StatusInformation=node.status,
            MajorVersion=node.major_version,
            MinorVersion=node.minor_version,
            BuildNumber=node.build,
        )
    groups = {each.id: each for each in fact.groups}
    for row in _rows(told, "MSCluster_ResourceGroup"):
        group = groups[str(row["Id"])]
        row.update(
            IsCore=group.is_core,
            PersistentState=group.is_meant_online,
            Priority=group.priority,
            AutoFailbackType=group.failback_type,
            FailbackWindowStart=unsigned(group.failback_window_start),
            FailbackWindowEnd=unsigned(group.failback_window_end),
            FailoverThreshold=unsigned(group.failover_threshold),
            FailoverPeriod=unsigned(group.failover_period),
        )
    _tell_resource_settings(told, fact)
    told.cim[CLUSTER, "MSCluster_ResourceGroupToPreferredNode"] = [
        {"GroupComponent": {"Name": each.group}, "PartComponent": {"Name": each.node}} for each in fact.preferred_owners
    ]
    told.cim[CLUSTER, "MSCluster_ClusterToQuorumResource"] = [
        {"PartComponent": {"Name": name}} for name in fact.quorum_resources
    ]


def _tell_resource_settings(told: Windows, fact: ClusterSettings) -> None:
    settings = {each.id: each for each in fact.resources}
    names = {each.resource_id: each for each in fact.network_names}
    addresses = {each.resource_id: each for each in fact.addresses}
    instances = {each.resource_id: each for each in fact.sql_servers}
    for row in _rows(told, "MSCluster_Resource"):
        each = settings[str(row["Id"])]
        row.update(
            ResourceClass=each.resource_class,
            CoreResource=each.is_core,
            PersistentState=each.is_meant_online,
            PendingTimeout=unsigned(each.pending_timeout),
            RestartAction=each.restart_action,
            RestartThreshold=unsigned(each.restart_threshold),
            RestartPeriod=unsigned(each.restart_period),
            StatusInformation=each.status,
            CryptoCheckpoints=[kept.checkpoint for kept in fact.crypto_checkpoints if kept.resource_id == each.id]
            or None,
        )
        private = cast("Row", row["PrivateProperties"])
        if name := names.get(each.id):
            private |= _present(
                StatusDNS=name.status_dns,
                StatusKerberos=name.status_kerberos,
                StatusNetBIOS=name.status_netbios,
                HostRecordTTL=name.host_record_ttl,
                RegisterAllProvidersIP=name.registers_all_addresses,
                PublishPTRRecords=name.publishes_ptr,
                DnsSuffix=name.dns_suffix,
                ResourceData="never asked for",
            )
        elif row["Type"] in {NETWORK_NAME, DISTRIBUTED_NETWORK_NAME}:
            raise ValueError(f"{each.name} is a name without its settings")
        if address := addresses.get(each.id):
            private |= _present(
                Address=address.address,
                SubnetMask=address.subnet_mask,
                Network=address.network,
                EnableDhcp=address.enables_dhcp,
                EnableNetBIOS=address.enables_netbios,
            )
        if instance := instances.get(each.id):
            private |= _present(InstanceName=instance.instance_name, VirtualServerName=instance.virtual_server_name)


def _rows(told: Windows, name: str) -> list[Row]:
    return cast("list[Row]", told.cim[CLUSTER, name])


def _present(**properties: object) -> Row:
    return {name: value for name, value in properties.items() if value is not None}
