"""A small estate, described once as fact models: what its machines answer, and faults as copies with one change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TypeVar

from ssoaudit.facts import (
    Cid,
    ClusteredCid,
    ClusterGroup,
    ClusterResource,
    ClusterView,
    EntssoRegistry,
    Env,
    Fact,
    MasterSecretIds,
    MsdtcIdentities,
    Service,
    Services,
)
from ssoaudit.facts.cluster_view import ClusterNode, Dependency, GroupState, NodeState, PossibleOwner, ResourceState
from ssoaudit.facts.external_credential_secrets import ExternalCredentialSecretRow, ExternalCredentialSecrets
from ssoaudit.facts.global_info import GlobalInfo, GlobalInfoRow
from ssoaudit.facts.identities import Identities, ResolvedName, Token
from ssoaudit.facts.logon_rights import LogonRights
from ssoaudit.facts.sql_fact import SqlFact
from ssoaudit.facts.sql_server import SqlServer, SqlServerRow
from ssoaudit.facts.sql_session import SqlSession, SqlSessionRow
from ssoaudit.facts.windows_password_secrets import WindowsPasswordSecrets
from ssoaudit.inventory import Groups, Inventory, Server, SqlSettings
from ssoaudit.vocabulary import Role

F = TypeVar("F", bound=Fact)

CLUSTER, NETWORK_NAME, GROUP = "SSOCLU01", "SSOMSS", "SSO-MSS"
NODES = ("SSONODE1", "SSONODE2")
BIZTALK = ("BTSAPP01", "BTSAPP02")
SQL = "SQLSSO01"
DATABASE = "SSODB"
ACCOUNT = "CONTOSO\\svc-entsso"
ADMINISTRATORS = "CONTOSO\\SSO Administrators"
AFFILIATES = "CONTOSO\\SSO Affiliate Administrators"
DOMAIN_SID = "S-1-5-21-1004336348-1177238915-682003330"
SECRETS = ("{2f1c6a3e-7c1b-4d5e-9a54-0b8f6f3f1d11}", "{8e0d7f52-91a4-4b7c-8f0a-3c2f5a9b7e42}")

_NAME_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000001"
_ADDRESS_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000002"
_DISK_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000003"
_MSDTC_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000004"
_ENTSSO_ID = "5b0f1f0e-6f0c-4a3f-9d0a-000000000005"
_RIDS = {"account": 1121, "administrators": 1122, "affiliates": 1123, "domain users": 513}
_DESCRIPTIONS = ("MSDTC", "MSDTCUIS", "MSDTCXATM", "MSDTCTIPGW")
_CLOCK = datetime(2026, 11, 20, 8, 40, 51, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Machine:
    """A machine of the lab: its roles, and its facts by topic. What it lacks it calls absent."""

    name: str
    roles: tuple[Role, ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def alter(self, fact: Fact) -> "Machine":
        """A copy that answers this fact instead."""
        return replace(self, facts={**self.facts, fact.topic: fact})


@dataclass(frozen=True)
class LabEstate:
    """The machines of the lab by name; `unreachable` are those on which nothing listens."""

    machines: Mapping[str, Machine]
    database: Mapping[str, SqlFact] = field(default_factory=dict)
    unreachable: frozenset[str] = frozenset()

    def alter(self, name: str, fact: Fact) -> "LabEstate":
        """A copy in which one machine answers another fact."""
        return replace(self, machines={**self.machines, name: self.machines[name].alter(fact)})

    def alter_database(self, fact: SqlFact) -> "LabEstate":
        """A copy whose SSODB answers another fact."""
        return replace(self, database={**self.database, fact.topic: fact})

    def alter_cluster(self, change: Callable[[ClusterView], ClusterView]) -> "LabEstate":
        """A copy in which every node sees a changed cluster."""
        estate = self
        for name, machine in self.machines.items():
            view = machine.facts.get(ClusterView.topic)
            if isinstance(view, ClusterView):
                estate = estate.alter(name, change(view))
        return estate

    def inventory(self) -> Inventory:
        """The estate as an operator would write it down, but for where it listens."""
        return Inventory(
            name="Lab",
            network_name=NETWORK_NAME,
            service_account=ACCOUNT,
            groups=Groups(
                sso_administrators=ADMINISTRATORS,
                sso_affiliate_administrators=AFFILIATES,
            ),
            sql=SqlSettings(server=SQL, database=DATABASE),
            servers=tuple(Server(host=machine.name, roles=machine.roles) for machine in self.machines.values()),
        )


def healthy() -> LabEstate:
    """Two nodes with a clustered master secret server, two BizTalk servers and a SQL Server, all as they should be."""
    machines = [_node(number, name) for number, name in enumerate(NODES, start=1)]
    machines += [_biztalk_server(number, name) for number, name in enumerate(BIZTALK, start=3)]
    machines.append(Machine(SQL, (Role.SQL,), _by_topic(_env(SQL), _msdtc(5), _services(SQL))))
    return LabEstate({machine.name: machine for machine in machines}, _database())


def _by_topic(*facts: F) -> dict[str, F]:
    return {fact.topic: fact for fact in facts}


def _node(number: int, name: str) -> Machine:
    facts = _by_topic(
        _env(name),
        _registry(),
        MasterSecretIds(is_present=True, names=SECRETS),
        _msdtc(number, clustered=True),
        _services(name),
        _rights(),
        _identities(number),
        _cluster(),
    )
    return Machine(name, (Role.CLUSTER,), facts)


def _biztalk_server(number: int, name: str) -> Machine:
    secrets = MasterSecretIds(is_present=False, names=())
    facts = _by_topic(_env(name), _registry(), secrets, _msdtc(number), _services(name), _rights(), _identities(number))
    return Machine(name, (Role.BIZTALK,), facts)


def _env(name: str) -> Env:
    return Env(
        computer_name=name,
        time=_CLOCK,
        powershell_version="5.1.20348.2849",
        language_mode="FullLanguage",
        is_64_bit=True,
        culture="en-US",
        user="CONTOSO\\auditor",
        user_sid="S-1-5-21-1004336348-1177238915-682003330-1109",
        is_elevated=True,
    )


def _registry() -> EntssoRegistry:
    return EntssoRegistry(
        product_name="Microsoft Enterprise Single Sign-On",
        product_version="10.0.2242.0",
        install_path="C:\\Program Files\\Common Files\\Enterprise Single Sign-On\\",
        sql_server=SQL,
        sql_database=DATABASE,
        sql_aliases=(),
    )


def _msdtc(number: int, *, clustered: bool = False) -> MsdtcIdentities:
    own = tuple(
        Cid(guid=f"{number:08x}-1111-4222-8333-{index:012x}", description=description)
        for index, description in enumerate(_DESCRIPTIONS)
    )
    if not clustered:
        return MsdtcIdentities(contact=own, local=None, clustered=None)
    shared = tuple(
        Cid(guid=f"c1c1c1c1-1111-4222-8333-{index:012x}", description=description)
        for index, description in enumerate(_DESCRIPTIONS)
    )
    return MsdtcIdentities(
        contact=shared,
        local=own,
        clustered=tuple(
            ClusteredCid(resource_id=_MSDTC_ID, guid=cid.guid, description=cid.description) for cid in shared
        ),
    )


def _rights() -> LogonRights:
    """As a server has them: the account by itself, and the group that holds the right on every Windows."""
    return LogonRights(method="lsa", service=("S-1-5-80-0", _sid("account")), deny_service=())


def _identities(number: int) -> Identities:
    machine = f"S-1-5-21-{number}00000001-{number}00000002-{number}00000003"
    names = (
        ResolvedName(name=ACCOUNT, sid=_sid("account"), kind=1, error=None),
        ResolvedName(name=ADMINISTRATORS, sid=_sid("administrators"), kind=2, error=None),
        ResolvedName(name=AFFILIATES, sid=_sid("affiliates"), kind=2, error=None),
    )
    groups = (
        _sid("domain users"),
        _sid("administrators"),
        "S-1-1-0",
        "S-1-5-32-545",
        "S-1-5-2",
        "S-1-5-11",
        "S-1-18-2",
    )
    token = Token(account=ACCOUNT, user_sid=_sid("account"), group_sids=groups, error=None)
    return Identities(machine_sid=machine, names=names, tokens=(token,))


def _sid(who: str) -> str:
    """A SID of the lab's domain."""
    return f"{DOMAIN_SID}-{_RIDS[who]}"


