"""The machines to be read: the healthy ones, one with every list filled, and what the lab's faults make of them."""

import base64
from collections.abc import Iterator
from typing import TypeVar

from ssoaudit.facts import (
    BackupFile,
    BackupFiles,
    BizTalkInstallation,
    BizTalkRegistry,
    ClusterSettings,
    ClusterView,
    Dns,
    EndpointMapper,
    EntssoFiles,
    EntssoRegistry,
    Fact,
    Identities,
    LogonRights,
    MsdtcFirewall,
    MsdtcIdentities,
    MsdtcSecurity,
    Nlb,
    OperatingSystem,
    PendingReboot,
    RpcPolicy,
    Services,
    SqlAlias,
)
from ssoaudit.facts.cluster_settings import CryptoCheckpoint, PreferredOwner, SqlServerResource
from ssoaudit.facts.cluster_view import GroupState, NodeState, ResourceState
from ssoaudit.facts.dns import Forward, HostsOverride, Reverse
from ssoaudit.facts.endpoint_mapper import Connection
from ssoaudit.facts.entsso_registry import EntssoView
from ssoaudit.facts.identities import ResolvedName
from ssoaudit.facts.msdtc_firewall import FirewallProfile, FirewallRule
from ssoaudit.facts.msdtc_identities import Cid
from ssoaudit.facts.msdtc_security import RegistryText, TmMapping
from ssoaudit.facts.nlb import NlbBinding, NlbInterface, NlbNode
from ssoaudit.lab.estate import GROUP, NODES, Machine, healthy
from ssoaudit.lab.estate.names import DISK_ID
from ssoaudit.lab.estate.shapes import SHAPES
from tests.faults.faults import FAULTS, HARMLESS

F = TypeVar("F", bound=Fact)


def shapes() -> Iterator[tuple[str, Machine]]:
    """Each machine to be read, with what it is called here."""
    sound = healthy().machines
    for name, machine in sound.items():
        yield name, machine
    yield "everything at once", full(sound[NODES[0]])
    yield "logon rights by secedit.exe", exported(sound[NODES[0]])
    for shape, build in SHAPES.items():
        for name, machine in build().machines.items():
            if machine != sound.get(name):
                yield f"{name}, {shape}", machine
    for fault in (*FAULTS, *HARMLESS):
        for name, machine in fault.alter(healthy()).machines.items():
            if machine != sound[name]:
                yield f"{name}, {fault.name}", machine


def exported(machine: Machine) -> Machine:
    """The machine where the C# compiler is forbidden: whether a name is a user's or a group's is not told either."""
    rights = LogonRights(method="secedit", service=("S-1-5-80-0", "S-1-5-21-1-2-3-1121"), deny_service=())
    identities = _fact(machine, Identities)
    names = tuple(each.model_copy(update={"kind": None}) for each in identities.names)
    return machine.alter(rights).alter(identities.model_copy(update={"names": names}))


def full(machine: Machine) -> Machine:
    """The machine with something in every list, and the numbers and texts that come through badly if anything does."""
    for fact in (*_installed(machine), *_networked(machine), *_clustered(machine)):
        machine = machine.alter(fact)
    return machine


def _fact(machine: Machine, model: type[F]) -> F:
    fact = machine.facts[model.topic]
    assert isinstance(fact, model)
    return fact


def _installed(machine: Machine) -> Iterator[Fact]:
    services = _fact(machine, Services)
    first = services.services[0].model_copy(
        update={
            "display_name": "Distributed \u2018Transaction\u2019 Coordin\u00e4tor",
            "failure_actions": base64.b64encode(bytes(range(256))).decode("ascii"),
            "depends_on": ("RpcSs", "SamSS"),
            "delayed_start": 0,
            "exit_code": 0xFFFF_FFFF,
        }
    )
    yield services.model_copy(update={"services": (first, *services.services[1:])})
    other = EntssoView(product_version="9.0.1000.0", install_path=None, sql_server="OLDSQL", sql_database="SSODB")
    yield _fact(machine, EntssoRegistry).model_copy(
        update={
            "sql_aliases": (SqlAlias(name="SSOSQL", target="DBMSSOCN,sql01,1433"), SqlAlias(name="OLD", target=None)),
            "in_32_bit_view": other,
        }
    )
    pending = PendingReboot(
        component_servicing=True,
        windows_update=True,
        file_renames=1,
        update_exe_volatile=3,
        active_name="OLDNAME",
        next_name="NEWNAME",
    )
    yield _fact(machine, OperatingSystem).model_copy(update={"pending_reboot": pending})
    installation = BizTalkInstallation(
        product_name="BizTalk",
        product_version="3.9.469.0",
        product_edition=None,
        install_path=None,
        management_server=None,
        management_database=None,
    )
    whole = installation.model_copy(
        update={
            "product_edition": "Enterprise",
            "install_path": "C:\\BizTalk\\",
            "management_server": "SQLBTS01",
            "management_database": "BizTalkMgmtDb",
        }
    )
    yield BizTalkRegistry(native=whole, in_32_bit_view=installation, has_host_integration_server=True)
    yield RpcPolicy(
        restrict_remote_clients=0,
        enable_auth_ep_resolution=1,
        ports=("5000-5100",),
        ports_internet_available="Y",
        use_internet_ports="Y",
    )
    programs = _fact(machine, EntssoFiles)
    unversioned = (programs.programs[0], programs.programs[1].model_copy(update={"version": None}))
    absent = programs.programs[2].model_copy(update={"is_present": False, "version": None})
    yield programs.model_copy(update={"programs": (*unversioned, absent)})
    backups = _fact(machine, BackupFiles)
    denied = BackupFile(
        name="SSO0000.bak",
        size=0,
        modified=backups.files[0].modified,
        security_descriptor=None,
        error="it is closed",
    )
    yield backups.model_copy(update={"files": (*backups.files, denied)})
    names = _fact(machine, Identities).names
    unknown = ResolvedName(name="CONTOSO\\No Such Group", sid=None, kind=None, error="not mapped")
    without_kind = names[-1].model_copy(update={"kind": None})
    yield _fact(machine, Identities).model_copy(
        update={"names": (*names[:-1], without_kind, unknown), "machine_sid": None}
    )


