from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import pytest

from ssoaudit.collect.names import LONGEST, MOST, MOST_CONNECTIONS, MOST_HOSTS, Names, names_to_ask
from ssoaudit.collect.ssodb import read_ssodb
from ssoaudit.evidence import DatabaseEvidence, Missing, Read, Reading, ReadStatus, ServerEvidence
from ssoaudit.facts import SSODB_TOPICS, ClusterView, Dns, EntssoRegistry, Fact, GlobalInfo, Services, SqlAlias
from ssoaudit.inventory import Groups, Inventory, Server, SqlSettings
from ssoaudit.lab.estate import healthy
from ssoaudit.vocabulary import Role, Stage

NOW = datetime(2026, 11, 20, tzinfo=timezone.utc)
SILENT = Missing(status=ReadStatus.UNREACHABLE, code="refused", stage="connect", message="silent", hint="")
ESTATE = healthy()
SERVICES = next(
    fact for machine in ESTATE.machines.values() for fact in machine.facts.values() if fact.topic == "services"
)
VIEW = next(
    fact for machine in ESTATE.machines.values() for fact in machine.facts.values() if isinstance(fact, ClusterView)
)
GLOBAL_INFO = ESTATE.database["global_info"]
NO_DRIVER = "/nowhere/libmsodbcsql-18.so"


def inventory(**changes: Any) -> Inventory:
    fields = {"name": "lab", "servers": (Server(host="NODE1", roles=(Role.CLUSTER,)),), **changes}
    return Inventory(**fields)


def read(data: Mapping[str, Any], lacking: Mapping[str, str] | None = None) -> Read:
    return Read(
        status=ReadStatus.PARTIAL if lacking else ReadStatus.OK,
        milliseconds=1,
        lacking=dict(lacking or {}),
        data=dict(data),
    )


def answer(fact: Fact) -> dict[str, Any]:
    return fact.model_dump(mode="json")


def node(reading: Reading | None) -> ServerEvidence:
    topics = {} if reading is None else {Services.topic: reading}
    return ServerEvidence(name="NODE1", started=NOW, finished=NOW, topics=topics)


def running_as(account: str | None) -> ServerEvidence:
    data = answer(SERVICES)
    for service in data["services"]:
        if service["name"] == "ENTSSO":
            service["start_name"] = account
    return node(read(data))


def ssodb(reading: Reading | None, server: str = "SQL") -> DatabaseEvidence:
    topics = {} if reading is None else {GlobalInfo.topic: reading}
    return DatabaseEvidence(
        server=server, database="SSODB", driver="", notes=(), started=NOW, finished=NOW, topics=topics
    )


def groups_of_ssodb(administrators: str, affiliates: str = "-----") -> DatabaseEvidence:
    data = answer(GLOBAL_INFO)
    data["rows"][0] |= {"gi_SSOAdminGroup": administrators, "gi_AffiliateAppMgrGroup": affiliates}
    return ssodb(read(data))


# The names that are asked for


def test_names_are_learned_from_the_service_the_inventory_and_ssodb() -> None:
    meant = inventory(
        service_account="CONTOSO\\svc-recorded",
        operators=("CONTOSO\\anna",),
        groups=Groups(sso_administrators="CONTOSO\\Meant"),
    )
    names = names_to_ask(meant, [running_as("CONTOSO\\svc-running")], groups_of_ssodb("CONTOSO\\A", "CONTOSO\\B"))
    assert set(names.accounts) == {"CONTOSO\\svc-recorded", "CONTOSO\\anna", "CONTOSO\\svc-running"}
    assert set(names.groups) == {"CONTOSO\\Meant", "CONTOSO\\A", "CONTOSO\\B"}


@pytest.mark.parametrize("silent", [SILENT, None, read({"planted": 1})], ids=["missing", "not asked", "malformed"])
def test_without_ssodb_and_nodes_the_inventory_alone_names(silent: Reading | None) -> None:
    groups = Groups(sso_administrators="CONTOSO\\A", sso_affiliate_administrators="CONTOSO\\B")
    meant = inventory(service_account="CONTOSO\\svc", groups=groups)
    names = names_to_ask(meant, [node(silent)], ssodb(silent, server=""))
    assert names == Names(("CONTOSO\\svc",), ("CONTOSO\\A", "CONTOSO\\B"), ("NODE1",))


def test_nobody_knows_a_name() -> None:
    assert names_to_ask(inventory(), [], ssodb(SILENT, server="")) == Names(hosts=("NODE1",))


def test_a_name_is_asked_for_once_in_the_spelling_first_met() -> None:
    meant = inventory(service_account="CONTOSO\\svc", operators=("contoso\\SVC", "CONTOSO\\anna"))
    names = names_to_ask(meant, [running_as("Contoso\\Svc")], ssodb(None))
    assert names.accounts == ("CONTOSO\\svc", "CONTOSO\\anna")


def test_a_column_of_ssodb_may_name_several_groups_or_none() -> None:
    names = names_to_ask(inventory(), [], groups_of_ssodb("CONTOSO\\A; CONTOSO\\B;", "-----"))
    assert names.groups == ("CONTOSO\\A", "CONTOSO\\B")


