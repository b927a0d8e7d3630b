from typing import Any

import pytest

from ssoaudit.checks.accounts.sso_groups_are_domain_groups import sso_groups_are_domain_groups
from ssoaudit.evidence import Missing, ReadStatus
from ssoaudit.facts import GlobalInfo, Identities
from ssoaudit.facts.identities import ResolvedName
from ssoaudit.inventory import Groups
from ssoaudit.lab.estate import ADMINISTRATORS, AFFILIATES, NODES, healthy
from ssoaudit.plugin import Outcome, PerNode
from ssoaudit.vocabulary import ClusterRole, Severity, Stage, Status
from tests.checks.accounts.known import DOMAIN, GROUP_SID, MACHINE, identities, lacking, name, token
from tests.checks.bundles import bundle, finding_of

CHECK = "accounts.sso-groups-are-domain-groups"
AFFILIATES_SID = f"{DOMAIN}-1123"
AFFILIATE = name(AFFILIATES, AFFILIATES_SID, 2)
UNREAD = Missing(status=ReadStatus.DENIED, code="x", stage="read", message="Login failed.", hint="h", milliseconds=1)


def info(administrators: str = ADMINISTRATORS, affiliates: str = AFFILIATES, times: int = 1) -> GlobalInfo:
    found = healthy().database[GlobalInfo.topic]
    assert isinstance(found, GlobalInfo)
    update = {"gi_SSOAdminGroup": administrators, "gi_AffiliateAppMgrGroup": affiliates}
    return GlobalInfo(rows=(found.rows[0].model_copy(update=update),) * times)


def ask(*nodes: Identities, ssodb: GlobalInfo | Missing | None = None, **update: Any) -> Outcome:
    outcome = sso_groups_are_domain_groups(
        PerNode({f"NODE{number}": each for number, each in enumerate(nodes, start=1)}),
        ssodb or info(),
        healthy().inventory().model_copy(update=update),
    )
    assert isinstance(outcome, Outcome)
    return outcome


def group(sid: str | None = GROUP_SID, kind: int | None = 2, error: str | None = None) -> ResolvedName:
    return name(ADMINISTRATORS, sid, kind, error)


def node(*names: ResolvedName, **changes: Any) -> Identities:
    return identities(AFFILIATE, *names, **changes)


def test_domain_groups_pass() -> None:
    outcome = ask(node(group()), node(group(kind=4)))

    assert outcome.status is Status.PASS
    assert outcome.text == f"{ADMINISTRATORS}, {AFFILIATES} are domain groups on NODE1, NODE2"


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (group(f"{MACHINE}-1001", 4), group(f"{MACHINE}-1001", 4), "is local to NODE1, NODE2"),
        (group(f"{MACHINE}-1001", 4), group(None, None, "not mapped"),
         "is local to NODE1, cannot be resolved on NODE2 (not mapped)"),
        (group("S-1-5-32-544", 4), group("S-1-5-32-544", 4), "is a built-in account of NODE1, NODE2"),
        (group(), group(None, None, "not mapped"), "cannot be resolved on NODE2 (not mapped)"),
        (group(), group(f"{DOMAIN}-9999"), "is another account on each node"),
    ],
)  # fmt: skip
def test_what_is_no_domain_group_fails(first: ResolvedName, second: ResolvedName, told: str) -> None:
    outcome = ask(node(first), node(second))

    assert (outcome.status, outcome.severity) == (Status.FAIL, Severity.CRITICAL)
    assert outcome.text == f"{ADMINISTRATORS} {told}"
    assert "failover" in outcome.why


def test_a_single_user_is_worth_less() -> None:
    outcome = ask(node(group(kind=1)), node(group(kind=None)))

    assert (outcome.status, outcome.severity) == (Status.FAIL, Severity.MEDIUM)
    assert outcome.text == f"{ADMINISTRATORS} is a single user, no group"
    assert "11051" in outcome.why


def test_the_worst_of_several_counts_and_all_are_told() -> None:
    user = name(ADMINISTRATORS, GROUP_SID, 1)
    local = name(AFFILIATES, f"{MACHINE}-1002", 4)
    outcome = ask(identities(user, local))

    assert (outcome.severity, outcome.text) == (
        Severity.CRITICAL,
        f"{ADMINISTRATORS} is a single user, no group; {AFFILIATES} is local to NODE1",
    )


@pytest.mark.parametrize("kind", [None, 8])
def test_a_kind_that_is_not_known_is_not_verified(kind: int | None) -> None:
    outcome = ask(node(group(kind=kind)))

    assert outcome.status is Status.NOT_VERIFIED
    assert outcome.text == f"{ADMINISTRATORS}: is a domain account, but whether it is a group is not known"


