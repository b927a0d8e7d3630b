from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from ssoaudit.checks.accounts.service_account_same_on_every_node import service_account_same_on_every_node
from ssoaudit.facts import EntssoRegistry, Identities, Services
from ssoaudit.lab.estate import ACCOUNT, BIZTALK, NODES, LabEstate, healthy
from ssoaudit.plugin import Outcome, PerNode, PerServer
from ssoaudit.result import Finding
from ssoaudit.vocabulary import ClusterRole, Severity, Stage, Status
from tests.checks.accounts.known import ACCOUNT_SID, DOMAIN, bare, fact, identities, name, no_services, services
from tests.checks.bundles import bundle, finding_of

CHECK = "accounts.service-account-same-on-every-node"
OTHER, OTHER_SID = "CONTOSO\\svc-old", f"{DOMAIN}-1300"
UPN = "svc-entsso@contoso.com"
KNOWN = identities(name(ACCOUNT, ACCOUNT_SID), name(UPN, ACCOUNT_SID), name(OTHER, OTHER_SID))


def ask(
    nodes: Mapping[str, tuple[Services, Identities]], registry: EntssoRegistry | None = None, **update: Any
) -> list[Outcome]:
    known = {node: each for node, (_, each) in nodes.items()}
    said = service_account_same_on_every_node(
        PerNode({node: each for node, (each, _) in nodes.items()}),
        PerNode(known),
        PerNode(dict.fromkeys(nodes, registry or fact(EntssoRegistry))),
        PerServer({}),
        PerServer({}),
        inventory=healthy().inventory().model_copy(update=update),
    )
    assert isinstance(said, Iterable)
    return list(said)


def accounts(*names: str | None, known: Identities = KNOWN) -> dict[str, tuple[Services, Identities]]:
    """Nodes A, B, … that run ENTSSO as these."""
    return {node: (services(account), known) for node, account in zip("ABC", names, strict=False)}


def on(estate: LabEstate, **update: Any) -> Finding:
    return finding_of(CHECK, bundle(estate, inventory=estate.inventory().model_copy(update=update)))


def test_one_account_in_two_spellings_passes() -> None:
    (outcome,) = ask(accounts(ACCOUNT, UPN))

    assert (outcome.status, outcome.text) == (Status.PASS, f"ENTSSO runs as {ACCOUNT} on A, B, as recorded")


def test_one_account_passes_unrecorded() -> None:
    (outcome,) = ask(accounts(ACCOUNT, ACCOUNT), service_account=None)

    assert outcome.text == f"ENTSSO runs as {ACCOUNT} on A, B"


def test_another_account_on_one_node_fails() -> None:
    (outcome,) = ask(accounts(ACCOUNT, OTHER))

    assert (outcome.status, outcome.severity, outcome.servers) == (Status.FAIL, None, ("A", "B"))
    assert outcome.text == (
        f"The nodes run ENTSSO as different accounts: A: {ACCOUNT} ({ACCOUNT_SID}); B: {OTHER} ({OTHER_SID})"
    )


def test_accounts_of_one_name_that_are_local_to_each_node_differ() -> None:
    first, second = (identities(name(".\\svc", f"S-1-5-21-{number}-1-1-1001")) for number in (1, 2))
    outcome, *_ = ask({"A": (services(".\\svc"), first), "B": (services(".\\svc"), second)}, service_account=None)

    assert outcome.status is Status.FAIL
    assert "A: .\\svc (S-1-5-21-1-1-1-1001); B: .\\svc (S-1-5-21-2-1-1-1001)" in outcome.text


@pytest.mark.parametrize("account", ["LocalSystem", "NT SERVICE\\ENTSSO"])
def test_an_account_that_each_machine_has_for_itself_is_not_one(account: str) -> None:
    outcome, *_ = ask(accounts(account, account))

    assert outcome.status is Status.FAIL
    assert f"A: {account} (of A alone); B: {account} (of B alone)" in outcome.text


def test_an_account_that_is_not_the_recorded_one_fails() -> None:
    failure, _ = ask(accounts(OTHER, OTHER))

    assert failure.status is Status.FAIL
    assert failure.text == f"ENTSSO of A runs as {OTHER}, but {ACCOUNT} is recorded"


def test_a_recorded_account_that_does_not_resolve_is_not_verified() -> None:
    known = identities(name(OTHER, OTHER_SID), name(ACCOUNT, None, None, "not mapped"))
    unclear, _ = ask(accounts(OTHER, OTHER, known=known))

    assert unclear.status is Status.NOT_VERIFIED
    assert unclear.text == f"ENTSSO runs as {OTHER}; the recorded {ACCOUNT} cannot be resolved: not mapped"


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        (identities(), f"C cannot resolve {ACCOUNT}: {ACCOUNT} was not asked for"),
        (identities(name(ACCOUNT, None, None, "not mapped")), f"C cannot resolve {ACCOUNT}: not mapped"),
    ],
)
def test_a_node_that_does_not_know_the_account_hides_no_difference(lost: Identities, told: str) -> None:
    alike = ask({**accounts(ACCOUNT, ACCOUNT), "C": (services(ACCOUNT), lost)})
    assert [(outcome.status, outcome.servers) for outcome in alike] == [(Status.NOT_VERIFIED, ("C",))]
    assert told in alike[0].text

    different = ask({**accounts(ACCOUNT, OTHER), "C": (services(ACCOUNT), lost)})
    assert different[0].status is Status.FAIL