def _database() -> dict[str, SqlFact]:
    """A configured SSODB with adapters' credentials under both secrets, and no Windows password."""
    local, utc = _CLOCK.replace(tzinfo=None), _CLOCK.replace(tzinfo=None)
    current, previous = (secret.strip("{}").upper() for secret in SECRETS)
    nobody = "00000000-0000-0000-0000-000000000000"
    oldest, newest = datetime(2024, 3, 4, 9, 0, 0), datetime(2026, 11, 19, 17, 30, 12, 100000)  # noqa: DTZ001 - as SQL
    return _by_topic(
        SqlServer(
            rows=(
                SqlServerRow(
                    product_version="15.0.4415.2",
                    edition="Enterprise Edition (64-bit)",
                    engine_edition=3,
                    is_clustered=0,
                    is_hadr_enabled=0,
                    machine_name=SQL,
                    physical_node=SQL,
                    instance_name=None,
                    server_name=SQL,
                ),
            )
        ),
        SqlSession(
            rows=(
                SqlSessionRow(
                    database_name=DATABASE,
                    login_name="ssoaudit",
                    local_time=local,
                    utc_time=utc,
                    updateability="READ_WRITE",
                    transport="TCP",
                    authentication="SQL",
                ),
            )
        ),
        GlobalInfo(
            rows=(
                GlobalInfoRow(
                    gi_install_timestamp=oldest,
                    gi_update_timestamp=newest,
                    gi_flags=0x46,
                    gi_audit_app_delete_max=1000,
                    gi_audit_mapping_delete_max=1000,
                    gi_audit_ntp_lookup_max=1000,
                    gi_audit_xp_lookup_max=1000,
                    gi_ticket_timeout=2,
                    gi_cred_cache_timeout=60,
                    gi_SecretServer=NETWORK_NAME,
                    gi_SSOAdminGroup=ADMINISTRATORS,
                    gi_AffiliateAppMgrGroup=AFFILIATES,
                    gi_audit_id="6F9619FF-8B86-D011-B42D-00C04FC964FF",
                ),
            )
        ),
        ExternalCredentialSecrets(
            rows=(
                ExternalCredentialSecretRow(
                    ec_pws_msid=nobody, ec_pns_msid=current, number=42, oldest=oldest, newest=newest
                ),
                ExternalCredentialSecretRow(
                    ec_pws_msid=nobody, ec_pns_msid=previous, number=3, oldest=oldest, newest=oldest
                ),
            )
        ),
        WindowsPasswordSecrets(rows=()),
    )