def test_what_is_in_a_token_of_any_node_is_a_group() -> None:
    blind = lacking(node(group(kind=None)), "tokens", "left out (--no-s4u)")

    assert ask(blind).status is Status.NOT_VERIFIED
    assert ask(blind, node(group(kind=None), tokens=(token("x", GROUP_SID),))).status is Status.PASS


def test_a_name_that_was_not_asked_for_is_not_verified() -> None:
    outcome = ask(node(group()), node())

    assert outcome.status is Status.NOT_VERIFIED
    assert outcome.text == f"{ADMINISTRATORS}: NODE2: {ADMINISTRATORS} was not asked for"


def test_without_a_node_s_own_sid_a_group_may_be_local_to_it() -> None:
    outcome = ask(node(group(), machine_sid=None))

    assert outcome.status is Status.NOT_VERIFIED
    assert "whether it is local to NODE1 is not known (machine_sid: not read)" in outcome.text


@pytest.mark.parametrize("unknown", [node(), node(group(), machine_sid=None), lacking(node(), "names", "denied")])
def test_what_is_unknown_of_one_group_hides_no_fault_of_another(unknown: Identities) -> None:
    wrong = name("SSO Local", f"{MACHINE}-1001", 4)
    outcome = ask(identities(AFFILIATE, wrong), unknown, ssodb=info(f"{ADMINISTRATORS};SSO Local"))

    assert outcome.status is Status.FAIL
    assert "SSO Local is local to NODE1" in outcome.text


def test_every_account_of_ssodb_is_asked_about_once() -> None:
    outcome = ask(node(group()), ssodb=info(f"{ADMINISTRATORS}; {AFFILIATES.upper()} ;", AFFILIATES))

    assert [row.subject for row in outcome.evidence] == [ADMINISTRATORS, AFFILIATES]


@pytest.mark.parametrize(
    ("ssodb", "told"),
    [
        (info("-----", "-----"), "SSODB is not configured"),
        (info(affiliates="-----"), "SSODB is not configured"),
        (info(administrators=" ;"), "SSODB is not configured"),
        (info(times=2), "SSODB is not configured"),
        (UNREAD, "SSODB: Login failed."),
    ],
)
@pytest.mark.parametrize("stage", [Stage.BUILT, Stage.CLUSTERED])
def test_without_ssodb_s_word_it_is_not_verified(ssodb: GlobalInfo | Missing, told: str, stage: Stage) -> None:
    outcome = ask(node(group()), ssodb=ssodb, stage=stage, change="new")

    assert outcome.status is Status.NOT_VERIFIED
    assert told in outcome.text


@pytest.mark.parametrize(
    ("ssodb", "change", "status"),
    [
        (UNREAD, "new", Status.PASS),
        (info("-----", "-----"), "move", Status.PASS),
        (UNREAD, "move", Status.NOT_VERIFIED),
        (UNREAD, None, Status.NOT_VERIFIED),
    ],
)
def test_while_planned_the_inventory_counts_where_ssodb_has_nothing_to_say(
    ssodb: GlobalInfo | Missing, change: str | None, status: Status
) -> None:
    context: dict[str, Any] = {"ssodb": ssodb, "change": change, "stage": Stage.PLANNED}

    assert ask(node(group()), **context).status is status
    half = ask(node(group()), **context, groups=Groups(sso_administrators=ADMINISTRATORS))
    assert half.status is Status.NOT_VERIFIED
    wrong = ask(node(group(f"{MACHINE}-1001")), **context)
    assert wrong.status is (Status.FAIL if status is Status.PASS else Status.NOT_VERIFIED)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("role", ClusterRole)
def test_it_applies_to_every_kind_of_cluster_at_every_stage(stage: Stage, role: ClusterRole) -> None:
    inventory = healthy().inventory().model_copy(update={"stage": stage, "cluster_role": role})

    assert finding_of(CHECK, bundle(healthy(), inventory=inventory)).status is Status.PASS


def test_an_estate_without_nodes_is_not_applicable() -> None:
    inventory = healthy().inventory()
    inventory = inventory.model_copy(update={"servers": inventory.servers[len(NODES) :]})

    assert finding_of(CHECK, bundle(healthy(), inventory=inventory)).status is Status.NOT_APPLICABLE


def test_an_unread_node_is_not_verified_with_its_reason() -> None:
    finding = finding_of(CHECK, bundle(healthy(), without={(NODES[1], "identities")}))

    assert finding.status is Status.NOT_VERIFIED
    assert "SSONODE2: Access is denied." in finding.text


def test_an_unread_ssodb_is_not_verified_with_its_reason() -> None:
    finding = finding_of(CHECK, bundle(healthy(), without={("SSODB", "global_info")}))

    assert finding.status is Status.NOT_VERIFIED
    assert "SELECT for global_info was denied." in finding.text
