from typing import Any

import pytest

from ssoaudit.checks.accounts.service_account_in_sso_administrators import service_account_in_sso_administrators
from ssoaudit.evidence import Missing, ReadStatus
from ssoaudit.facts import EntssoRegistry, GlobalInfo, Identities, Lacking
from ssoaudit.inventory import Groups, Server
from ssoaudit.lab.estate import ACCOUNT, ADMINISTRATORS, NODES, healthy
from ssoaudit.plugin import Outcome
from ssoaudit.vocabulary import ClusterRole, Role, Stage, Status
from tests.checks.accounts.known import (
    ACCOUNT_SID,
    DOMAIN,
    GROUP_SID,
    bare,
    fact,
    identities,
    lacking,
    name,
    services,
    token,
)
from tests.checks.bundles import bundle, findings_of

CHECK = "accounts.service-account-in-sso-administrators"
NODE = Server(host="SSONODE1", roles=(Role.CLUSTER,))
UNREAD = Missing(status=ReadStatus.DENIED, code="x", stage="read", message="Login failed.", hint="h", milliseconds=1)
NAMES = (name(ACCOUNT, ACCOUNT_SID), name(ADMINISTRATORS, GROUP_SID, 2))
OTHER = "CONTOSO\\SSO Operators"
OTHER_SID = f"{DOMAIN}-1500"


def info(administrators: str = ADMINISTRATORS, times: int = 1) -> GlobalInfo:
    found = healthy().database[GlobalInfo.topic]
    assert isinstance(found, GlobalInfo)
    row = found.rows[0].model_copy(update={"gi_SSOAdminGroup": administrators})
    return GlobalInfo(rows=(row,) * times)


def ask(known: Identities, ssodb: GlobalInfo | Missing | None = None, account: str = ACCOUNT, **update: Any) -> Outcome:
    inventory = healthy().inventory().model_copy(update=update)
    registry = fact(EntssoRegistry)
    outcome = service_account_in_sso_administrators(
        NODE, services(account), registry, known, ssodb or info(), inventory=inventory
    )
    assert isinstance(outcome, Outcome)
    return outcome


def test_a_group_of_the_token_passes_nested_or_not() -> None:
    outcome = ask(identities(*NAMES, tokens=(token(ACCOUNT, "S-1-1-0", GROUP_SID),)))

    assert (outcome.status, outcome.text) == (
        Status.PASS,
        f"{ACCOUNT} is a member of {ADMINISTRATORS} on SSONODE1",
    )


def test_an_account_that_is_named_itself_passes_without_a_token() -> None:
    outcome = ask(identities(*NAMES), info(f"{ADMINISTRATORS};{ACCOUNT}"))

    assert (outcome.status, outcome.text) == (Status.PASS, f"{ACCOUNT} is named as an SSO administrator itself")


def test_one_group_of_several_is_enough_even_if_another_is_not_known() -> None:
    known = identities(*NAMES, name(OTHER, None, None, "not mapped"), tokens=(token(ACCOUNT, GROUP_SID),))

    assert ask(known, info(f"{OTHER} ; {ADMINISTRATORS}")).status is Status.PASS
    assert ask(known, info(f"CONTOSO\\Not asked;{ADMINISTRATORS}")).status is Status.PASS


def test_no_member_fails() -> None:
    outcome = ask(identities(*NAMES, tokens=(token(ACCOUNT, "S-1-1-0"),)))

    assert (outcome.status, outcome.servers) == (Status.FAIL, ("SSONODE1",))
    assert outcome.text == f"{ACCOUNT} is no member of {ADMINISTRATORS} on SSONODE1"
    assert outcome.observed == "1 groups, none of them that"


def test_no_member_of_any_fails_with_all_of_them() -> None:
    known = identities(*NAMES, name(OTHER, OTHER_SID, 2), tokens=(token(),))

    assert ask(known, info(f"{ADMINISTRATORS};{OTHER}")).text == (
        f"{ACCOUNT} is no member of {ADMINISTRATORS} or {OTHER} on SSONODE1"
    )


def test_a_group_that_is_not_known_may_be_the_one() -> None:
    known = identities(*NAMES, name(OTHER, None, None, "not mapped"), tokens=(token(),))
    outcome = ask(known, info(f"{ADMINISTRATORS};{OTHER}"))

    assert outcome.status is Status.NOT_VERIFIED
    assert outcome.text.endswith(f"not known there: {OTHER} (not mapped)")


def test_no_group_that_is_known_is_not_verified() -> None:
    known = identities(NAMES[0], name(ADMINISTRATORS, None, None, "not mapped"), tokens=(token(),))

    assert ask(known).text == f"SSONODE1 does not know the SSO administrators: {ADMINISTRATORS} (not mapped)"


