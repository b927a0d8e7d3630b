"""The shapes that a healthy estate has: what shares the cluster, where the master is, how far the cluster is built."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ssoaudit.facts import ClusterView, Fact, MasterSecretIds, OwnAccount, Services
from ssoaudit.facts.dns import Dns, Forward
from ssoaudit.facts.endpoint_mapper import Connection, EndpointMapper
from ssoaudit.lab.estate import LabEstate, Machine, Plan, healthy
from ssoaudit.lab.estate.cluster import cluster_settings, cluster_view, core
from ssoaudit.lab.estate.database import database
from ssoaudit.lab.estate.events import (
    cluster_moves,
    entsso_events,
    events,
    master_history,
    member_history,
    node_history,
    server_history,
)
from ssoaudit.lab.estate.management import management
from ssoaudit.lab.estate.names import (
    BIZTALK,
    BIZTALK_HOSTS,
    GROUP,
    HOSTS_GROUP,
    MASTER,
    NETWORK_NAME,
    NODES,
    SECRETS,
    SQL,
    SQL_GROUP,
)
from ssoaudit.lab.estate.network import (
    ADDRESSES,
    dns,
    endpoint_mapper,
    msdtc_firewall,
    msdtc_security,
    nlb,
)
from ssoaudit.lab.estate.roles import SQL_INSTANCE, hosts_alone, sso_beside_sql_server, with_hosts, with_sql_server
from ssoaudit.lab.estate.server import (
    cluster_service,
    entsso_service,
    env,
    host_service,
    identities,
    msdtc,
    msdtc_service,
    registry,
    rights,
    running_as,
    self_test,
    web_service,
)
from ssoaudit.lab.estate.windows import backup_files, biztalk_registry, secret_key_acl, windows
from ssoaudit.vocabulary import ClusterRole, Role, Stage

DEDICATED = "dedicated"
"""The shape of `healthy`: the cluster has nothing but Enterprise SSO."""

MASTER_ADDRESS = "10.20.4.52"
NO_SUCH_HOST = ("0x80072AF9", "No such host is known")
SQL_ACCOUNTS = tuple(
    OwnAccount(service=service, account="CONTOSO\\svc-sql") for service in ("MSSQLSERVER", "SQLSERVERAGENT")
)


def beside_sql_server() -> LabEstate:
    """SQL Server is clustered on the same nodes; ENTSSO has a group of its own."""
    view = with_sql_server(cluster_view())
    return _on_sql_nodes(_clustered_as(healthy(), view, SQL_GROUP, GROUP))


def in_sql_server_group() -> LabEstate:
    """SQL Server is clustered on the same nodes, and ENTSSO shares its group and its network name."""
    estate = _clustered_as(healthy(), sso_beside_sql_server(), SQL_GROUP)
    for node in NODES:
        estate = estate.alter(node, entsso_events(node_history(node, SQL)))
    for name in BIZTALK:
        estate = estate.alter(name, entsso_events(server_history(name, SQL)))
    return _on_sql_nodes(replace(estate, plan=Plan(network_name=SQL), management=management(SQL)))


def with_hosts_and_iis() -> LabEstate:
    """The nodes are the BizTalk servers: their hosts and IIS are clustered in the group of ENTSSO."""
    estate = _on_biztalk_nodes(_clustered_as(healthy(), with_hosts(cluster_view()), GROUP), GROUP)
    for node in NODES:
        owns = node == NODES[0]
        estate = estate.alter(node, _node_services(entsso_running=owns, entsso_auto=False, hosts_running=owns))
    names = database(servers=(NETWORK_NAME,), changed_on=NODES[0])
    return _resolving(replace(estate, database=names))


def member() -> LabEstate:
    """ENTSSO is clustered; the master secret server is another machine."""
    plan = Plan(cluster_role=ClusterRole.MEMBER, present_master=MASTER)
    return _resolving(replace(_led_from_outside(healthy()), plan=plan))


def hosts_only() -> LabEstate:
    """BizTalk's hosts and IIS are clustered; ENTSSO runs on every node, and the master is another machine."""
    estate = _on_biztalk_nodes(_clustered_as(_led_from_outside(healthy()), hosts_alone(), HOSTS_GROUP), HOSTS_GROUP)
    for node in NODES:
        estate = estate.alter(node, entsso_events(server_history(node, MASTER)))
        services = _node_services(entsso_running=True, entsso_auto=True, hosts_running=node == NODES[0])
        estate = estate.alter(node, services)
    return _resolving(
        replace(
            estate,
            plan=Plan(cluster_role=ClusterRole.HOSTS_ONLY, network_name=None, present_master=MASTER),
            database=database(MASTER, (MASTER, *NODES), changed_on=NODES[0]),
            management=management(MASTER, NODES, group=HOSTS_GROUP),
        )
    )


