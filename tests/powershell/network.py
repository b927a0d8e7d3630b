"""What Windows says of the network: MSDTC, the firewall, NLB, names and addresses."""

from collections.abc import Iterable

from ssoaudit.facts import (
    Dns,
    EndpointMapper,
    MsdtcFirewall,
    MsdtcIdentities,
    MsdtcSecurity,
    Nlb,
)
from ssoaudit.facts.msdtc_identities import Cid
from ssoaudit.facts.msdtc_security import DtcSettings
from tests.powershell.registry import Content
from tests.powershell.server import other_service, services
from tests.powershell.windows import CIMV2, INVALID_NAMESPACE, NLB, RESOURCES, SERVICES, STANDARD, Row, Windows

FIREWALL = {
    "local": rf"{SERVICES}\SharedAccess\Parameters\FirewallPolicy",
    "policy": r"SOFTWARE\Policies\Microsoft\WindowsFirewall",
}


def tell_firewall(told: Windows, fact: MsdtcFirewall) -> None:
    """What the reader of MsdtcFirewall is told from."""
    if fact.service_state is not None:
        services(told).append(other_service("MpsSvc", r"NT AUTHORITY\LocalService", fact.service_state))
    for profile in fact.profiles:
        told.registry.add(
            rf"{FIREWALL[profile.store]}\{profile.profile}",
            EnableFirewall=profile.enable_firewall,
            DefaultInboundAction=profile.default_inbound_action,
            DoNotAllowExceptions=profile.do_not_allow_exceptions,
            AllowLocalPolicyMerge=profile.allow_local_policy_merge,
        )
    other: dict[str, Content | None] = {"CoreNet-IGMP-In": "v2.30|Action=Allow|Active=TRUE|Dir=In|"}
    told.registry.put(
        rf"{FIREWALL['local']}\FirewallRules", {**other, **{each.rule_id: each.rule for each in fact.local_rules}}
    )
    if fact.policy_rules:
        rules: dict[str, Content | None] = {each.rule_id: each.rule for each in fact.policy_rules}
        told.registry.put(rf"{FIREWALL['policy']}\FirewallRules", {**other, **rules})
    told.cim[STANDARD, "MSFT_NetConnectionProfile"] = [
        {"InterfaceAlias": each.interface, "NetworkCategory": each.category} for each in fact.connections
    ]


def tell_nlb(told: Windows, fact: Nlb) -> None:
    """What the reader of Nlb is told from."""
    if fact.is_installed:
        told.registry.add(rf"{SERVICES}\WLBS")
    for each in fact.interfaces:
        told.registry.add(
            rf"{SERVICES}\WLBS\Parameters\Interface\{each.id}",
            ClusterIPAddress=each.cluster_address,
            ClusterName=each.cluster_name,
        )
    told.cim[STANDARD, "MSFT_NetAdapterBindingSettingData"] = [_binding("Ethernet", "ms_tcpip", is_enabled=True)] + [
        _binding(each.adapter, each.component, is_enabled=each.is_enabled) for each in fact.bindings
    ]
    told.cim[NLB, "MicrosoftNLB_Node"] = (
        INVALID_NAMESPACE
        if fact.nodes is None
        else [
            {
                "ComputerName": each.computer_name,
                "HostPriority": each.host_priority,
                "DedicatedIPAddress": each.dedicated_address,
                "StatusCode": each.status_code,
            }
            for each in fact.nodes
        ]
    )


def _binding(adapter: str, component: str, *, is_enabled: bool | None) -> Row:
    return {"Name": adapter, "ComponentID": component, "Enabled": is_enabled}


def tell_cids(told: Windows, fact: MsdtcIdentities) -> None:
    """What the reader of MsdtcIdentities is told from."""
    _tell_cids_below(told, r"SOFTWARE\Classes\CID", fact.contact)
    if fact.contact_32_bit is not None:
        told.registry.add(r"SOFTWARE\Wow6432Node\Classes\CID")
        _tell_cids_below(told, r"SOFTWARE\Wow6432Node\Classes\CID", fact.contact_32_bit)
    if fact.local is not None:
        told.registry.add(r"SOFTWARE\Classes\CID.Local")
        _tell_cids_below(told, r"SOFTWARE\Classes\CID.Local", fact.local)
    if fact.clustered is not None:
        told.registry.add(RESOURCES)
        for each in fact.clustered:
            cid = Cid(guid=each.guid, description=each.description)
            _tell_cids_below(told, rf"{RESOURCES}\{each.resource_id}\MSDTCPRIVATE\CID", (cid,))


