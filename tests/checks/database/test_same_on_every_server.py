from collections.abc import Iterable
from typing import Any

import pytest

from ssoaudit.checks.database.same_on_every_server import same_on_every_server
from ssoaudit.facts import EntssoRegistry, SqlAlias
from ssoaudit.inventory import SqlSettings
from ssoaudit.lab.estate import BIZTALK, NODES, SQL, healthy
from ssoaudit.plugin import Outcome, PerServer
from ssoaudit.vocabulary import ClusterRole, Stage, Status
from tests.checks.bundles import bundle, finding_of

CHECK = "database.same-on-every-server"
NO_SQL = SqlSettings()


def registry(server: str | None = SQL, database: str | None = "SSODB", *aliases: SqlAlias) -> EntssoRegistry:
    return EntssoRegistry(
        product_name=None,
        product_version=None,
        install_path=None,
        sql_server=server,
        sql_database=database,
        in_32_bit_view=None,
        sql_aliases=aliases,
    )


def ask(*found: EntssoRegistry, sql: SqlSettings = NO_SQL, stage: Stage = Stage.CLUSTERED) -> list[Outcome]:
    """What the check says of servers A, B, C, …"""
    inventory = healthy().inventory().model_copy(update={"sql": sql, "stage": stage})
    said = same_on_every_server(PerServer(dict(zip("ABCDE", found, strict=False))), inventory)
    assert isinstance(said, Iterable)
    return list(said)


def first(*found: EntssoRegistry, **context: Any) -> Outcome:
    return ask(*found, **context)[0]


@pytest.mark.parametrize(
    "spelling",
    [
        "sqlsso01",
        "SQLSSO01,1433",
        "tcp:SQLSSO01",
        "SQLSSO01\\MSSQLSERVER",
        "\\\\SQLSSO01\\pipe\\sql\\query",
        " SQLSSO01",
    ],
)
def test_spellings_of_the_default_instance_are_one(spelling: str) -> None:
    outcome = first(registry(), registry(spelling, "ssodb"))

    assert outcome.status is Status.PASS
    assert outcome.text == "SSODB on SQLSSO01 is the SSODB of A, B"


def test_an_alias_of_the_machine_is_followed() -> None:
    alias = SqlAlias(name="SSOSQL", target="DBMSSOCN,sqlsso01,1433")

    assert first(registry(), registry("ssosql", "SSODB", alias)).status is Status.PASS
    assert first(registry(), registry("ssosql")).status is Status.FAIL


@pytest.mark.parametrize("here", [".", "(local)", "localhost", "127.0.0.1"])
def test_a_server_that_means_itself_is_known_by_its_name(here: str) -> None:
    assert first(registry(here), registry("a"), registry("A,1433")).status is Status.PASS
    assert first(registry(here), registry(here)).status is Status.FAIL


def test_another_database_fails_with_server_and_value() -> None:
    outcome = first(registry(), registry(), registry(SQL, "SSODB_OLD"))

    assert (outcome.status, outcome.servers) == (Status.FAIL, ("C",))
    assert outcome.text == "Another SSODB than that of A, SSODB on SQLSSO01: C: SSODB_OLD on SQLSSO01"


@pytest.mark.parametrize("server", ["SQLOLD", "SQLSSO01,1500"])
def test_another_server_fails(server: str) -> None:
    outcome = first(registry("SQLSSO01,1444"), registry("SQLSSO01,1444"), registry(server))

    assert (outcome.status, outcome.servers) == (Status.FAIL, ("C",))
    assert f"C: SSODB on {server}" in outcome.text


def test_most_servers_are_counted_by_what_they_mean() -> None:
    outcome = first(registry("SQLOLD"), registry("SQLOLD"), registry("SQL1"), registry("sql1"), registry("SQL1,1433"))

    assert outcome.servers == ("A", "B")


def test_what_the_inventory_says_is_the_measure() -> None:
    outcome = first(registry("SQLOLD"), registry("SQLOLD"), sql=SqlSettings(server=SQL))

    assert (outcome.status, outcome.servers) == (Status.FAIL, ("A", "B"))
    assert "that of the inventory, SSODB on SQLSSO01" in outcome.text


