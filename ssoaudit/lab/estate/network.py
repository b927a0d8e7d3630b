"""What one Windows machine of the lab answers about the network: MSDTC's settings, the firewall, names, NLB."""

from collections.abc import Collection, Mapping

from ssoaudit.facts.dns import Dns, Forward, Reverse
from ssoaudit.facts.endpoint_mapper import Connection, EndpointMapper
from ssoaudit.facts.msdtc_firewall import ConnectionProfile, FirewallProfile, FirewallRule, MsdtcFirewall
from ssoaudit.facts.msdtc_security import ClusteredDtc, DtcSettings, MsdtcSecurity
from ssoaudit.facts.nlb import Nlb
from ssoaudit.lab.estate.names import BIZTALK, MSDTC_ID, NETWORK_NAME, NODES, SQL

DOMAIN = "contoso.com"
ADDRESSES = {name: f"10.20.4.{number}" for number, name in enumerate((*NODES, *BIZTALK, SQL, NETWORK_NAME), start=45)}
"""Every name that the lab's machines resolve; the last is the network name's, 10.20.4.50."""


def msdtc_security(*, clustered: bool = False, is_node: bool = False) -> MsdtcSecurity:
    """Network transactions both ways with authenticated callers, on the machine as in the clustered MSDTC."""
    local = _dtc("NT AUTHORITY\\NetworkService")
    if not clustered and is_node:
        return MsdtcSecurity(local=local, clustered=(), mappings=(), cluster_values=())
    if not clustered:
        return MsdtcSecurity(local=local, clustered=None, mappings=None, cluster_values=None)
    return MsdtcSecurity(
        local=local,
        clustered=(ClusteredDtc(resource_id=MSDTC_ID, settings=_dtc(None)),),
        mappings=(),
        cluster_values=(),
    )


def _dtc(account: str | None) -> DtcSettings:
    return DtcSettings(
        network_dtc_access=1,
        network_dtc_access_transactions=1,
        network_dtc_access_inbound=1,
        network_dtc_access_outbound=1,
        network_dtc_access_admin=0,
        network_dtc_access_clients=0,
        network_dtc_access_tip=0,
        xa_transactions=0,
        lu_transactions=1,
        allow_only_secure_rpc_calls=0,
        fallback_to_unsecure_rpc=1,
        turn_off_rpc_security=0,
        server_tcp_port=None,
        security_server_tcp_port=None,
        account_name=account,
    )


def msdtc_firewall() -> MsdtcFirewall:
    """The firewall is on in the domain's network, and the rules for MSDTC are enabled."""
    profiles = ("DomainProfile", "StandardProfile", "PublicProfile")
    return MsdtcFirewall(
        service_state="Running",
        profiles=tuple(
            FirewallProfile(
                store="local",
                profile=name,
                enable_firewall=1,
                default_inbound_action=None,
                do_not_allow_exceptions=0,
                allow_local_policy_merge=None,
            )
            for name in profiles
        ),
        local_rules=(
            _rule("MSDTC-In-TCP", "In", "App=%SystemRoot%\\system32\\msdtc.exe|", 33503),
            _rule("MSDTC-Out-TCP", "Out", "App=%SystemRoot%\\system32\\msdtc.exe|", 33507),
            _rule("MSDTC-KTMRM-In-TCP", "In", "LPort=RPC|App=%SystemRoot%\\system32\\svchost.exe|Svc=ktmrm|", 33511),
            _rule("MSDTC-RPCSS-In-TCP", "In", "LPort=RPC-EPMap|App=%SystemRoot%\\system32\\svchost.exe|", 33513),
        ),
        policy_rules=(),
        connections=(ConnectionProfile(interface="Ethernet", category=2),),
    )


def _rule(name: str, direction: str, what: str, resource: int) -> FirewallRule:
    text = f"@FirewallAPI.dll,-{resource}|EmbedCtxt=@FirewallAPI.dll,-33502|"
    rule = f"v2.30|Action=Allow|Active=TRUE|Dir={direction}|Protocol=6|{what}Name={text}"
    return FirewallRule(store="local", rule_id=name, rule=rule)


def nlb() -> Nlb:
    """Network Load Balancing is not installed."""
    return Nlb(is_installed=False, interfaces=(), bindings=(), nodes=None)


def dns(
    machine: str, addresses: Mapping[str, str] = ADDRESSES, virtual: Collection[str] = frozenset({NETWORK_NAME})
) -> Dns:
    """Every name has its one address, and every address but a network name's leads back.

    `virtual` are the names of clustered roles, whose addresses the first node has now.
    """
    own = (addresses[machine], *(addresses[name] for name in addresses if name in virtual and machine == NODES[0]))
    return Dns(
        forward=tuple(
            Forward(name=name, addresses=(address,), code=None, error=None) for name, address in addresses.items()
        ),
        reverse=tuple(_reverse(name, address, is_virtual=name in virtual) for name, address in addresses.items()),
        hosts_overrides=(),
        own_addresses=own,
    )


def _reverse(name: str, address: str, *, is_virtual: bool) -> Reverse:
    # A network name's resource publishes no PTR record unless it is told to.
    if is_virtual:
        return Reverse(address=address, host_name=None, code="0x80072AF9", error="No such host is known")
    return Reverse(address=address, host_name=f"{name}.{DOMAIN}", code=None, error=None)


def endpoint_mapper(*names: str) -> EndpointMapper:
    """The endpoint mapper behind each of these network names answers."""
    return EndpointMapper(
        connections=tuple(Connection(name=name, is_open=True, milliseconds=2, code=None, error=None) for name in names)
    )
