"""The faults of the matrix: each is the healthy estate with one thing altered, and what must come of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from ssoaudit.facts import (
    AuditRights,
    BackupDatabases,
    ClusterResource,
    ClusterView,
    EntssoRegistry,
    Env,
    GlobalInfo,
    Identities,
    LogonRights,
    MasterSecretIds,
    MsdtcIdentities,
    Service,
    Services,
    SqlAlias,
    SqlServer,
    SsodbBackups,
    SsoServers,
    WindowsPasswordSecrets,
)
from ssoaudit.facts.backup_databases import BackupDatabaseRow
from ssoaudit.facts.sql_fact import SqlFact
from ssoaudit.facts.ssodb_backups import SsodbBackupRow
from ssoaudit.facts.windows_password_secrets import WindowsPasswordSecretRow
from ssoaudit.lab.estate import (
    ACCOUNT,
    ADMINISTRATORS,
    AFFILIATES,
    BIZTALK,
    CLUSTER,
    DATABASE,
    DOMAIN_SID,
    NODES,
    SECRETS,
    SQL,
    LabEstate,
)
from ssoaudit.lab.estate.names import SQL_NODE
from ssoaudit.lab.scenarios import with_clones, without_dependency

Change = tuple[str, str, str, str]
"""Check, target, status, severity."""

IS_GENERIC = "cluster.entsso-is-generic-service"
USES_NAME = "cluster.entsso-uses-network-name"
DEPENDS = "cluster.entsso-depends-on-network-name"
CIDS = "msdtc.cids-are-unique"
ON_EVERY = "secret.is-on-every-node"
SAME_SECRET = "secret.is-the-same-on-every-node"
STOPPED = "entsso.stopped-on-passive-nodes"
SAME_DATABASE = "database.same-on-every-server"
COVERS = "secret.covers-ssodb"
CONFIGURED = "database.is-configured"
NAMED = "database.secret-server-is-network-name"
GROUPS = "accounts.sso-groups-are-domain-groups"
IS_DOMAIN = "accounts.service-account-is-domain-account"
SAME_ACCOUNT = "accounts.service-account-same-on-every-node"
IN_ADMINISTRATORS = "accounts.service-account-in-sso-administrators"
OTHER = "CONTOSO\\svc-other"
MAY_LOG_ON = "accounts.service-account-may-log-on-as-service"
REENCRYPTED = "secret.reencryption-is-complete"
ENABLED = "entsso.sso-is-enabled"
TICKETS = "entsso.validates-tickets"
AVAILABLE = "database.is-highly-available"
VIRTUAL = "database.address-is-virtual"
INVENTORIED = "database.sso-servers-are-inventoried"
BACKED_UP = "database.is-backed-up"
PRIVILEGED = "database.audit-account-is-least-privileged"


@dataclass(frozen=True)
class Fault:
    """One thing altered in the healthy estate, the findings that change, and words that the first of them must say."""

    name: str
    alter: Callable[[LabEstate], LabEstate]
    changes: tuple[Change, ...]
    says: tuple[str, ...]


def _entsso(estate: LabEstate, **update: object) -> LabEstate:
    return estate.alter_cluster(lambda view: _with_entsso(view, view.entsso.model_copy(update=update)))


def _with_entsso(view: ClusterView, *resources: ClusterResource) -> ClusterView:
    others = tuple(resource for resource in view.resources if resource.id != view.entsso.id)
    return view.model_copy(update={"resources": (*others, *resources)})


def _two_resources(estate: LabEstate) -> LabEstate:
    def twice(view: ClusterView) -> ClusterView:
        twin = view.entsso.model_copy(update={"id": "5b0f1f0e-6f0c-4a3f-9d0a-00000000000f", "name": "ENTSSO (2)"})
        return _with_entsso(view, view.entsso, twin)

    return estate.alter_cluster(twice)


def _depends_on(expression: str) -> Callable[[LabEstate], LabEstate]:
    def change(view: ClusterView) -> ClusterView:
        ids = {resource.name: resource.id for resource in view.resources}
        text = expression
        for name, resource_id in ids.items():
            text = text.replace(f"[{name}]", f"[{resource_id}]")
        dependencies = tuple(
            each.model_copy(update={"expression": text}) if each.resource_id == view.entsso.id else each
            for each in view.dependencies
        )
        return view.model_copy(update={"dependencies": dependencies})

    return lambda estate: estate.alter_cluster(change)


def _unread_dependency(estate: LabEstate) -> LabEstate:
    def change(view: ClusterView) -> ClusterView:
        dependencies = tuple(
            each.model_copy(update={"expression": None, "error": "Access denied"})
            if each.resource_id == view.entsso.id
            else each
            for each in view.dependencies
        )
        return view.model_copy(update={"dependencies": dependencies})

    return estate.alter_cluster(change)


def _secrets(node: str, *names: str, present: bool = True) -> Callable[[LabEstate], LabEstate]:
    return lambda estate: estate.alter(node, MasterSecretIds(is_present=present, names=names))


def _service(machine: str, **update: object) -> Callable[[LabEstate], LabEstate]:
    def alter(estate: LabEstate) -> LabEstate:
        services = estate.machines[machine].facts[Services.topic]
        assert isinstance(services, Services)
        changed = tuple(_changed(service, update) for service in services.services)
        return estate.alter(machine, services.model_copy(update={"services": changed}))

    return alter


def _changed(service: Service, update: dict[str, object]) -> Service:
    return service.model_copy(update=update) if service.name == "ENTSSO" else service


def _registry(machine: str, **update: object) -> Callable[[LabEstate], LabEstate]:
    def alter(estate: LabEstate) -> LabEstate:
        registry = estate.machines[machine].facts[EntssoRegistry.topic]
        return estate.alter(machine, registry.model_copy(update=update))

    return alter


def _cloned_sql_machine(estate: LabEstate) -> LabEstate:
    identities = estate.machines[NODES[0]].facts[MsdtcIdentities.topic]
    assert isinstance(identities, MsdtcIdentities)
    local = identities.local or ()
    return estate.alter(SQL, MsdtcIdentities(contact=local, contact_32_bit=None, local=None, clustered=None))


def _unexplained_contact(estate: LabEstate) -> LabEstate:
    identities = estate.machines[NODES[1]].facts[MsdtcIdentities.topic]
    return estate.alter(NODES[1], identities.model_copy(update={"clustered": ()}))


def _same_machine_twice(estate: LabEstate) -> LabEstate:
    return estate.alter(NODES[1], estate.machines[NODES[0]].facts[Env.topic])


def _info(**update: object) -> Callable[[LabEstate], LabEstate]:
    def alter(estate: LabEstate) -> LabEstate:
        info = estate.database[GlobalInfo.topic]
        assert isinstance(info, GlobalInfo)
        return estate.alter_database(GlobalInfo(rows=(info.rows[0].model_copy(update=update),)))

    return alter


def _rows_under(secret: str) -> Callable[[LabEstate], LabEstate]:
    def alter(estate: LabEstate) -> LabEstate:
        row = WindowsPasswordSecretRow(wp_msid=secret, number=7, oldest=None, newest=None)
        return estate.alter_database(WindowsPasswordSecrets(rows=(row,)))

    return alter


def _row_of(fact: type[SqlFact], **update: object) -> Callable[[LabEstate], LabEstate]:
    """The estate whose SSODB, or whose SQL Server, answers a topic of one row otherwise."""

    def alter(estate: LabEstate) -> LabEstate:
        (row,) = estate.database[fact.topic].model_dump()["rows"]
        return estate.alter_database(fact.model_validate({"rows": ({**row, **update},)}))

    return alter


def _backups(change: Callable[[SsodbBackupRow], SsodbBackupRow | None]) -> Callable[[LabEstate], LabEstate]:
    def alter(estate: LabEstate) -> LabEstate:
        backups = estate.database[SsodbBackups.topic]
        assert isinstance(backups, SsodbBackups)
        rows = tuple(changed for changed in map(change, backups.rows) if changed is not None)
        return estate.alter_database(SsodbBackups(rows=rows))

    return alter


def _complete(**update: object) -> Callable[[SsodbBackupRow], SsodbBackupRow]:
    return lambda row: row.model_copy(update=update) if row.type == "D" else row


def _ago(days: int) -> Callable[[SsodbBackupRow], SsodbBackupRow]:
    return lambda row: row.model_copy(update={"newest_finish": row.local_time - timedelta(days=days)})


def _backup_set(*servers: str) -> Callable[[LabEstate], LabEstate]:
    """The estate whose backup set has SSODB on these servers."""

    def alter(estate: LabEstate) -> LabEstate:
        backup_set = estate.management[BackupDatabases.topic]
        assert isinstance(backup_set, BackupDatabases)
        rows = tuple(row for row in backup_set.rows if row.DatabaseName != DATABASE)
        added = tuple(BackupDatabaseRow(ServerName=server, DatabaseName=DATABASE) for server in servers)
        return estate.alter_database(BackupDatabases(rows=(*rows, *added)))

    return alter


def _registered(name: str) -> Callable[[LabEstate], LabEstate]:
    def alter(estate: LabEstate) -> LabEstate:
        servers = estate.database[SsoServers.topic]
        assert isinstance(servers, SsoServers)
        row = servers.rows[-1].model_copy(update={"srv_server_name": name})
        return estate.alter_database(SsoServers(rows=(*servers.rows, row)))

    return alter


def _without_ssodb(estate: LabEstate) -> LabEstate:
    return replace(estate, database={})


def _identities(estate: LabEstate, node: str) -> Identities:
    identities = estate.machines[node].facts[Identities.topic]
    assert isinstance(identities, Identities)
    return identities


def _name(node: str, name: str, **update: object) -> Callable[[LabEstate], LabEstate]:
    def alter(estate: LabEstate) -> LabEstate:
        identities = _identities(estate, node)
        names = tuple(each.model_copy(update=update) if each.name == name else each for each in identities.names)
        return estate.alter(node, identities.model_copy(update={"names": names}))

    return alter


def _token(node: str, *, without: str) -> Callable[[LabEstate], LabEstate]:
    def alter(estate: LabEstate) -> LabEstate:
        identities = _identities(estate, node)
        tokens = tuple(
            token.model_copy(update={"group_sids": tuple(sid for sid in token.group_sids if sid != without)})
            for token in identities.tokens
        )
        return estate.alter(node, identities.model_copy(update={"tokens": tokens}))

    return alter


def _other_account(estate: LabEstate) -> LabEstate:
    sid = f"{DOMAIN_SID}-1199"
    identities = _identities(estate, NODES[1])
    name = identities.names[0].model_copy(update={"name": OTHER, "sid": sid})
    token = identities.tokens[0].model_copy(update={"account": OTHER, "user_sid": sid})
    known = {"names": (*identities.names, name), "tokens": (*identities.tokens, token)}
    estate = estate.alter(NODES[1], identities.model_copy(update=known))
    return _service(NODES[1], start_name=OTHER)(estate)


def _rights(node: str, **update: object) -> Callable[[LabEstate], LabEstate]:
    def alter(estate: LabEstate) -> LabEstate:
        rights = estate.machines[node].facts[LogonRights.topic]
        return estate.alter(node, rights.model_copy(update=update))

    return alter


def _not_read(estate: LabEstate) -> LabEstate:
    machine = estate.machines[NODES[1]]
    facts = {topic: fact for topic, fact in machine.facts.items() if topic != MasterSecretIds.topic}
    return replace(estate, machines={**estate.machines, NODES[1]: replace(machine, facts=facts)})


def _blocked(check: str, target: str = "cluster") -> Change:
    return (check, target, "not_verified", "critical")


FAULTS = (
    Fault(
        "the name box is not ticked",
        lambda estate: _entsso(estate, use_network_name=0),
        ((USES_NAME, "cluster", "fail", "critical"),),
        ("ENTSSO", "SSONODE1", "network name"),
    ),
    Fault(
        "the name box could not be read",
        lambda estate: _entsso(estate, use_network_name=None),
        ((USES_NAME, "cluster", "not_verified", "critical"),),
        ("ENTSSO",),
    ),
    Fault(
        "no dependency",
        lambda estate: estate.alter_cluster(without_dependency),
        ((DEPENDS, "cluster", "fail", "critical"),),
        ("ENTSSO", "network name"),
    ),
    Fault(
        "the dependency is one of two alternatives",
        _depends_on("([SSOMSS] or [Cluster Disk 2])"),
        ((DEPENDS, "cluster", "fail", "medium"),),
        ("SSOMSS", "Cluster Disk 2"),
    ),
    Fault(
        "the dependency is on the disk",
        _depends_on("[Cluster Disk 2]"),
        ((DEPENDS, "cluster", "fail", "critical"),),
        ("ENTSSO",),
    ),
    Fault(
        "the dependency goes through MSDTC",
        _depends_on("[MSDTC-SSOMSS]"),
        ((DEPENDS, "cluster", "not_verified", "critical"),),
        ("MSDTC-SSOMSS",),
    ),
    Fault(
        "the dependency was not read",
        _unread_dependency,
        ((DEPENDS, "cluster", "not_verified", "critical"),),
        ("ENTSSO", "Access denied"),
    ),
    Fault(
        "the resource runs another service",
        lambda estate: _entsso(estate, service_name="SSOPS"),
        (
            (IS_GENERIC, "cluster", "fail", "critical"),
            _blocked(USES_NAME),
            _blocked(DEPENDS),
            _blocked(STOPPED),
            _blocked(NAMED, "SSODB"),
        ),
        ("SSOCLU01", "SSOPS"),
    ),
    Fault(
        "a generic application instead",
        lambda estate: _entsso(estate, type="Generic Application", service_name=None, use_network_name=None),
        (
            (IS_GENERIC, "cluster", "fail", "critical"),
            _blocked(USES_NAME),
            _blocked(DEPENDS),
            _blocked(STOPPED),
            _blocked(NAMED, "SSODB"),
        ),
        ("SSOCLU01", "Generic Application"),
    ),
    Fault(
        "two resources",
        _two_resources,
        (
            (IS_GENERIC, "cluster", "fail", "critical"),
            _blocked(USES_NAME),
            _blocked(DEPENDS),
            _blocked(STOPPED),
            _blocked(NAMED, "SSODB"),
        ),
        ("ENTSSO (2)",),
    ),
    Fault(
        "no secret key on the second node",
        _secrets(NODES[1], present=False),
        ((ON_EVERY, NODES[1], "fail", "critical"), _blocked(COVERS, NODES[1]), _blocked(SAME_SECRET, "estate")),
        ("SSONODE2", "does not exist"),
    ),
    Fault(
        "an empty secret key on the second node",
        _secrets(NODES[1]),
        ((ON_EVERY, NODES[1], "fail", "critical"), _blocked(COVERS, NODES[1]), _blocked(SAME_SECRET, "estate")),
        ("SSONODE2", "empty"),
    ),
    Fault(
        "the secret key of the second node was not read",
        _not_read,
        ((ON_EVERY, NODES[1], "not_verified", "critical"), _blocked(COVERS, NODES[1]), _blocked(SAME_SECRET, "estate")),
        ("SSONODE2",),
    ),
    Fault(
        "another secret on the second node",
        _secrets(NODES[1], "{deadbeef-0000-4000-8000-000000000001}"),
        ((SAME_SECRET, "estate", "fail", "critical"), (COVERS, NODES[1], "fail", "critical")),
        ("SSONODE2", "deadbeef"),
    ),
    Fault(
        "one of two secrets on the second node",
        _secrets(NODES[1], SECRETS[1]),
        ((SAME_SECRET, "estate", "fail", "critical"), (COVERS, NODES[1], "fail", "critical")),
        ("SSONODE1", SECRETS[0].strip("{}")),
    ),
    Fault(
        "ENTSSO runs on the passive node",
        _service(NODES[1], state="Running", process_id=4711),
        ((STOPPED, "cluster", "fail", "critical"),),
        ("SSONODE2", "SSONODE1"),
    ),
    Fault(
        "cloned BizTalk servers",
        lambda estate: with_clones(estate, *BIZTALK),
        ((CIDS, "estate", "fail", "critical"),),
        BIZTALK,
    ),
    Fault(
        "a SQL machine cloned from a node",
        _cloned_sql_machine,
        ((CIDS, "estate", "fail", "critical"),),
        (SQL, NODES[0]),
    ),
    Fault(
        "a contact identity of nobody",
        _unexplained_contact,
        ((CIDS, "estate", "fail", "medium"),),
        (NODES[1],),
    ),
    Fault(
        "another database on a BizTalk server",
        _registry(BIZTALK[1], sql_database="SSODB_OLD"),
        ((SAME_DATABASE, "estate", "fail", "critical"),),
        (BIZTALK[1], "SSODB_OLD"),
    ),
    Fault(
        "a server that is not configured",
        _registry(NODES[1], sql_server=None, sql_database=None),
        ((SAME_DATABASE, "estate", "fail", "critical"), (VIRTUAL, NODES[1], "not_applicable", "high")),
        (NODES[1],),
    ),
    Fault(
        "the same database in another spelling",
        _registry(BIZTALK[0], sql_server="sqlsso01.contoso.com"),
        ((SAME_DATABASE, "estate", "not_verified", "critical"),),
        (BIZTALK[0], "sqlsso01.contoso.com"),
    ),
    Fault(
        "a secret beyond the others that encrypts nothing",
        _secrets(NODES[1], *SECRETS, "{deadbeef-0000-4000-8000-000000000001}"),
        ((SAME_SECRET, "estate", "fail", "low"),),
        ("SSONODE2", "deadbeef"),
    ),
    Fault(
        "rows under a secret that no node holds",
        _rows_under("DEADBEEF-0000-4000-8000-000000000001"),
        (*((COVERS, node, "fail", "critical") for node in NODES), (REENCRYPTED, "SSODB", "fail", "medium")),
        ("SSONODE1", "deadbeef", "7 rows"),
    ),
    Fault(
        "SSODB was never configured",
        _info(gi_SecretServer="-----", gi_SSOAdminGroup="-----", gi_AffiliateAppMgrGroup="-----"),
        (
            (CONFIGURED, "SSODB", "fail", "critical"),
            (NAMED, "SSODB", "fail", "critical"),
            (GROUPS, "estate", "not_verified", "critical"),
            *((IN_ADMINISTRATORS, server, "not_verified", "critical") for server in (*NODES, *BIZTALK)),
            (ENABLED, "SSODB", "not_verified", "high"),
            (TICKETS, "SSODB", "not_verified", "medium"),
        ),
        ("-----",),
    ),
    *(
        Fault(f"SSODB names {what}", _info(gi_SecretServer=name), ((NAMED, "SSODB", "fail", "critical"),), (says, name))
        for what, name, says in (
            ("a node", NODES[0], "node"),
            ("the cluster itself", CLUSTER, "cluster's own name"),
            ("the resource", "ENTSSO", "resource"),
            ("an address", "10.20.4.50", "address"),
            ("an alias", "sso", "alias"),
        )
    ),
    Fault(
        "SSODB could not be read",
        _without_ssodb,
        (
            (CONFIGURED, "SSODB", "not_verified", "critical"),
            (NAMED, "SSODB", "not_verified", "critical"),
            (GROUPS, "estate", "not_verified", "critical"),
            *((COVERS, node, "not_verified", "critical") for node in NODES),
            *((IN_ADMINISTRATORS, server, "not_verified", "critical") for server in (*NODES, *BIZTALK)),
            *((VIRTUAL, server, "not_verified", "high") for server in (*NODES, *BIZTALK)),
            (INVENTORIED, "SSODB", "not_verified", "high"),
            (ENABLED, "SSODB", "not_verified", "high"),
            (TICKETS, "SSODB", "not_verified", "medium"),
            (REENCRYPTED, "SSODB", "not_verified", "medium"),
            (AVAILABLE, "SSODB", "not_verified", "medium"),
            (BACKED_UP, "SSODB", "not_verified", "medium"),
            (PRIVILEGED, "SSODB", "not_verified", "low"),
        ),
        ("SSODB",),
    ),
    Fault(
        "a local group on the second node",
        _name(NODES[1], ADMINISTRATORS, sid="S-1-5-21-200000001-200000002-200000003-1001", kind=4),
        ((GROUPS, "estate", "fail", "critical"), (IN_ADMINISTRATORS, NODES[1], "fail", "critical")),
        (ADMINISTRATORS, NODES[1], "local"),
    ),
    Fault(
        "the service account is no SSO administrator on the second node",
        _token(NODES[1], without=f"{DOMAIN_SID}-1122"),
        ((IN_ADMINISTRATORS, NODES[1], "fail", "critical"),),
        (ACCOUNT, NODES[1]),
    ),
    Fault(
        "the right to log on as a service is missing on the second node",
        _rights(NODES[1], service=("S-1-5-80-0",)),
        ((MAY_LOG_ON, NODES[1], "fail", "critical"),),
        (ACCOUNT, NODES[1], "ALL SERVICES"),
    ),
    Fault(
        "the right is denied through a group",
        _rights(NODES[1], deny_service=(f"{DOMAIN_SID}-513",)),
        ((MAY_LOG_ON, NODES[1], "fail", "critical"),),
        (ACCOUNT, NODES[1], "denied", "-513"),
    ),
    Fault(
        "another account on the second node",
        _other_account,
        ((SAME_ACCOUNT, "estate", "fail", "critical"), (MAY_LOG_ON, NODES[1], "fail", "critical")),
        (ACCOUNT, OTHER, NODES[1]),
    ),
    Fault(
        "ENTSSO runs as LocalSystem on a BizTalk server",
        _service(BIZTALK[0], start_name="LocalSystem"),
        (
            (IS_DOMAIN, BIZTALK[0], "fail", "critical"),
            _blocked(IN_ADMINISTRATORS, BIZTALK[0]),
            (MAY_LOG_ON, BIZTALK[0], "not_applicable", "critical"),
        ),
        (BIZTALK[0], "LocalSystem"),
    ),
    Fault(
        "two names of the inventory lead to one node",
        _same_machine_twice,
        (
            (STOPPED, "cluster", "not_verified", "critical"),
            (IS_GENERIC, "cluster", "not_verified", "critical"),
            (USES_NAME, "cluster", "not_verified", "critical"),
            (DEPENDS, "cluster", "not_verified", "critical"),
            (SAME_DATABASE, "estate", "not_verified", "critical"),
            (CIDS, "estate", "not_verified", "critical"),
            (ON_EVERY, NODES[1], "not_verified", "critical"),
            _blocked(COVERS, NODES[1]),
            _blocked(SAME_SECRET, "estate"),
            (NAMED, "SSODB", "not_verified", "critical"),
            (GROUPS, "estate", "not_verified", "critical"),
            (SAME_ACCOUNT, "estate", "not_verified", "critical"),
            (IS_DOMAIN, NODES[1], "not_verified", "critical"),
            _blocked(IN_ADMINISTRATORS, NODES[1]),
            (MAY_LOG_ON, NODES[1], "not_verified", "critical"),
            (VIRTUAL, NODES[1], "not_verified", "high"),
            (INVENTORIED, "SSODB", "not_verified", "high"),
        ),
        ("a machine called SSONODE1 answered",),
    ),
    Fault(
        "rows under the previous secret",
        _rows_under(SECRETS[1].strip("{}").upper()),
        ((REENCRYPTED, "SSODB", "fail", "medium"),),
        ("2 master secrets", SECRETS[0].strip("{}"), "45 rows", SECRETS[1].strip("{}"), "7 rows"),
    ),
    Fault(
        "Enterprise SSO is disabled",
        _info(gi_flags=0x44),
        ((ENABLED, "SSODB", "fail", "high"),),
        ("0x44", "disabled"),
    ),
    Fault(
        "tickets are not validated",
        _info(gi_flags=0x26),
        ((TICKETS, "SSODB", "fail", "medium"),),
        ("0x26", "not validated"),
    ),
    Fault(
        "a SQL Server of one machine",
        _row_of(SqlServer, is_clustered=0),
        (
            (AVAILABLE, "SSODB", "fail", "medium"),
            *((VIRTUAL, server, "not_applicable", "high") for server in (*NODES, *BIZTALK)),
        ),
        (SQL, "not clustered"),
    ),
    Fault(
        "SSODB is in none of the server's availability groups",
        _row_of(SqlServer, is_clustered=0, is_hadr_enabled=1),
        (
            (AVAILABLE, "SSODB", "fail", "medium"),
            *((VIRTUAL, server, "not_applicable", "high") for server in (*NODES, *BIZTALK)),
        ),
        (SQL, "availability groups", "in none"),
    ),
    *(
        Fault(name, alter, ((VIRTUAL, BIZTALK[0], "fail", "high"), (SAME_DATABASE, "estate", *same)), says)
        for name, alter, same, says in (
            (
                "a BizTalk server looks for SSODB on SQL Server's node",
                _registry(BIZTALK[0], sql_server=SQL_NODE),
                ("fail", "critical"),
                (BIZTALK[0], SQL_NODE, SQL),
            ),
            (
                "a BizTalk server looks for SSODB on a node through an alias",
                _registry(
                    BIZTALK[0],
                    sql_server="SSOSQL",
                    sql_aliases=(SqlAlias(name="SSOSQL", target=f"DBMSSOCN,{SQL_NODE},1433"),),
                ),
                ("fail", "critical"),
                (BIZTALK[0], "SSOSQL", "sqlnode1"),
            ),
        )
    ),
    Fault(
        "a server that the inventory does not name",
        _registered("btsapp03.contoso.com"),
        ((INVENTORIED, "SSODB", "fail", "high"),),
        ("btsapp03.contoso.com",),
    ),
    Fault(
        "no complete backup of SSODB",
        _backups(lambda row: row if row.type != "D" else None),
        ((BACKED_UP, "SSODB", "fail", "medium"),),
        (SQL, DATABASE, "no complete backup"),
    ),
    Fault(
        "an old backup of SSODB",
        _backups(_ago(9)),
        ((BACKED_UP, "SSODB", "fail", "medium"),),
        (SQL, DATABASE, "2026-11-11", "8 days"),
    ),
    Fault(
        "a backup of SSODB for copying only",
        _backups(_complete(is_copy_only=True)),
        ((BACKED_UP, "SSODB", "fail", "medium"),),
        (SQL, "copy-only"),
    ),
    Fault(
        "another server's backup of SSODB",
        _backups(_complete(server_name="SQLOLD")),
        ((BACKED_UP, "SSODB", "fail", "medium"),),
        (SQL, "SQLOLD"),
    ),
    Fault(
        "SSODB is not in BizTalk's backup set",
        _backup_set(),
        ((BACKED_UP, "SSODB", "fail", "low"),),
        ("backup job", DATABASE),
    ),
    Fault(
        "another server's SSODB is in BizTalk's backup set",
        _backup_set("SQLOLD"),
        ((BACKED_UP, "SSODB", "fail", "low"),),
        ("backup job", "SQLOLD"),
    ),
    *(
        Fault(
            f"the audit login {phrase}",
            _row_of(AuditRights, **{right: 1}),
            ((PRIVILEGED, "SSODB", "fail", "low"),),
            ("ssoaudit", phrase),
        )
        for right, phrase in (
            ("is_sysadmin", "is sysadmin"),
            ("is_db_owner", "is db_owner"),
            ("reads_wp_password", "reads wp_password"),
            ("updates_global_info", "updates SSOX_GlobalInfo"),
        )
    ),
)

HARMLESS = (
    Fault("spelt with the default port", _registry(BIZTALK[0], sql_server="sqlsso01,1433"), (), ()),
    Fault("on its way to being stopped", _service(NODES[1], state="Stop Pending"), (), ()),
    Fault("SSODB names it in other letters", _info(gi_SecretServer="ssomss"), (), ()),
    Fault("several administrators", _info(gi_SSOAdminGroup=f"{ADMINISTRATORS};{AFFILIATES}"), (), ()),
    Fault(
        "the right through a group",
        _rights(NODES[1], service=(f"{DOMAIN_SID}-513",)),
        (),
        (),
    ),
    Fault("ids in other letters", _secrets(NODES[1], *(name.upper().strip("{}") for name in SECRETS)), (), ()),
    Fault("a second mandatory dependency", _depends_on("[SSOMSS] and [Cluster Disk 2]"), (), ()),
    Fault("tickets that are validated", _info(gi_flags=0x66), (), ()),
    Fault("a backup of a week ago", _backups(_ago(7)), (), ()),
    Fault("the backup set names the server with its port", _backup_set(f"{SQL.lower()},1433"), (), ()),
    Fault("alternatives beside the name", _depends_on("[SSOMSS] and ([Cluster Disk 2] or [MSDTC-SSOMSS])"), (), ()),
)
