from datetime import timedelta
from typing import Any

import pytest

from ssoaudit.facts import AvailabilityGroup, BackupDatabases, DatabaseProperties, SqlServer, SsodbBackups
from ssoaudit.facts.availability_group import AvailabilityGroupRow
from ssoaudit.facts.backup_databases import BackupDatabaseRow
from ssoaudit.facts.ssodb_backups import SsodbBackupRow
from ssoaudit.inventory import SqlSettings
from ssoaudit.lab.estate import DATABASE, SQL, LabEstate, healthy
from ssoaudit.lab.estate.names import CLOCK
from ssoaudit.result import Finding
from ssoaudit.vocabulary import Profile, Role, Severity, Stage, Status
from tests.checks.bundles import bundle, finding_of

CHECK = "database.is-backed-up"
GROUP_ID = "0D8C4C1E-2F4B-4E5A-9C1D-6B7A8F9E0D1C"
NOW = CLOCK.replace(tzinfo=None)
EIGHT_DAYS = timedelta(days=8)
BACKUPS, SERVER, PROPERTIES = (("SSODB", topic) for topic in ("ssodb_backups", "sql_server", "database_properties"))
SET = ("BizTalkMgmtDb", "backup_databases")
AVAILABILITY = ("SSODB", "availability_group")


def backup(age: timedelta | None = timedelta(hours=6), **update: Any) -> SsodbBackupRow:
    made = None if age is None else NOW - age
    row = SsodbBackupRow(
        database_name=DATABASE,
        server_name=SQL,
        type="D",
        is_copy_only=False,
        newest_start=made,
        newest_finish=made,
        local_time=NOW,
        asked_server=SQL,
    )
    return row.model_copy(update=update)


def with_backups(*rows: SsodbBackupRow, of: LabEstate | None = None) -> LabEstate:
    return (of or healthy()).alter_database(SsodbBackups(rows=rows))


def with_properties(**update: Any) -> LabEstate:
    properties = healthy().database[DatabaseProperties.topic]
    assert isinstance(properties, DatabaseProperties)
    return healthy().alter_database(DatabaseProperties(rows=(properties.rows[0].model_copy(update=update),)))


def in_set(*rows: tuple[str | None, str | None], of: LabEstate | None = None) -> LabEstate:
    listed = tuple(BackupDatabaseRow(ServerName=server, DatabaseName=database) for server, database in rows)
    return (of or healthy()).alter_database(BackupDatabases(rows=listed))


def ask(estate: LabEstate, *without: tuple[str, str], **update: Any) -> Finding:
    inventory = estate.inventory().model_copy(update=update)
    return finding_of(CHECK, bundle(estate, inventory=inventory, without=set(without)), Profile.COMPLIANCE)


GROUPED = healthy().alter_database(
    AvailabilityGroup(rows=(AvailabilityGroupRow(group_database_id=GROUP_ID, replica_id=None),))
)
SECONDARY = with_properties(updateability="READ_ONLY")


@pytest.mark.parametrize(
    "rows",
    [
        (backup(),),
        (backup(EIGHT_DAYS),),
        (backup(is_copy_only=None),),
        (backup(server_name=SQL.lower()),),
        (backup(timedelta(days=90)), backup(timedelta(days=2))),
    ],
)
def test_a_young_complete_backup_in_the_set_passes(rows: tuple[SsodbBackupRow, ...]) -> None:
    assert ask(with_backups(*rows)).status is Status.PASS


def test_the_text_says_when_and_by_whom() -> None:
    assert ask(with_backups(backup())).text == (
        "SQLSSO01 made a complete backup of SSODB at 2026-11-20 02:40; BizTalk's backup job includes SSODB"
    )


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((), "SQLSSO01 remembers no complete backup of SSODB"),
        ((backup(None),), "SQLSSO01 remembers no complete backup of SSODB"),
        ((backup(type="L"), backup(type="I")), "SQLSSO01 remembers no complete backup of SSODB"),
        (
            (backup(EIGHT_DAYS + timedelta(seconds=1)),),
            "The newest complete backup of SSODB that SQLSSO01 remembers is of 2026-11-12 08:40, more than 8 days ago",
        ),
        (
            (backup(is_copy_only=True),),
            "SQLSSO01 remembers no complete backup of SSODB (a copy-only one of 2026-11-20 02:40 does not count)",
        ),
        (
            (backup(server_name="SQLOLD"),),
            "SQLSSO01 remembers no complete backup of SSODB (one made on SQLOLD does not count)",
        ),
    ],
)
def test_without_one_it_fails(rows: tuple[SsodbBackupRow, ...], told: str) -> None:
    finding = ask(with_backups(*rows))

    assert (finding.status, finding.severity, finding.text) == (Status.FAIL, Severity.MEDIUM, told)
    assert [row.source for row in finding.evidence].count("msdb.dbo.backupset") == len(rows)


@pytest.mark.parametrize("estate", [GROUPED, SECONDARY], ids=["group", "secondary"])
@pytest.mark.parametrize("rows", [(), (backup(timedelta(days=9)),)])
def test_another_replica_may_have_made_one(estate: LabEstate, rows: tuple[SsodbBackupRow, ...]) -> None:
    finding = ask(with_backups(*rows, of=estate))

    assert (finding.status, finding.severity) == (Status.NOT_VERIFIED, Severity.MEDIUM)
    assert "another replica may have made one" in finding.text


