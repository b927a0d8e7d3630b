from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ssoaudit.facts import Env, SqlSession, SsoServers
from ssoaudit.facts.sso_servers import SsoServerRow
from ssoaudit.inventory import Server
from ssoaudit.lab.estate import BIZTALK, NETWORK_NAME, NODES, LabEstate, Machine, healthy
from ssoaudit.lab.estate.names import CLOCK
from ssoaudit.result import Finding
from ssoaudit.vocabulary import ClusterRole, Severity, Stage, Status
from tests.checks.bundles import bundle, finding_of
from tests.checks.views import another_name

CHECK = "database.sso-servers-are-inventoried"
NOW = CLOCK.replace(tzinfo=None)


def registered(*names: str, seconds: int = 1) -> LabEstate:
    rows = tuple(
        SsoServerRow(srv_server_name=name, srv_expire_timestamp=NOW + timedelta(seconds=seconds), local_time=NOW)
        for name in names
    )
    return healthy().alter_database(SsoServers(rows=rows))


def ask(estate: LabEstate, *without: tuple[str, str], **update: Any) -> Finding:
    inventory = estate.inventory().model_copy(update=update)
    return finding_of(CHECK, bundle(estate, inventory=inventory, without=set(without)))


@pytest.mark.parametrize("name", [*BIZTALK, *NODES, NETWORK_NAME, "btsapp01.contoso.com", "ssomss.contoso.com"])
def test_a_server_of_the_inventory_passes(name: str) -> None:
    finding = ask(registered(name.lower()))

    assert (finding.status, finding.text) == (
        Status.PASS,
        f"Every SSO server that uses SSODB is in the inventory: {name.lower()}",
    )


@pytest.mark.parametrize("name", ["btsapp03.contoso.com", "btsapp0", "btsapp011", "ssoclu01", "entsso"])
def test_a_strange_server_fails_by_name(name: str) -> None:
    finding = ask(registered(BIZTALK[0].lower(), name))

    assert (finding.status, finding.severity) == (Status.FAIL, Severity.HIGH)
    assert finding.text == f"SSO servers use SSODB that the inventory does not name: {name}"
    assert [row.observed for row in finding.evidence] == ["there", "missing"]


def test_an_ended_registration_does_not_count() -> None:
    current = registered(BIZTALK[0]).database[SsoServers.topic]
    ended = registered("btsold01", seconds=0).database[SsoServers.topic]
    assert isinstance(current, SsoServers)
    assert isinstance(ended, SsoServers)
    finding = ask(healthy().alter_database(SsoServers(rows=(*current.rows, *ended.rows))))

    assert finding.status is Status.PASS
    assert "btsold01" not in finding.text


@pytest.mark.parametrize("estate", [registered(), registered("btsold01", seconds=-5)])
def test_nobody_registered_is_not_verified(estate: LabEstate) -> None:
    assert ask(estate).status is Status.NOT_VERIFIED


def test_a_node_that_the_inventory_leaves_out_fails() -> None:
    servers = tuple(server for server in healthy().inventory().servers if server.host != NODES[1])

    assert ask(registered(NODES[1]), servers=servers).status is Status.FAIL


@pytest.mark.parametrize(("host", "wanted"), [("btsapp01.contoso.com", Status.PASS), ("btsapp01.x.com", Status.FAIL)])
def test_two_long_names_agree_in_their_domain(host: str, wanted: Status) -> None:
    estate = registered("btsapp01.contoso.com")
    servers = tuple(
        Server(host=host, roles=server.roles) if server.host == BIZTALK[0] else server
        for server in estate.inventory().servers
    )

    assert ask(estate, servers=servers).status is wanted


def test_a_server_that_is_known_by_its_address_says_its_name() -> None:
    estate = registered("btsapp01.contoso.com")
    env = estate.machines[BIZTALK[0]].facts[Env.topic]
    servers = tuple(
        Server(host="10.1.1.7", roles=server.roles) if server.host == BIZTALK[0] else server
        for server in estate.inventory().servers
    )
    moved = replace(estate, machines={**estate.machines, "10.1.1.7": Machine("10.1.1.7", (), {env.topic: env})})

    assert ask(moved, servers=servers).status is Status.PASS
    assert ask(moved, ("10.1.1.7", "env"), servers=servers).status is Status.FAIL


def test_a_netbios_name_is_cut_after_fifteen_characters() -> None:
    estate = registered("biztalkapplication1.contoso.com")
    cut = Server(host="BIZTALKAPPLICAT", roles=())

    assert ask(estate, servers=(*estate.inventory().servers, cut)).status is Status.PASS


def test_the_network_name_is_read_from_the_cluster_where_the_inventory_has_none() -> None:
    assert ask(registered(NETWORK_NAME), network_name=None).status is Status.PASS

    estate = registered("SSOMSS2").alter_cluster(lambda _: another_name("SSOMSS2"))
    assert ask(estate, network_name=None).status is Status.PASS


def test_what_a_blind_node_would_add_is_not_known() -> None:
    assert ask(registered(BIZTALK[0]), (NODES[1], "cluster_view")).status is Status.NOT_VERIFIED
    assert ask(registered("btsapp03"), (NODES[1], "cluster_view")).status is Status.FAIL


def test_the_remote_master_is_named_by_the_inventory() -> None:
    update: dict[str, Any] = {"cluster_role": ClusterRole.MEMBER, "present_master": "REMOTEMSS"}

    assert ask(registered("remotemss.contoso.com"), **update).status is Status.PASS


def test_an_unreachable_server_is_in_the_inventory_all_the_same() -> None:
    estate = replace(registered(BIZTALK[0]), unreachable=frozenset({BIZTALK[0]}))

    assert ask(estate).status is Status.PASS


def test_what_was_not_read_is_not_verified() -> None:
    finding = ask(healthy(), ("SSODB", "sso_servers"), change="new")

    assert finding.status is Status.NOT_VERIFIED
    assert finding.text == "Which SSO servers use SSODB is not known: SELECT for sso_servers was denied."


def test_an_ssodb_that_is_still_to_be_made_is_not_applicable() -> None:
    finding = ask(healthy(), ("SSODB", "sso_servers"), change="new", stage=Stage.PLANNED)

    assert finding.status is Status.NOT_APPLICABLE


@pytest.mark.parametrize("name", [BIZTALK[0].lower(), "btsapp03.contoso.com"])
def test_what_a_secondary_answered_is_told_beside_it(name: str) -> None:
    session = healthy().database[SqlSession.topic]
    assert isinstance(session, SqlSession)
    lagging = SqlSession(rows=(session.rows[0].model_copy(update={"updateability": "READ_ONLY"}),))
    primary, secondary = ask(registered(name)), ask(registered(name).alter_database(lagging))

    note = "; SSODB answered as READ_ONLY, and a secondary replica may lag behind the primary"
    assert (secondary.status, secondary.text) == (primary.status, primary.text + note)