def test_a_service_without_an_account_names_nobody() -> None:
    assert names_to_ask(inventory(), [running_as(None)], ssodb(None)).accounts == ()


def test_a_node_without_the_service_names_nobody() -> None:
    assert names_to_ask(inventory(), [node(read({"services": []}))], ssodb(None)).accounts == ()


def test_a_node_that_says_it_lacks_its_services_names_nobody() -> None:
    assert names_to_ask(inventory(), [node(read({}, {"services": "planted"}))], ssodb(None)).accounts == ()


def test_an_endless_name_is_not_asked_for() -> None:
    assert names_to_ask(inventory(), [running_as("a" * LONGEST)], ssodb(None)).accounts == ("a" * LONGEST,)
    assert names_to_ask(inventory(), [running_as("a" * (LONGEST + 1))], ssodb(None)).accounts == ()


def test_endless_names_do_not_crowd_out_those_of_the_inventory() -> None:
    meant = inventory(groups=Groups(sso_administrators="CONTOSO\\Meant"))
    names = names_to_ask(meant, [], groups_of_ssodb(";".join(f"CONTOSO\\{number}" for number in range(MOST * 2))))
    assert len(names.groups) == MOST
    assert names.groups[0] == "CONTOSO\\Meant"


# The machines


def clustered(view: ClusterView) -> ServerEvidence:
    return ServerEvidence(name="NODE1", started=NOW, finished=NOW, topics={ClusterView.topic: read(answer(view))})


def called(name: str | None, dns_name: str | None) -> ServerEvidence:
    resources = tuple(
        each.model_copy(update={"network_name": name, "dns_name": dns_name}) if each.type == "Network Name" else each
        for each in VIEW.resources
    )
    return clustered(VIEW.model_copy(update={"resources": resources}))


def secret_server(name: str) -> DatabaseEvidence:
    data = answer(GLOBAL_INFO)
    data["rows"][0]["gi_SecretServer"] = name
    return ssodb(read(data), server="SQLSSO01\\SSO,1500")


def test_machines_are_learned_from_the_cluster_ssodb_and_the_inventory() -> None:
    servers = (Server(host="node1.contoso.com", roles=(Role.CLUSTER,)), Server(host="BTS1"))
    names = names_to_ask(inventory(servers=servers), [called("SSOMSS", "ssomss-long")], secret_server("OLDMASTER"))
    assert names.hosts == ("SSOMSS", "ssomss-long", "SQLSSO01", "OLDMASTER", "NODE1", "node1.contoso.com", "BTS1")
    assert names.network_names == ("SSOMSS", "ssomss-long")


def test_the_inventorys_network_name_alone_is_connected_to() -> None:
    names = names_to_ask(inventory(network_name="MEANT"), [called("SSOMSS", None)], ssodb(None))
    assert names.network_names == ("MEANT",)
    assert names.hosts[:2] == ("MEANT", "SSOMSS")


@pytest.mark.parametrize("hostile", ["a b", "x;y", "\u202eTSOH", "a" * 64, "[::1]", "host\n", "-----", "\\\\x\\y", ""])
def test_what_is_no_name_of_a_machine_is_passed_on_to_nobody(hostile: str) -> None:
    names = names_to_ask(inventory(), [called(hostile, None)], secret_server(hostile))
    assert (names.hosts, names.network_names) == (("SQLSSO01", "NODE1"), ())


@pytest.mark.parametrize("view", [VIEW.model_copy(update={"resources": ()}), VIEW.model_copy(update={"groups": ()})])
def test_a_cluster_without_the_role_names_nobody(view: ClusterView) -> None:
    named = names_to_ask(inventory(), [clustered(view)], ssodb(None, server="")).network_names
    assert named == (() if not view.resources else ("SSOMSS",))


def test_a_view_without_its_resources_names_nobody() -> None:
    data = {name: part for name, part in answer(VIEW).items() if name != "resources"}
    evidence = ServerEvidence(
        name="NODE1",
        started=NOW,
        finished=NOW,
        topics={ClusterView.topic: read(data, {"resources": "there are more than 200"})},
    )
    assert names_to_ask(inventory(), [evidence], ssodb(None)).network_names == ()


def test_a_few_names_are_connected_to() -> None:
    views = [called(f"NAME{number}", None) for number in range(20)]
    names = names_to_ask(inventory(), views, ssodb(None))
    assert names.network_names == tuple(f"NAME{number}" for number in range(MOST_CONNECTIONS))


# Where SSODB is


def registry(server: str | None, database: str | None = "SSODB", aliases: tuple[SqlAlias, ...] = ()) -> EntssoRegistry:
    return EntssoRegistry(
        product_name=None,
        product_version=None,
        install_path=None,
        sql_server=server,
        sql_database=database,
        in_32_bit_view=None,
        sql_aliases=aliases,
    )