def test_an_account_that_could_not_be_read_is_not_verified() -> None:
    (outcome,) = ask(accounts(ACCOUNT, None))

    assert (outcome.status, outcome.servers) == (Status.NOT_VERIFIED, ("B",))
    assert "B does not tell as which account ENTSSO runs" in outcome.text


def test_nodes_that_each_told_one_half_are_not_verified() -> None:
    without = {(NODES[0], "services"), (NODES[1], "identities")}
    finding = finding_of(CHECK, bundle(healthy(), without=without))

    assert finding.status is Status.NOT_VERIFIED
    assert "no node told both" in finding.text


def test_a_single_node_has_nothing_to_be_compared_with_but_the_record() -> None:
    assert ask(accounts(ACCOUNT))[0].status is Status.PASS
    assert ask(accounts(OTHER))[0].status is Status.FAIL
    assert ask(accounts(ACCOUNT), service_account=None)[0].status is Status.NOT_APPLICABLE


def test_bare_nodes_are_compared_by_the_recorded_account() -> None:
    (outcome,) = ask(accounts("LocalSystem", "LocalSystem"), bare())

    assert outcome.status is Status.PASS
    assert outcome.text == f"ENTSSO is set up on none of A, B yet; all know the recorded {ACCOUNT} as one"
    (unknown,) = ask(accounts("LocalSystem", "LocalSystem"), bare(), service_account=None)
    assert unknown.status is Status.NOT_VERIFIED


def test_a_node_without_the_service_will_have_the_recorded_account() -> None:
    assert ask({**accounts(ACCOUNT), "B": (no_services(), KNOWN)})[0].status is Status.PASS
    assert ask({**accounts(OTHER), "B": (no_services(), KNOWN)})[0].status is Status.FAIL


def moving(account: str, known: Identities | None = None) -> LabEstate:
    """The secret is to be moved from a server that runs ENTSSO as this account."""
    return healthy().alter(BIZTALK[0], services(account)).alter(BIZTALK[0], known or KNOWN)


BEFORE = {"stage": Stage.BUILT, "change": "move", "present_master": BIZTALK[0]}


@pytest.mark.parametrize("stage", [Stage.PLANNED, Stage.BUILT])
def test_before_the_move_the_present_master_s_account_counts(stage: Stage) -> None:
    finding = on(moving(OTHER), **{**BEFORE, "stage": stage})

    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MEDIUM)
    assert finding.text == (
        f"ENTSSO runs as {OTHER} on the present master {BIZTALK[0]}, but as {ACCOUNT} on {NODES[0]}"
    )
    assert on(moving(UPN), **{**BEFORE, "stage": stage}).status is Status.PASS


@pytest.mark.parametrize(
    "update", [{"change": "new"}, {"change": None}, {"stage": Stage.CLUSTERED}, {"present_master": "ELSEWHERE"}]
)
def test_otherwise_it_does_not(update: dict[str, Any]) -> None:
    assert on(moving(OTHER), **{**BEFORE, **update}).status is Status.PASS


def test_a_present_master_that_does_not_tell_is_not_verified() -> None:
    finding = on(moving(OTHER, identities(name(OTHER, None, None, "not mapped"))), **BEFORE)
    assert (finding.status, finding.severity) == (Status.NOT_VERIFIED, Severity.MEDIUM)
    assert finding.text.endswith(f"{BIZTALK[0]} cannot resolve {OTHER}: not mapped")

    estate = healthy()
    inventory = estate.inventory().model_copy(update=BEFORE)
    unread = finding_of(CHECK, bundle(estate, inventory=inventory, without={(BIZTALK[0], "services")}))
    assert (unread.status, unread.severity) == (Status.NOT_VERIFIED, Severity.MEDIUM)
    assert unread.text == f"The account of the present master {BIZTALK[0]} is not known: Access is denied."


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (ClusterRole.MASTER, Status.FAIL),
        (ClusterRole.MEMBER, Status.FAIL),
        (ClusterRole.HOSTS_ONLY, Status.NOT_APPLICABLE),
    ],
)
@pytest.mark.parametrize("stage", Stage)
def test_it_concerns_clustered_sso(role: ClusterRole, status: Status, stage: Stage) -> None:
    estate = healthy().alter(NODES[1], services(OTHER)).alter(NODES[1], KNOWN)
    finding = on(estate, cluster_role=role, stage=stage)

    assert finding.status is status
    assert ("secret" in finding.why) is (role is ClusterRole.MASTER)
    sound = on(healthy(), cluster_role=role, stage=stage).status
    assert sound is (Status.PASS if status is Status.FAIL else Status.NOT_APPLICABLE)


@pytest.mark.parametrize("topic", ["services", "identities"])
def test_an_unread_node_is_not_verified_with_its_reason(topic: str) -> None:
    finding = finding_of(CHECK, bundle(healthy(), without={(NODES[1], topic)}))

    assert finding.status is Status.NOT_VERIFIED
    assert "SSONODE2: Access is denied." in finding.text
