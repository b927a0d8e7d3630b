from typing import Any

import pytest

from ssoaudit.facts import GlobalInfo, SqlSession
from ssoaudit.lab.estate import LabEstate, healthy
from ssoaudit.result import Finding
from ssoaudit.vocabulary import Profile, Severity, Stage, Status
from tests.checks.bundles import bundle, finding_of

CHECK = "entsso.validates-tickets"


def with_flags(flags: int) -> LabEstate:
    info = healthy().database[GlobalInfo.topic]
    assert isinstance(info, GlobalInfo)
    return healthy().alter_database(GlobalInfo(rows=(info.rows[0].model_copy(update={"gi_flags": flags}),)))


def ask(estate: LabEstate, without: set[tuple[str, str]] | None = None, **update: Any) -> Finding:
    inventory = estate.inventory().model_copy(update=update)
    return finding_of(CHECK, bundle(estate, inventory=inventory, without=without or set()), Profile.COMPLIANCE)


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (0x2, "SSO tickets are not allowed: gi_flags is 0x2"),
        (0x42, "SSO tickets are not allowed: gi_flags is 0x42"),
        (0x62, "SSO tickets are allowed and validated: gi_flags is 0x62"),
    ],
)
def test_tickets_that_are_validated_or_not_allowed_pass(flags: int, told: str) -> None:
    finding = ask(with_flags(flags))

    assert (finding.status, finding.text) == (Status.PASS, told)


@pytest.mark.parametrize("flags", [0x20, 0x22, 0xBF])
def test_tickets_that_are_not_validated_fail(flags: int) -> None:
    finding = ask(with_flags(flags))

    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MEDIUM)
    assert finding.text == (
        f"SSO tickets are allowed and not validated: gi_flags is {flags:#x}, with 0x20 and without 0x40"
    )
    assert [step.command.text for step in finding.fix if step.command][:1] == ["ssomanage -tickets yes yes"]


def test_what_was_not_read_is_not_verified() -> None:
    finding = ask(healthy(), {("SSODB", "global_info")})

    assert (finding.status, finding.blocked_by) == (Status.NOT_VERIFIED, "database.is-configured")


def test_an_ssodb_that_is_still_to_be_made_is_not_applicable() -> None:
    finding = ask(healthy(), {("SSODB", "global_info")}, change="new", stage=Stage.PLANNED)

    assert finding.status is Status.NOT_APPLICABLE


@pytest.mark.parametrize("flags", [0x40, 0x60, 0x20])
def test_what_a_secondary_answered_is_told_beside_it(flags: int) -> None:
    session = healthy().database[SqlSession.topic]
    assert isinstance(session, SqlSession)
    lagging = SqlSession(rows=(session.rows[0].model_copy(update={"updateability": "READ_ONLY"}),))
    primary, secondary = ask(with_flags(flags)), ask(with_flags(flags).alter_database(lagging))

    note = "; SSODB answered as READ_ONLY, and a secondary replica may lag behind the primary"
    assert (secondary.status, secondary.text) == (primary.status, primary.text + note)
    unknown = ask(with_flags(flags), {("SSODB", "sql_session")})
    assert (unknown.status, unknown.text.startswith(primary.text + "; it is not known")) == (primary.status, True)