def _services(name: str) -> Services:
    is_node, is_sql, owns = name in NODES, name == SQL, name == NODES[0]
    services = [_service("MSDTC", "Distributed Transaction Coordinator", running=not is_node, account=None)]
    if not is_sql:
        services.append(
            _service(
                "ENTSSO",
                "Enterprise Single Sign-On Service",
                running=owns or not is_node,
                auto=not is_node,
                account=ACCOUNT,
            )
        )
    if is_node:
        services.append(_service("ClusSvc", "Cluster Service", running=True, auto=True, account="LocalSystem"))
    if name in BIZTALK:
        display = "BizTalk Service BizTalk Group : Orders"
        services.append(_service("BTSSvc$Orders", display, running=True, auto=True, account="CONTOSO\\svc-bts"))
    return Services(services=tuple(services))


def _service(name: str, display: str, *, running: bool, account: str | None, auto: bool = False) -> Service:
    return Service(
        name=name,
        display_name=display,
        state="Running" if running else "Stopped",
        start_mode="Auto" if auto else "Manual",
        start_name=account or "NT AUTHORITY\\NetworkService",
        process_id=1880 if running else 0,
        path=f"C:\\Windows\\System32\\{name.lower()}.exe",
        depends_on=("RpcSs",),
    )


def _cluster() -> ClusterView:
    resources = (
        _resource(_NAME_ID, NETWORK_NAME, "Network Name", network_name=NETWORK_NAME, dns_name=NETWORK_NAME),
        _resource(_ADDRESS_ID, "SSO address", "IP Address", address="10.20.4.50"),
        _resource(_DISK_ID, "Cluster Disk 2", "Physical Disk"),
        _resource(_MSDTC_ID, "MSDTC-SSOMSS", "Distributed Transaction Coordinator"),
        _resource(_ENTSSO_ID, "ENTSSO", "Generic Service", service_name="ENTSSO", use_network_name=1),
    )
    expressions = {
        _NAME_ID: f"([{_ADDRESS_ID}])",
        _ADDRESS_ID: None,
        _DISK_ID: None,
        _MSDTC_ID: f"[{_NAME_ID}] and [{_DISK_ID}]",
        _ENTSSO_ID: f"([{_NAME_ID}])",
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