def test_what_counts_is_made_by_the_server_whose_msdb_was_read() -> None:
    told = "SQLA made a complete backup of SSODB at 2026-11-20 02:40; BizTalk's backup job includes SSODB"
    own = backup(server_name="SQLA", asked_server="sqla".upper())
    assert ask(with_backups(own, of=GROUPED)).text == told

    foreign = ask(with_backups(backup(server_name=SQL, asked_server="SQLA"), of=GROUPED))
    assert (foreign.status, f"one made on {SQL} does not count" in foreign.text) == (Status.NOT_VERIFIED, True)
    assert ask(with_backups(backup(asked_server=None))).status is Status.FAIL


def test_where_the_group_is_not_known_another_replica_may_have_made_one() -> None:
    assert ask(healthy(), AVAILABILITY).status is Status.PASS
    assert ask(with_backups(), AVAILABILITY).status is Status.NOT_VERIFIED
    assert ask(with_backups(backup(is_copy_only=True)), AVAILABILITY).status is Status.NOT_VERIFIED
    assert ask(in_set(("SSOLISTENER", DATABASE)), AVAILABILITY).status is Status.NOT_VERIFIED


def test_a_copy_only_backup_counts_in_an_availability_group() -> None:
    assert ask(with_backups(backup(is_copy_only=True), of=GROUPED)).status is Status.PASS


@pytest.mark.parametrize(
    "rows",
    [
        ((SQL, DATABASE),),
        ((f"{SQL.lower()},1433", DATABASE.lower()),),
        (("sqlsso01.contoso.com", DATABASE),),
        (("SQLOLD", DATABASE), (SQL, DATABASE)),
    ],
)
def test_other_spellings_are_in_the_set(rows: tuple[tuple[str, str], ...]) -> None:
    assert ask(in_set(*rows)).status is Status.PASS


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((), "BizTalk's backup job does not include SSODB"),
        (((SQL, "SSODB2"), (SQL, None)), "BizTalk's backup job does not include SSODB"),
        ((("SQLOLD", DATABASE),), "BizTalk's backup job includes SSODB on SQLOLD, not on SQLSSO01"),
        (((None, DATABASE),), "BizTalk's backup job includes SSODB on no server, not on SQLSSO01"),
    ],
)
def test_the_set_alone_weighs_little(rows: tuple[tuple[str | None, str | None], ...], told: str) -> None:
    finding = ask(in_set(*rows))

    assert (finding.status, finding.severity, finding.text) == (Status.FAIL, Severity.LOW, told)
    command = next(step.command for step in finding.fix if step.command)
    assert command.text.endswith("VALUES (N'SSODB', N'SSODB', N'SQLSSO01', N'SQLSSO01')")


def test_without_a_backup_the_set_weighs_as_much() -> None:
    finding = ask(with_backups(of=in_set()))

    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MEDIUM)
    assert finding.text == (
        "SQLSSO01 remembers no complete backup of SSODB; BizTalk's backup job does not include SSODB"
    )


def test_while_the_backups_are_unknown_the_set_does_not_make_a_warning_of_it() -> None:
    finding = ask(in_set(), BACKUPS)

    assert (finding.status, finding.severity) == (Status.NOT_VERIFIED, Severity.MEDIUM)
    assert "does not include SSODB" in finding.text


def test_in_an_availability_group_another_name_may_be_the_listener() -> None:
    finding = ask(in_set(("SSOLISTENER", DATABASE), of=GROUPED))
    assert (finding.status, finding.severity) == (Status.NOT_VERIFIED, Severity.LOW)

    listener = {"sql": SqlSettings(server="SSOLISTENER", database=DATABASE)}
    assert ask(in_set(("SSOLISTENER", DATABASE), of=GROUPED), **listener).status is Status.PASS


def test_without_biztalk_nobody_asks_for_the_set() -> None:
    servers = tuple(server for server in healthy().inventory().servers if Role.BIZTALK not in server.roles)
    finding = ask(healthy(), biztalk=None, servers=servers)

    assert (finding.status, finding.text) == (
        Status.PASS,
        "SQLSSO01 made a complete backup of SSODB at 2026-11-20 02:41",
    )


@pytest.mark.parametrize(
    ("without", "severity"),
    [(BACKUPS, Severity.MEDIUM), (SERVER, Severity.MEDIUM), (PROPERTIES, Severity.MEDIUM), (SET, Severity.LOW)],
)
def test_what_was_not_read_is_not_verified(without: tuple[str, str], severity: Severity) -> None:
    finding = ask(healthy(), without, change="new")

    assert (finding.status, finding.severity) == (Status.NOT_VERIFIED, severity)
    assert "was denied" in finding.text


def test_a_server_without_a_name_is_not_verified() -> None:
    server = healthy().database[SqlServer.topic]
    assert isinstance(server, SqlServer)
    nameless = SqlServer(rows=(server.rows[0].model_copy(update={"server_name": None}),))

    finding = ask(healthy().alter_database(nameless))
    assert finding.status is Status.NOT_VERIFIED
    assert finding.text == "SQL Server does not say its name, so its own backups are not known"


def test_an_ssodb_that_is_still_to_be_made_is_not_applicable() -> None:
    finding = ask(healthy(), SERVER, PROPERTIES, change="new", stage=Stage.PLANNED)

    assert finding.status is Status.NOT_APPLICABLE