def planned_new() -> LabEstate:
    """The nodes are prepared for a new master secret server; there is no SSODB yet, and no BizTalk."""
    estate = _unbuilt(_without_secret(healthy()))
    kept = {name: machine for name, machine in estate.machines.items() if name not in BIZTALK}
    plan = Plan(stage=Stage.PLANNED, change="new", has_biztalk=False)
    return _resolving(replace(estate, machines=kept, database={}, management={}, plan=plan))


def planned_move() -> LabEstate:
    """The nodes are prepared for the master secret, which another machine still has."""
    estate = _unbuilt(_led_from_outside(healthy()))
    plan = Plan(stage=Stage.PLANNED, change="move", present_master=MASTER)
    names = database(MASTER, (MASTER, *BIZTALK))
    return _resolving(replace(estate, plan=plan, database=names))


def built() -> LabEstate:
    """ENTSSO is clustered; SSODB still names the machine from which the master secret is to move."""
    plan = Plan(stage=Stage.BUILT, change="move", present_master=MASTER)
    return _resolving(replace(_led_from_outside(healthy()), plan=plan))


SHAPES: Mapping[str, Callable[[], LabEstate]] = {
    DEDICATED: healthy,
    "beside-sql-server": beside_sql_server,
    "in-sql-server-group": in_sql_server_group,
    "with-hosts-and-iis": with_hosts_and_iis,
    "member": member,
    "hosts-only": hosts_only,
    "planned-new": planned_new,
    "planned-move": planned_move,
    "built": built,
}
"""Each shape by its name."""


def _clustered_as(estate: LabEstate, view: ClusterView, *groups: str) -> LabEstate:
    """The nodes see that cluster, and their logs tell of its groups."""
    sql_servers = (SQL_INSTANCE,) if any(resource.id == SQL_INSTANCE.resource_id for resource in view.resources) else ()
    for node in NODES:
        estate = _altered(estate, node, view, cluster_settings(view, *sql_servers), cluster_moves(node, *groups))
    return estate


def _on_sql_nodes(estate: LabEstate) -> LabEstate:
    """The nodes have SQL Server, and nobody else has it."""
    machines = {name: machine for name, machine in estate.machines.items() if name != SQL}
    for node in NODES:
        services = machines[node].facts[Services.topic]
        assert isinstance(services, Services)  # noqa: S101 - told by the topic
        changed = running_as(*services.services, others=SQL_ACCOUNTS)
        machines[node] = replace(machines[node].alter(changed), roles=(Role.CLUSTER, Role.SQL))
    master = estate.plan.network_name or NETWORK_NAME
    facts = database(master, (master, *BIZTALK), physical_node=NODES[0])
    return _resolving(replace(estate, machines=machines, database=facts))


def _on_biztalk_nodes(estate: LabEstate, group: str) -> LabEstate:
    """The nodes have BizTalk, its hosts clustered in that group, and nobody else has it."""
    machines = {name: machine for name, machine in estate.machines.items() if name not in BIZTALK}
    for node in NODES:
        installed = machines[node].alter(biztalk_registry(BIZTALK[0]))
        machines[node] = replace(installed, roles=(Role.CLUSTER, Role.BIZTALK))
    return replace(estate, machines=machines, management=management(servers=NODES, group=group))