def test_the_inventory_may_name_the_database_alone() -> None:
    assert first(registry(), registry(), sql=SqlSettings(database="ssodb")).status is Status.PASS
    outcome = first(registry(), registry(), sql=SqlSettings(database="SSODB2"))
    assert (outcome.status, outcome.servers) == (Status.FAIL, ("A", "B"))


@pytest.mark.parametrize("server", ["localhost", "SQLSSO01", "."])
def test_the_inventory_s_localhost_is_nobody_s(server: str) -> None:
    outcome = first(registry(server), registry(server), sql=SqlSettings(server="localhost"))

    assert outcome.status is Status.NOT_VERIFIED


@pytest.mark.parametrize(
    "spelling", ["SQLSSO01.contoso.com", "10.20.4.60", "SQLSSO01,1500", "\\\\SQLSSO01\\pipe\\odd", "SQLSSO01,x"]
)
def test_a_spelling_that_may_be_the_same_is_not_verified(spelling: str) -> None:
    outcome = first(registry(), registry(), registry(spelling))

    assert (outcome.status, outcome.servers) == (Status.NOT_VERIFIED, ("C",))
    assert outcome.text == (
        f"The spelling does not tell whether this is the SSODB of A, SSODB on SQLSSO01: C: SSODB on {spelling}"
    )


def test_an_instance_and_a_port_may_be_the_same() -> None:
    assert first(registry("SQLSSO01\\SSO"), registry("SQLSSO01,1444")).status is Status.NOT_VERIFIED


def test_the_same_nonsense_everywhere_may_be_the_same() -> None:
    assert first(registry("a,b"), registry("A,B")).status is Status.NOT_VERIFIED


@pytest.mark.parametrize(
    ("bare", "shown"),
    [
        (registry(None, None), "Server missing, Database missing"),
        (registry(SQL, None), "Server SQLSSO01, Database missing"),
        (registry(None, "SSODB"), "Server missing, Database SSODB"),
    ],
)
def test_a_server_without_an_address_fails_once_the_cluster_is_built(bare: EntssoRegistry, shown: str) -> None:
    outcome = first(registry(), bare, stage=Stage.BUILT)

    assert (outcome.status, outcome.servers) == (Status.FAIL, ("B",))
    assert outcome.text == f"ENTSSO is not configured everywhere: B: {shown}"


def test_one_fault_does_not_hide_the_other() -> None:
    said = ask(registry(), registry(), registry("SQLOLD"), registry(None, None))

    assert [outcome.servers for outcome in said if outcome.status is Status.FAIL] == [("D",), ("C",)]


def test_while_planned_a_server_may_still_be_bare() -> None:
    outcome = first(registry(), registry(None, None), stage=Stage.PLANNED)

    assert (outcome.status, outcome.text) == (
        Status.PASS,
        "SSODB on SQLSSO01 is the SSODB of A; not configured yet: B",
    )


def test_while_planned_nothing_configured_is_not_applicable() -> None:
    (outcome,) = ask(registry(None, None), stage=Stage.PLANNED)

    assert outcome.status is Status.NOT_APPLICABLE


def test_every_kind_of_cluster_has_one_ssodb() -> None:
    estate = healthy().alter(BIZTALK[0], registry("SQLOLD"))
    inventory = estate.inventory().model_copy(update={"cluster_role": ClusterRole.HOSTS_ONLY})

    assert finding_of(CHECK, bundle(estate, inventory=inventory)).status is Status.FAIL


def test_an_estate_without_configured_servers_is_not_applicable_while_planned() -> None:
    estate = healthy()
    for name in (*NODES, *BIZTALK):
        estate = estate.alter(name, registry(None, None))
    planned = estate.inventory().model_copy(update={"stage": Stage.PLANNED})

    assert finding_of(CHECK, bundle(estate, inventory=planned)).status is Status.NOT_APPLICABLE
    assert finding_of(CHECK, bundle(estate)).status is Status.FAIL


def test_an_unread_server_is_not_verified_with_its_reason() -> None:
    finding = finding_of(CHECK, bundle(healthy(), without={(BIZTALK[0], "entsso_registry")}))

    assert finding.status is Status.NOT_VERIFIED
    assert "BTSAPP01: Access is denied." in finding.text