def _tell_cids_below(told: Windows, path: str, cids: Iterable[Cid]) -> None:
    for cid in cids:
        told.registry.put(rf"{path}\{cid.guid}\Description", {"": cid.description})


def tell_dtc(told: Windows, fact: MsdtcSecurity) -> None:
    """What the reader of MsdtcSecurity is told from."""
    if fact.local is not None:
        _tell_dtc_settings(told, r"SOFTWARE\Microsoft\MSDTC", fact.local)
    if fact.clustered is None:
        return
    told.registry.add(RESOURCES)
    for each in fact.clustered:
        _tell_dtc_settings(told, rf"{RESOURCES}\{each.resource_id}\MSDTCPRIVATE\MSDTC", each.settings)
    for mapping in fact.mappings or ():
        values: dict[str, Content | None] = {value.value_name: value.text or "" for value in mapping.mapping_values}
        told.registry.put(rf"Cluster\MSDTC\TMMapping\{mapping.kind}\{mapping.mapping_name}", {**values, "Number": 1})
    cluster: dict[str, Content | None] = {value.value_name: value.text or "" for value in fact.cluster_values or ()}
    told.registry.put(r"Cluster\MSDTC", cluster)


def _tell_dtc_settings(told: Windows, path: str, fact: DtcSettings) -> None:
    told.registry.add(
        path,
        AllowOnlySecureRpcCalls=fact.allow_only_secure_rpc_calls,
        FallbackToUnsecureRPCIfNecessary=fact.fallback_to_unsecure_rpc,
        TurnOffRpcSecurity=fact.turn_off_rpc_security,
        ServerTcpPort=fact.server_tcp_port,
    )
    told.registry.add(
        rf"{path}\Security",
        NetworkDtcAccess=fact.network_dtc_access,
        NetworkDtcAccessTransactions=fact.network_dtc_access_transactions,
        NetworkDtcAccessInbound=fact.network_dtc_access_inbound,
        NetworkDtcAccessOutbound=fact.network_dtc_access_outbound,
        NetworkDtcAccessAdmin=fact.network_dtc_access_admin,
        NetworkDtcAccessClients=fact.network_dtc_access_clients,
        NetworkDtcAccessTip=fact.network_dtc_access_tip,
        XaTransactions=fact.xa_transactions,
        LuTransactions=fact.lu_transactions,
        ServerTcpPort=fact.security_server_tcp_port,
        AccountName=fact.account_name,
    )


def tell_dns(told: Windows, fact: Dns) -> None:
    """What the reader of Dns is told from."""
    for each in fact.forward:
        if each.code is None:
            told.answer("addresses", each.name, list(each.addresses))
        else:
            told.fail("addresses", each.name, each.code, each.error)
    for found in fact.reverse:
        if found.code is None:
            told.answer("host_names", found.address, found.host_name)
        else:
            told.fail("host_names", found.address, found.code, found.error)
    told.cim[CIMV2, "Win32_NetworkAdapterConfiguration"] = [
        {"IPEnabled": False, "IPAddress": None},
        {"IPEnabled": True, "IPAddress": list(fact.own_addresses)},
    ]
    lines = [f"{each.address}\t{each.name} # set by hand" for each in fact.hosts_overrides]
    told.answer("hosts_file", "lines", ["# a comment", "127.0.0.1 localhost", *lines])
    told.answer("hosts_file", "size", 824)


def tell_mapper(told: Windows, fact: EndpointMapper) -> None:
    """What the reader of EndpointMapper is told from."""
    for each in fact.connections:
        if each.is_open:
            told.answer("connections", each.name, None)
        else:
            told.fail("connections", each.name, each.code, each.error)
