from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import pytest

from ssoaudit.collect.names import LONGEST, MOST, Names, names_to_ask
from ssoaudit.collect.ssodb import read_ssodb
from ssoaudit.evidence import DatabaseEvidence, Missing, Read, Reading, ReadStatus, ServerEvidence
from ssoaudit.facts import SSODB_TOPICS, EntssoRegistry, Fact, GlobalInfo, Services, SqlAlias
from ssoaudit.inventory import Groups, Inventory, Server, SqlSettings
from ssoaudit.lab.estate import healthy
from ssoaudit.vocabulary import Role, Stage

NOW = datetime(2026, 11, 20, tzinfo=timezone.utc)
SILENT = Missing(status=ReadStatus.UNREACHABLE, code="refused", stage="connect", message="silent", hint="")
ESTATE = healthy()
SERVICES = next(
    fact for machine in ESTATE.machines.values() for fact in machine.facts.values() if fact.topic == "services"
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


def ssodb(reading: Reading | None) -> DatabaseEvidence:
    topics = {} if reading is None else {GlobalInfo.topic: reading}
    return DatabaseEvidence(
        server="SQL", database="SSODB", driver="", notes=(), started=NOW, finished=NOW, topics=topics
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
    assert names_to_ask(meant, [node(silent)], ssodb(silent)) == Names(("CONTOSO\\svc",), ("CONTOSO\\A", "CONTOSO\\B"))


def test_nobody_knows_a_name() -> None:
    assert names_to_ask(inventory(), [], ssodb(SILENT)) == Names()


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


# Where SSODB is


def registry(server: str | None, database: str | None = "SSODB", aliases: tuple[SqlAlias, ...] = ()) -> EntssoRegistry:
    return EntssoRegistry(
        product_name=None,
        product_version=None,
        install_path=None,
        sql_server=server,
        sql_database=database,
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
