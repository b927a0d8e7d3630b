from typing import Any

import pytest

from ssoaudit.checks.database.is_configured import is_configured
from ssoaudit.facts import GlobalInfo
from ssoaudit.lab.estate import ADMINISTRATORS, AFFILIATES, NETWORK_NAME, LabEstate, healthy
from ssoaudit.plugin import Outcome
from ssoaudit.vocabulary import ClusterRole, Stage, Status
from tests.checks.bundles import bundle, finding_of

CHECK = "database.is-configured"


def info(times: int = 1, **update: Any) -> GlobalInfo:
    found = healthy().database[GlobalInfo.topic]
    assert isinstance(found, GlobalInfo)
    return GlobalInfo(rows=(found.rows[0].model_copy(update=update),) * times)


def ask(found: GlobalInfo) -> Outcome:
    outcome = is_configured(found, healthy().inventory())
    assert isinstance(outcome, Outcome)
    return outcome


def test_one_row_with_all_names_passes() -> None:
    outcome = ask(info())

    assert outcome.status is Status.PASS
    assert outcome.text == f"SSODB is configured: {NETWORK_NAME}, {ADMINISTRATORS}, {AFFILIATES}"


@pytest.mark.parametrize("column", ["gi_SecretServer", "gi_SSOAdminGroup", "gi_AffiliateAppMgrGroup"])
@pytest.mark.parametrize("value", ["-----", "", "  ", " ----- ", ";"])
def test_a_name_that_was_never_configured_fails(column: str, value: str) -> None:
    update: dict[str, Any] = {column: value}
    outcome = ask(info(**update))

    assert (outcome.status, outcome.text) == (Status.FAIL, f"SSODB is not configured: {column} is {value!r}")


def test_every_such_name_is_told() -> None:
    assert ask(info(gi_SecretServer="-----", gi_SSOAdminGroup="")).text == (
        "SSODB is not configured: gi_SecretServer is '-----'; gi_SSOAdminGroup is ''"
    )


@pytest.mark.parametrize(("times", "told"), [(0, "no row"), (2, "more than one row")])
def test_another_number_of_rows_fails(times: int, told: str) -> None:
    outcome = ask(info(times))

    assert (outcome.status, outcome.text) == (Status.FAIL, f"SSOX_GlobalInfo holds {told} of settings")


def without_ssodb(estate: LabEstate, **update: Any) -> Any:
    inventory = estate.inventory().model_copy(update=update)
    return finding_of(CHECK, bundle(estate, inventory=inventory, without={("SSODB", "global_info")}))


def test_an_ssodb_that_is_still_to_be_made_is_not_applicable() -> None:
    assert without_ssodb(healthy(), change="new", stage=Stage.PLANNED).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    "update",
    [{}, {"change": "new"}, {"change": "new", "stage": Stage.BUILT}, {"change": "move", "stage": Stage.PLANNED}],
)
def test_an_ssodb_that_could_not_be_read_is_not_verified_with_the_reason(update: dict[str, Any]) -> None:
    finding = without_ssodb(healthy(), **update)

    assert finding.status is Status.NOT_VERIFIED
    assert finding.text == "SSODB could not be read: SELECT for global_info was denied."


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("role", ClusterRole)
def test_it_applies_to_every_kind_of_cluster_at_every_stage(stage: Stage, role: ClusterRole) -> None:
    estate = healthy()
    inventory = estate.inventory().model_copy(update={"stage": stage, "cluster_role": role})
    assert finding_of(CHECK, bundle(estate, inventory=inventory)).status is Status.PASS

    bare = estate.alter_database(info(gi_SecretServer="-----"))
    assert finding_of(CHECK, bundle(bare, inventory=inventory)).status is Status.FAIL
