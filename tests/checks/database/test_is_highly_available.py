from typing import Any

import pytest

from ssoaudit.facts import AvailabilityGroup, SqlServer
from ssoaudit.facts.availability_group import AvailabilityGroupRow
from ssoaudit.lab.estate import LabEstate, healthy
from ssoaudit.result import Finding
from ssoaudit.vocabulary import Severity, Stage, Status
from tests.checks.bundles import bundle, finding_of

CHECK = "database.is-highly-available"
GROUP_ID = "0D8C4C1E-2F4B-4E5A-9C1D-6B7A8F9E0D1C"
SERVER, GROUP = ("SSODB", "sql_server"), ("SSODB", "availability_group")


def estate(group: str | None = None, **server: Any) -> LabEstate:
    found = healthy().database[SqlServer.topic]
    assert isinstance(found, SqlServer)
    row = AvailabilityGroupRow(group_database_id=group, replica_id=None)
    altered = healthy().alter_database(SqlServer(rows=(found.rows[0].model_copy(update=server),)))
    return altered.alter_database(AvailabilityGroup(rows=(row,)))


def ask(of: LabEstate, *without: tuple[str, str], **update: Any) -> Finding:
    inventory = of.inventory().model_copy(update=update)
    return finding_of(CHECK, bundle(of, inventory=inventory, without=set(without)))


@pytest.mark.parametrize("without", [(), (GROUP,)])
def test_a_clustered_sql_server_passes(without: tuple[tuple[str, str], ...]) -> None:
    finding = ask(estate(is_clustered=1), *without)

    assert (finding.status, finding.text) == (Status.PASS, "SSODB is on SQLSSO01, a clustered SQL Server")


@pytest.mark.parametrize("without", [(), (SERVER,)])
@pytest.mark.parametrize("clustered", [0, None])
def test_a_database_in_an_availability_group_passes(
    clustered: int | None, without: tuple[tuple[str, str], ...]
) -> None:
    finding = ask(estate(GROUP_ID, is_clustered=clustered), *without)

    assert (finding.status, finding.text) == (Status.PASS, "SSODB is in an availability group")


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        (0, "SQLSSO01 is not clustered, and SSODB is in no availability group"),
        (None, "SQLSSO01 is not clustered, and SSODB is in no availability group"),
        (1, "SQLSSO01 may have availability groups, but SSODB is in none"),
    ],
)
def test_one_machine_fails(groups: int | None, told: str) -> None:
    finding = ask(estate(is_clustered=0, is_hadr_enabled=groups))

    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MEDIUM)
    assert finding.text == f"SSODB is on one machine only: {told}"
    assert finding.evidence[0].observed == "IsClustered = 0"


def test_a_server_that_does_not_say_it_is_not_verified() -> None:
    assert ask(estate(is_clustered=None)).status is Status.NOT_VERIFIED


@pytest.mark.parametrize("without", [(SERVER,), (GROUP,), (SERVER, GROUP)])
def test_what_was_not_read_is_not_verified(without: tuple[tuple[str, str], ...]) -> None:
    finding = ask(estate(is_clustered=0), *without, change="new")

    assert finding.status is Status.NOT_VERIFIED
    assert "was denied" in finding.text


def test_an_ssodb_that_is_still_to_be_made_is_not_applicable() -> None:
    planned: dict[str, Any] = {"change": "new", "stage": Stage.PLANNED}

    assert ask(healthy(), SERVER, GROUP, **planned).status is Status.NOT_APPLICABLE
    assert ask(estate(is_clustered=0), **planned).status is Status.FAIL
    assert ask(estate(is_clustered=0), GROUP, **planned).status is Status.NOT_VERIFIED