def _node_services(*, entsso_running: bool, entsso_auto: bool, hosts_running: bool) -> Services:
    """The services of a node with BizTalk; the cluster starts its hosts and IIS."""
    return running_as(
        msdtc_service(running=False),
        entsso_service(running=entsso_running, auto=entsso_auto),
        cluster_service(),
        *(host_service(host, running=hosts_running, auto=False) for host in BIZTALK_HOSTS),
        web_service(running=hosts_running),
    )


def _without_secret(estate: LabEstate) -> LabEstate:
    """No node has the master secret, nor a backup of it."""
    for node in NODES:
        none = MasterSecretIds(is_present=False, names=())
        estate = _altered(estate, node, none, secret_key_acl(BIZTALK[0]), backup_files(BIZTALK[0]))
    return estate


def _led_from_outside(estate: LabEstate) -> LabEstate:
    """The master secret is on a machine of its own, from which all others fetch it; the cluster is an SSO server."""
    estate = _without_secret(estate)
    for node in NODES:
        estate = estate.alter(node, entsso_events(member_history(node, NETWORK_NAME, MASTER)))
    for name in BIZTALK:
        estate = estate.alter(name, entsso_events(server_history(name, MASTER)))
    return replace(
        estate,
        machines={**estate.machines, MASTER: _master()},
        database=database(MASTER, (MASTER, NETWORK_NAME, *BIZTALK)),
        management=management(MASTER),
    )


def _master() -> Machine:
    number = len(NODES) + len(BIZTALK) + 2
    facts = (
        env(MASTER),
        registry(),
        MasterSecretIds(is_present=True, names=SECRETS),
        msdtc(number),
        running_as(msdtc_service(running=True), entsso_service(running=True, auto=True)),
        rights(),
        identities(number),
        msdtc_security(),
        msdtc_firewall(),
        nlb(),
        *windows(MASTER),
        *events(MASTER),
        self_test(),
        entsso_events(master_history(MASTER)),
        secret_key_acl(NODES[0]),
        backup_files(NODES[0]),
    )
    return Machine(MASTER, (), {fact.topic: fact for fact in facts})


def _unbuilt(estate: LabEstate) -> LabEstate:
    """The cluster has no role yet, and ENTSSO of the nodes is installed and not configured."""
    estate = _clustered_as(estate, core())
    for number, node in enumerate(NODES, start=1):
        unconfigured = registry().model_copy(update={"sql_server": None, "sql_database": None})
        services = running_as(
            msdtc_service(running=True),
            entsso_service(running=False, auto=False, account="LocalSystem"),
            cluster_service(),
        )
        own = msdtc(number, is_node=True), msdtc_security(is_node=True)
        estate = _altered(estate, node, unconfigured, services, *own, entsso_events([]))
    return estate


def _altered(estate: LabEstate, name: str, *facts: Fact) -> LabEstate:
    for fact in facts:
        estate = estate.alter(name, fact)
    return estate


def _resolving(estate: LabEstate) -> LabEstate:
    """Every machine finds the names that it is asked for; a network name that is not made yet it does not find."""
    network_name = estate.plan.network_name
    is_made = estate.plan.stage is not Stage.PLANNED
    roles = {network_name} if network_name and is_made else set()
    virtual = roles | ({SQL} if SQL not in estate.machines else set())
    known = {**ADDRESSES, MASTER: MASTER_ADDRESS}
    addresses = {name: address for name, address in known.items() if name in virtual or name in estate.machines}
    for name in estate.machines:
        estate = _altered(estate, name, dns(name, addresses, virtual), endpoint_mapper(*roles))
        if network_name and not is_made:
            estate = _altered(estate, name, *_not_found(network_name, dns(name, addresses, virtual)))
    return estate


def _not_found(network_name: str, names: Dns) -> tuple[Dns, EndpointMapper]:
    code, error = NO_SUCH_HOST
    forward = Forward(name=network_name, addresses=(), code=code, error=error)
    connection = Connection(name=network_name, is_open=False, milliseconds=3, code=code, error=error)
    return names.model_copy(update={"forward": (forward, *names.forward)}), EndpointMapper(connections=(connection,))