def test_the_token_counts_in_another_spelling_of_the_account() -> None:
    spelled = name("svc-entsso@contoso.com", ACCOUNT_SID)
    known = identities(*NAMES, spelled, tokens=(token(ACCOUNT, GROUP_SID), token(spelled.name, sid=None, error="no")))

    assert ask(known, account=spelled.name).status is Status.PASS


def test_the_token_of_another_account_does_not_count() -> None:
    with pytest.raises(Lacking, match="another account"):
        ask(identities(*NAMES, tokens=(token(ACCOUNT, GROUP_SID, sid=OTHER_SID),)))


def test_an_account_without_a_token_is_lacking() -> None:
    with pytest.raises(Lacking, match="account disabled"):
        ask(identities(*NAMES, tokens=(token(sid=None, error="account disabled"),)))
    with pytest.raises(Lacking, match="no-s4u"):
        ask(lacking(identities(*NAMES), "tokens", "left out (--no-s4u)"))


@pytest.mark.parametrize(
    ("ssodb", "told"),
    [(info("-----"), "SSODB is not configured"), (info(times=2), "SSODB is not configured"), (UNREAD, "Login failed.")],
)
def test_without_ssodb_s_word_it_is_not_verified(ssodb: GlobalInfo | Missing, told: str) -> None:
    outcome = ask(identities(*NAMES, tokens=(token(ACCOUNT, GROUP_SID),)), ssodb)

    assert outcome.status is Status.NOT_VERIFIED
    assert told in outcome.text


@pytest.mark.parametrize(
    ("ssodb", "change", "status"),
    [
        (info("-----"), None, Status.PASS),
        (UNREAD, "new", Status.PASS),
        (UNREAD, "move", Status.NOT_VERIFIED),
        (UNREAD, None, Status.NOT_VERIFIED),
    ],
)
def test_while_planned_the_inventory_counts_where_ssodb_has_nothing_to_say(
    ssodb: GlobalInfo | Missing, change: str | None, status: Status
) -> None:
    known = identities(*NAMES, tokens=(token(ACCOUNT, GROUP_SID),))

    assert ask(known, ssodb, stage=Stage.PLANNED, change=change).status is status
    if status is Status.PASS:
        outcome = ask(known, ssodb, stage=Stage.PLANNED, change=change, groups=Groups())
        assert outcome.status is Status.NOT_VERIFIED


def test_ssodb_counts_more_than_the_inventory() -> None:
    known = identities(*NAMES, name(OTHER, OTHER_SID, 2), tokens=(token(ACCOUNT, GROUP_SID),))

    assert ask(known, info(OTHER), stage=Stage.PLANNED, change="new").status is Status.FAIL


def test_an_unknown_account_is_not_verified() -> None:
    inventory = healthy().inventory().model_copy(update={"service_account": None})
    outcome = service_account_in_sso_administrators(
        NODE, services(ACCOUNT), bare(), identities(*NAMES), info(), inventory=inventory
    )

    assert isinstance(outcome, Outcome)
    assert outcome.text == "The account of ENTSSO on SSONODE1 is not known"


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("role", ClusterRole)
def test_it_applies_to_every_sso_server_at_every_stage(stage: Stage, role: ClusterRole) -> None:
    estate = healthy()
    inventory = estate.inventory().model_copy(update={"stage": stage, "cluster_role": role})

    assert {each.status for each in findings_of(CHECK, bundle(estate, inventory=inventory))} == {Status.PASS}


def test_only_the_server_on_which_it_is_no_member_fails() -> None:
    estate = healthy().alter(NODES[1], identities(*NAMES, tokens=(token(),)))
    found = {each.target: each.status for each in findings_of(CHECK, bundle(estate))}

    assert [target for target, status in found.items() if status is Status.FAIL] == [NODES[1]]


def test_an_estate_of_sql_servers_has_no_such_account() -> None:
    inventory = healthy().inventory()
    inventory = inventory.model_copy(update={"servers": inventory.servers[-1:]})

    (finding,) = findings_of(CHECK, bundle(healthy(), inventory=inventory))
    assert finding.status is Status.NOT_APPLICABLE


def test_an_unread_server_is_not_verified_with_its_reason() -> None:
    found = {each.target: each for each in findings_of(CHECK, bundle(healthy(), without={(NODES[1], "identities")}))}

    assert found[NODES[1]].status is Status.NOT_VERIFIED
    assert "Access is denied." in found[NODES[1]].text


def test_an_unread_ssodb_is_not_verified_with_its_reason() -> None:
    found = findings_of(CHECK, bundle(healthy(), without={("SSODB", "global_info")}))

    assert {finding.status for finding in found} == {Status.NOT_VERIFIED}
    assert "SELECT for global_info was denied." in found[0].text
