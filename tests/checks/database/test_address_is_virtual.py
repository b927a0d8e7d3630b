from dataclasses import replace
from typing import Any

import pytest

from ssoaudit.facts import AvailabilityGroup, EntssoRegistry, Env, SqlAlias, SqlServer, SqlSession
from ssoaudit.facts.availability_group import AvailabilityGroupRow
from ssoaudit.inventory import SqlSettings
from ssoaudit.lab.estate import BIZTALK, NODES, SQL, LabEstate, healthy
from ssoaudit.lab.estate.names import SQL_NODE
from ssoaudit.result import Finding
from ssoaudit.vocabulary import Severity, Stage, Status
from tests.checks.bundles import bundle, findings_of

CHECK = "database.address-is-virtual"
GROUP_ID = "0D8C4C1E-2F4B-4E5A-9C1D-6B7A8F9E0D1C"
SERVER, AVAILABILITY = ("SSODB", "sql_server"), ("SSODB", "availability_group")
SESSION = ("SSODB", "sql_session")


def estate(group: str | None = None, **server: Any) -> LabEstate:
    found = healthy().database[SqlServer.topic]
    assert isinstance(found, SqlServer)
    row = AvailabilityGroupRow(group_database_id=group, replica_id=None)
    altered = healthy().alter_database(SqlServer(rows=(found.rows[0].model_copy(update=server),)))
    return altered.alter_database(AvailabilityGroup(rows=(row,)))


def group() -> LabEstate:
    """SSODB in a group; SQLSSO01 is the listener, and the replica answers for it by its own name."""
    grouped = estate(GROUP_ID, is_clustered=0, machine_name=SQL_NODE, server_name=SQL_NODE)
    env = grouped.machines[SQL].facts[Env.topic]
    return grouped.alter(SQL, env.model_copy(update={"computer_name": SQL_NODE}))


def looking(of: LabEstate, written: str | None, *aliases: SqlAlias) -> LabEstate:
    """The estate whose first BizTalk server looks for SSODB there."""
    registry = of.machines[BIZTALK[0]].facts[EntssoRegistry.topic]
    return of.alter(BIZTALK[0], registry.model_copy(update={"sql_server": written, "sql_aliases": aliases}))


def ask(of: LabEstate, *without: tuple[str, str], **update: Any) -> Finding:
    inventory = of.inventory().model_copy(update=update)
    found = findings_of(CHECK, bundle(of, inventory=inventory, without=set(without)))
    assert [finding.target for finding in found] == sorted((*NODES, *BIZTALK))
    return next(finding for finding in found if finding.target == BIZTALK[0])


@pytest.mark.parametrize("written", [SQL, "sqlsso01.contoso.com", f"{SQL},1433", f"tcp:{SQL}", f"{SQL}\\INST"])
def test_the_virtual_name_passes(written: str) -> None:
    finding = ask(looking(healthy(), written))

    assert finding.status is Status.PASS
    assert finding.text == f"{BIZTALK[0]} looks for SSODB on {written}; {SQL} is a clustered SQL Server"


def test_an_alias_for_the_virtual_name_passes() -> None:
    finding = ask(looking(healthy(), "sso", SqlAlias(name="SSO", target=f"DBMSSOCN,{SQL},1433")))

    assert finding.status is Status.PASS
    assert "on sso (sqlsso01)" in finding.text


@pytest.mark.parametrize(
    ("written", "whose"),
    [
        (SQL_NODE, f"the machine {SQL_NODE}, which has SSODB now"),
        (f"{SQL_NODE.lower()}.contoso.com,1433", f"the machine {SQL_NODE}, which has SSODB now"),
        (NODES[1], f"the machine {NODES[1]}"),
        (f"{BIZTALK[1]}\\INST", f"the machine {BIZTALK[1]}"),
        ("(local)", f"the machine {BIZTALK[0]}"),
    ],
)
@pytest.mark.parametrize("of", [healthy(), group()], ids=["clustered", "group"])
def test_a_machine_fails(of: LabEstate, written: str, whose: str) -> None:
    finding = ask(looking(of, written))

    assert (finding.status, finding.severity, finding.servers) == (Status.FAIL, Severity.HIGH, (BIZTALK[0],))
    assert whose in finding.text
    assert written in finding.text


def test_an_alias_for_a_machine_fails() -> None:
    finding = ask(looking(healthy(), SQL, SqlAlias(name=SQL, target=f"DBMSSOCN,{SQL_NODE},1433")))

    assert finding.status is Status.FAIL
    assert f"on {SQL} (sqlnode1)" in finding.text


