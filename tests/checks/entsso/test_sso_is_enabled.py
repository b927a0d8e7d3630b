from typing import Any

import pytest

from ssoaudit.facts import GlobalInfo, SqlSession
from ssoaudit.lab.estate import LabEstate, healthy
from ssoaudit.result import Finding
from ssoaudit.vocabulary import ClusterRole, Profile, Severity, Stage, Status
from tests.checks.bundles import bundle, finding_of, judge

CHECK = "entsso.sso-is-enabled"


def with_info(times: int = 1, **update: Any) -> LabEstate:
    info = healthy().database[GlobalInfo.topic]
    assert isinstance(info, GlobalInfo)
    return healthy().alter_database(GlobalInfo(rows=(info.rows[0].model_copy(update=update),) * times))


def ask(estate: LabEstate, without: set[tuple[str, str]] | None = None, **update: Any) -> Finding:
    inventory = estate.inventory().model_copy(update=update)
    return finding_of(CHECK, bundle(estate, inventory=inventory, without=without or set()), Profile.POST_FAILOVER)


@pytest.mark.parametrize("flags", [0x2, 0x42, 0x46, 0xFF])
def test_the_bit_passes(flags: int) -> None:
    finding = ask(with_info(gi_flags=flags))

    assert (finding.status, finding.text) == (Status.PASS, f"Enterprise SSO is enabled: gi_flags is {flags:#x}")


@pytest.mark.parametrize("flags", [0, 0x40, 0x44, 0xFD])
def test_without_the_bit_it_fails(flags: int) -> None:
    finding = ask(with_info(gi_flags=flags))

    assert (finding.status, finding.severity) == (Status.FAIL, Severity.HIGH)
    assert finding.text == f"Enterprise SSO is disabled: gi_flags is {flags:#x}, without 0x2"
    assert [step.command.text for step in finding.fix if step.command][:1] == ["ssomanage -enablesso"]
    assert finding.fix[-1].text == "Prove it."


@pytest.mark.parametrize("estate", [with_info(times=2), with_info(times=0), with_info(gi_SecretServer="-----")])
def test_what_is_not_configured_is_settled_first(estate: LabEstate) -> None:
    finding = ask(estate)

    assert (finding.status, finding.blocked_by) == (Status.NOT_VERIFIED, "database.is-configured")


def test_what_was_not_read_is_not_verified() -> None:
    assert ask(healthy(), {("SSODB", "global_info")}).status is Status.NOT_VERIFIED


def test_an_ssodb_that_is_still_to_be_made_is_not_applicable() -> None:
    finding = ask(healthy(), {("SSODB", "global_info")}, change="new", stage=Stage.PLANNED)

    assert finding.status is Status.NOT_APPLICABLE


@pytest.mark.parametrize("role", ClusterRole)
@pytest.mark.parametrize("stage", Stage)
def test_it_applies_to_every_kind_of_cluster_at_every_stage(stage: Stage, role: ClusterRole) -> None:
    assert ask(with_info(gi_flags=0x40), stage=stage, cluster_role=role).status is Status.FAIL


def test_a_preflight_does_not_ask() -> None:
    assert CHECK not in {finding.check for finding in judge(bundle(healthy()), Profile.PREFLIGHT).findings}


@pytest.mark.parametrize("flags", [0x2, 0x40])
def test_what_a_secondary_answered_is_told_beside_it(flags: int) -> None:
    session = healthy().database[SqlSession.topic]
    assert isinstance(session, SqlSession)
    lagging = SqlSession(rows=(session.rows[0].model_copy(update={"updateability": "READ_ONLY"}),))
    primary, secondary = ask(with_info(gi_flags=flags)), ask(with_info(gi_flags=flags).alter_database(lagging))

    note = "; SSODB answered as READ_ONLY, and a secondary replica may lag behind the primary"
    assert (secondary.status, secondary.text) == (primary.status, primary.text + note)
    unknown = ask(with_info(gi_flags=flags), {("SSODB", "sql_session")})
    assert (unknown.status, unknown.text.startswith(primary.text + "; it is not known")) == (primary.status, True)