def asked_at(told: EntssoRegistry | None, **settings: Any) -> DatabaseEvidence:
    """What comes of it without a driver: nothing is sent, and the evidence says where it would have been."""
    return read_ssodb(inventory(sql=SqlSettings(driver=NO_DRIVER, **settings)), told, None)


def code(evidence: DatabaseEvidence) -> str:
    assert evidence.topics.keys() == {topic.topic for topic in SSODB_TOPICS}
    codes = {reading.code for reading in evidence.topics.values() if isinstance(reading, Missing)}
    (only,) = codes
    return only


@pytest.mark.parametrize(
    ("written", "server"),
    [
        ("SQLSSO01", "sqlsso01"),
        ("sqlsso01.contoso.com", "sqlsso01.contoso.com"),
        ("tcp:SQLSSO01,1500", "sqlsso01,1500"),
        ("SQLSSO01,1433", "sqlsso01"),
        ("SQLSSO01\\SSO", "sqlsso01\\sso"),
        ("SQLSSO01\\SSO,1500", "sqlsso01,1500"),
        ("SQLSSO01\\MSSQLSERVER", "sqlsso01"),
        ("\\\\SQLSSO01\\pipe\\MSSQL$SSO\\sql\\query", "sqlsso01\\sso"),
        ("SsoSql", "sqlreal,1500"),
        ("a,b,c", "a,b,c"),
    ],
)
def test_the_registry_tells_where_ssodb_is(written: str, server: str) -> None:
    evidence = asked_at(registry(written, "SSODB2", (SqlAlias(name="SSOSQL", target="DBMSSOCN,SQLREAL,1500"),)))
    assert (evidence.server, evidence.database, code(evidence)) == (server, "SSODB2", "driver-missing")


def test_the_inventory_has_the_last_word() -> None:
    evidence = asked_at(registry("SQLOLD", "OLD"), server="SQLNEW", database="NEW")
    assert (evidence.server, evidence.database) == ("SQLNEW", "NEW")


def test_what_the_inventory_leaves_out_the_registry_tells() -> None:
    assert asked_at(registry("SQLOLD", "OLD"), server="SQLNEW").database == "OLD"
    assert asked_at(registry("SQLOLD", "OLD"), database="NEW").server == "sqlold"


def test_the_inventory_alone_is_enough() -> None:
    evidence = asked_at(None, server="SQLSSO01", database="SSODB")
    assert (evidence.server, code(evidence)) == ("SQLSSO01", "driver-missing")


def test_an_address_to_connect_to_is_enough() -> None:
    evidence = asked_at(None, address="127.0.0.1,1500", database="SSODB")
    assert (evidence.server, code(evidence)) == ("127.0.0.1,1500", "driver-missing")


@pytest.mark.parametrize(
    "told",
    [
        None,
        registry(None),
        registry("SQLSSO01", None),
        registry("(local)"),
        registry(".\\SSO"),
        registry("localhost,1433"),
        EntssoRegistry.read(
            {name: None for name in EntssoRegistry.model_fields if name not in ("sql_server", "sql_aliases")}
            | {"sql_aliases": []},
            {"sql_server": "planted"},
        ),
    ],
    ids=["silent", "no server", "no database", "local", "local instance", "localhost", "lacking"],
)
def test_without_an_address_nobody_is_asked(told: EntssoRegistry | None) -> None:
    evidence = asked_at(told)
    assert (evidence.server, evidence.database, evidence.driver, code(evidence)) == ("", "", "", "address-unknown")


def test_an_ssodb_that_is_still_to_be_made_is_absent() -> None:
    evidence = read_ssodb(inventory(stage=Stage.PLANNED, change="new"), registry("SQLSSO01"), None)
    assert {reading.status for reading in evidence.topics.values()} == {ReadStatus.ABSENT}
    assert (evidence.server, code(evidence)) == ("", "to-be-made")


@pytest.mark.parametrize(
    ("stage", "change"), [(Stage.PLANNED, "move"), (Stage.PLANNED, None), (Stage.CLUSTERED, "new")]
)
def test_any_other_ssodb_is_asked(stage: Stage, change: str | None) -> None:
    sql = SqlSettings(driver=NO_DRIVER)
    assert code(read_ssodb(inventory(stage=stage, change=change, sql=sql), registry("SQL"), None)) == "driver-missing"


def test_both_names_of_128_servers_are_asked_about() -> None:
    servers = tuple(Server(host=f"host{number}.contoso.com", roles=(Role.CLUSTER,)) for number in range(128))
    hosts = names_to_ask(inventory(servers=servers), [], ssodb(None)).hosts
    assert {name for server in servers for name in (server.name, server.host)} <= set(hosts)


def test_of_more_names_than_a_server_takes_one_too_many_is_kept_so_that_it_says_so() -> None:
    servers = tuple(Server(host=f"host{number}.contoso.com", roles=(Role.CLUSTER,)) for number in range(MOST_HOSTS * 2))
    assert len(names_to_ask(inventory(servers=servers), [], ssodb(None)).hosts) == MOST_HOSTS
    most = Dns.model_json_schema()["properties"]["forward"]["maxItems"]
    assert most + 1 == MOST_HOSTS