def test_the_address_of_a_machine_fails_and_another_address_is_not_verified() -> None:
    servers = tuple(
        server.model_copy(update={"address": "10.1.1.7"}) if server.is_node else server
        for server in healthy().inventory().servers
    )

    assert ask(looking(healthy(), "10.1.1.7,1433"), servers=servers).status is Status.FAIL
    assert ask(looking(healthy(), "10.1.1.8"), servers=servers).status is Status.NOT_VERIFIED
    assert ask(looking(group(), "10.1.1.8"), servers=servers).status is Status.NOT_VERIFIED


def test_a_node_is_a_machine_though_it_did_not_answer() -> None:
    down = replace(looking(healthy(), NODES[1]), unreachable=frozenset({NODES[1]}))

    assert ask(down).status is Status.FAIL


@pytest.mark.parametrize("written", ["ssodb.contoso.com", "\\\\.\\pipe\\odd", "a,b,c"])
def test_another_name_of_a_clustered_sql_server_is_not_verified(written: str) -> None:
    finding = ask(looking(healthy(), written))

    assert (finding.status, written in finding.text) == (Status.NOT_VERIFIED, True)
    assert SQL in finding.reasons[0].hint


def test_a_listener_passes() -> None:
    finding = ask(group())

    assert finding.status is Status.PASS
    assert finding.text == (
        f"{BIZTALK[0]} looks for SSODB on {SQL}, by which the primary answered under another name; "
        "SSODB is in an availability group"
    )


def secondary(of: LabEstate) -> LabEstate:
    session = healthy().database[SqlSession.topic]
    assert isinstance(session, SqlSession)
    return of.alter_database(SqlSession(rows=(session.rows[0].model_copy(update={"updateability": "READ_ONLY"}),)))


@pytest.mark.parametrize("written", [SQL, "SQLA", "SQLA.contoso.com,1433"])
def test_of_a_secondary_the_name_of_the_primary_is_not_known(written: str) -> None:
    servers = tuple(server for server in healthy().inventory().servers if not server.is_sql_only)
    server = SqlSettings(server=written.partition(",")[0])
    answering = secondary(estate(GROUP_ID, is_clustered=0, machine_name="SQLB", physical_node="SQLB"))
    finding = ask(looking(answering, written), servers=servers, sql=server)

    assert finding.status is Status.NOT_VERIFIED
    assert "SSODB answered as READ_ONLY" in finding.text
    assert "application_intent: readwrite" in finding.reasons[0].hint


def test_without_the_session_a_listener_is_not_verified() -> None:
    assert ask(group(), SESSION).status is Status.NOT_VERIFIED


@pytest.mark.parametrize("known", [None, "SQLSSO02", f"{SQL},1500", f"{SQL}\\INST"])
def test_an_address_that_was_not_connected_to_is_no_listener(known: str | None) -> None:
    finding = ask(group(), sql=SqlSettings(server=known))

    assert finding.status is Status.NOT_VERIFIED
    assert "listener" in finding.reasons[0].hint
    assert "sql.server" in finding.reasons[0].hint


@pytest.mark.parametrize("known", [f"{SQL}.contoso.com", f"{SQL},1433"])
def test_another_spelling_of_the_listener_passes(known: str) -> None:
    assert ask(group(), sql=SqlSettings(server=known)).status is Status.PASS


def test_the_clustered_sql_server_of_one_replica_fails() -> None:
    finding = ask(estate(GROUP_ID, is_clustered=1))

    assert finding.status is Status.FAIL
    assert f"that is {SQL}, one replica" in finding.text


def test_a_stand_alone_sql_server_is_not_applicable() -> None:
    assert ask(estate(is_clustered=0)).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize("server", [{"is_clustered": None}, {"machine_name": None}])
def test_a_server_that_does_not_say_its_virtual_name_is_not_verified(server: dict[str, Any]) -> None:
    servers = tuple(server for server in healthy().inventory().servers if not server.is_sql_only)

    assert ask(estate(**server), servers=servers).status is Status.NOT_VERIFIED


def test_a_server_that_is_not_configured_is_not_applicable() -> None:
    assert ask(looking(healthy(), None)).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize("without", [SERVER, AVAILABILITY, (BIZTALK[0], "entsso_registry")])
def test_what_was_not_read_is_not_verified(without: tuple[str, str]) -> None:
    finding = ask(healthy(), without)

    assert finding.status is Status.NOT_VERIFIED
    assert "denied" in finding.text


def test_an_ssodb_that_is_still_to_be_made_is_not_applicable() -> None:
    assert ask(healthy(), SERVER, AVAILABILITY, change="new", stage=Stage.PLANNED).status is Status.NOT_APPLICABLE
    assert ask(healthy(), SERVER, AVAILABILITY, change="new", stage=Stage.BUILT).status is Status.NOT_VERIFIED
