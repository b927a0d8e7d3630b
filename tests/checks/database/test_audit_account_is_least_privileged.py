from typing import Any

import pytest

from ssoaudit.facts import AuditRights, SqlSession
from ssoaudit.facts.audit_rights import AuditRightsRow
from ssoaudit.lab.estate import LabEstate, healthy
from ssoaudit.result import Finding
from ssoaudit.vocabulary import Profile, Severity, Stage, Status
from tests.checks.bundles import bundle, finding_of

CHECK = "database.audit-account-is-least-privileged"
RIGHTS, SESSION = ("SSODB", "audit_rights"), ("SSODB", "sql_session")
OF_ROLES = [
    name
    for name in AuditRightsRow.model_fields
    if (name.startswith("is_") and name != "is_bts_backup_user") or name in ("controls_database", "executes_procedures")
]
OF_OBJECTS = [name for name in AuditRightsRow.model_fields if name not in OF_ROLES]


def with_rights(**update: Any) -> LabEstate:
    rights = healthy().database[AuditRights.topic]
    assert isinstance(rights, AuditRights)
    return healthy().alter_database(AuditRights(rows=(rights.rows[0].model_copy(update=update),)))


def ask(estate: LabEstate, *without: tuple[str, str], **update: Any) -> Finding:
    inventory = estate.inventory().model_copy(update=update)
    return finding_of(CHECK, bundle(estate, inventory=inventory, without=set(without)), Profile.COMPLIANCE)


@pytest.mark.parametrize("hidden", [None, 0])
def test_a_login_that_reads_what_is_audited_passes(hidden: int | None) -> None:
    finding = ask(with_rights(**dict.fromkeys(OF_OBJECTS, hidden)))

    assert finding.status is Status.PASS
    assert finding.text == (
        "ssoaudit has none of the roles that read or change SSODB, and no right to its encrypted columns or to change "
        "the tables that hold its settings and credentials"
    )
    assert len(finding.evidence) == len(AuditRightsRow.model_fields)


@pytest.mark.parametrize("right", [*OF_ROLES, *OF_OBJECTS])
def test_each_right_beyond_that_fails(right: str) -> None:
    others = dict.fromkeys(OF_ROLES, None)
    finding = ask(with_rights(**{**others, right: 1}))

    assert (finding.status, finding.severity) == (Status.FAIL, Severity.LOW)
    phrase = right.partition("_")[2].removeprefix("db_").split("_")[-1].removesuffix("s")
    assert finding.text.startswith("ssoaudit may do more in SSODB than to read what is audited: ")
    assert phrase.casefold() in finding.text.replace("SSOX_GlobalInfo", "info").casefold()
    assert [row.observed for row in finding.evidence].count("yes") == 1


def test_all_of_them_are_told_with_the_login() -> None:
    session = healthy().database[SqlSession.topic]
    assert isinstance(session, SqlSession)
    named = SqlSession(rows=(session.rows[0].model_copy(update={"login_name": "CONTOSO\\o'auditor"}),))
    finding = ask(with_rights(is_db_owner=1, reads_wp_password=1).alter_database(named))

    assert finding.text.startswith("CONTOSO\\o'auditor may do more")
    assert finding.text.endswith(": is db_owner, reads wp_password")
    commands = [step.command.text for step in finding.fix if step.command]
    assert commands[0] == "EXEC xp_logininfo N'CONTOSO\\o''auditor', N'all'"
    assert commands[1] == 'ssoaudit sql-grants --login "CONTOSO\\o\'auditor" --database ssodb'


def test_the_login_may_be_unknown() -> None:
    assert ask(with_rights(is_sysadmin=1), SESSION).text.startswith("the audit login may do more")


@pytest.mark.parametrize("role", OF_ROLES)
def test_a_role_that_the_server_does_not_tell_is_not_verified(role: str) -> None:
    assert ask(with_rights(**{role: None})).status is Status.NOT_VERIFIED


def test_what_was_not_read_is_not_verified() -> None:
    finding = ask(healthy(), RIGHTS, change="new")

    assert finding.status is Status.NOT_VERIFIED
    assert finding.text == "What the audit login may do is not known: SELECT for audit_rights was denied."


def test_an_ssodb_that_is_still_to_be_made_is_not_applicable() -> None:
    assert ask(healthy(), RIGHTS, change="new", stage=Stage.PLANNED).status is Status.NOT_APPLICABLE