def _networked(machine: Machine) -> Iterator[Fact]:
    dns = _fact(machine, Dns)
    failed = Forward(name="nowhere", addresses=(), code="0x80072AF9", error="No such host is known")
    twice = Forward(name="twice", addresses=("10.0.0.1", "2001:db8::1"), code=None, error=None)
    reverse = tuple(Reverse(address=each, host_name=None, code="0x80072AFC", error="none") for each in twice.addresses)
    yield dns.model_copy(
        update={
            "forward": (*dns.forward, failed, twice),
            "reverse": (*dns.reverse, *reverse),
            "hosts_overrides": (HostsOverride(address="10.9.9.9", name="twice.contoso.com"),),
        }
    )
    closed = Connection(name="closed", is_open=False, milliseconds=0, code="0x8007274D", error="refused")
    mapper = _fact(machine, EndpointMapper)
    yield mapper.model_copy(update={"connections": (*mapper.connections, closed)})
    firewall = _fact(machine, MsdtcFirewall)
    imposed = FirewallProfile(
        store="policy",
        profile="DomainProfile",
        enable_firewall=0,
        default_inbound_action=1,
        do_not_allow_exceptions=1,
        allow_local_policy_merge=0,
    )
    rule = FirewallRule(store="policy", rule_id="{GUID}", rule="v2.30|App=C:\\Windows\\System32\\MSDTC.exe|")
    yield firewall.model_copy(
        update={
            "profiles": (*firewall.profiles, imposed),
            "policy_rules": (rule,),
            "connections": (*firewall.connections, firewall.connections[0].model_copy(update={"category": 0})),
        }
    )
    interface = NlbInterface(id="{GUID}", cluster_address="10.1.1.1", cluster_name=None)
    named = NlbInterface(id="{OTHER}", cluster_address=None, cluster_name="nlb.contoso.com")
    node = NlbNode(computer_name=None, host_priority=1, dedicated_address="10.1.1.2", status_code=1008)
    binding = NlbBinding(adapter="Ethernet 2", component="ms_nlb", is_enabled=False)
    yield Nlb(is_installed=True, interfaces=(interface, named), bindings=(binding,), nodes=(node,))
    identities = _fact(machine, MsdtcIdentities)
    yield identities.model_copy(update={"contact_32_bit": (*identities.contact, Cid(guid="{GUID}", description=None))})
    dtc = _fact(machine, MsdtcSecurity)
    values = (RegistryText(value_name="Name", text="MSDTC-SSOMSS"), RegistryText(value_name="Other", text=None))
    mapping = TmMapping(kind="Service", mapping_name="ENTSSO", mapping_values=values)
    default = RegistryText(value_name="DefaultResource", text="{GUID}")
    assert dtc.local is not None
    local = dtc.local.model_copy(update={"server_tcp_port": 5000, "security_server_tcp_port": 5001})
    yield dtc.model_copy(update={"local": local, "mappings": (mapping,), "cluster_values": (default,)})


def _clustered(machine: Machine) -> Iterator[Fact]:
    view = _fact(machine, ClusterView)
    nodes = tuple(node.model_copy(update={"state": NodeState.UNKNOWN}) for node in view.nodes[:1])
    groups = tuple(group.model_copy(update={"state": GroupState.UNKNOWN}) for group in view.groups[:1])
    instance = view.resources[5].model_copy(update={"type": "SQL Server", "state": ResourceState.UNKNOWN})
    kept = instance.model_copy(update={"registry_checkpoints": ("SOFTWARE\\A", "SOFTWARE\\B")})
    yield view.model_copy(
        update={
            "nodes": (*nodes, *view.nodes[1:]),
            "groups": (*groups, *view.groups[1:]),
            "resources": (*view.resources[:5], kept, *view.resources[6:]),
            "fqdn": None,
        }
    )
    yield _fact(machine, ClusterSettings).model_copy(
        update={
            "quorum_type_value": -1,
            "security_descriptor": None,
            "preferred_owners": tuple(PreferredOwner(group=GROUP, node=node) for node in NODES),
            "crypto_checkpoints": (CryptoCheckpoint(resource_id=DISK_ID, checkpoint="1\\Provider\\Key"),),
            "sql_servers": (SqlServerResource(resource_id=DISK_ID, instance_name="I1", virtual_server_name="SQLV1"),),
        }
    )
