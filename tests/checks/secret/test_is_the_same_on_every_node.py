from typing import Any

import pytest

from ssoaudit.checks.secret.is_the_same_on_every_node import is_the_same_on_every_node
from ssoaudit.facts import MasterSecretIds
from ssoaudit.lab.estate import BIZTALK, NODES, SECRETS, healthy
from ssoaudit.plugin import Outcome, PerMaster
from ssoaudit.vocabulary import ClusterRole, Stage, Status
from tests.checks.bundles import bundle, finding_of

CHECK = "secret.is-the-same-on-every-node"
NEW, OLD = (name.strip("{}") for name in SECRETS)


def ids(*names: str) -> MasterSecretIds:
    return MasterSecretIds(is_present=True, names=names)


def ask(*nodes: MasterSecretIds) -> Outcome:
    named = {f"SSONODE{number}": node for number, node in enumerate(nodes, start=1)}
    outcome = is_the_same_on_every_node(PerMaster(named))
    assert isinstance(outcome, Outcome)
    return outcome


def test_the_same_ids_in_any_spelling_pass() -> None:
    outcome = ask(ids(NEW, OLD), ids(f"{{{OLD.upper()}}}", f"{{{NEW}}}"))

    assert outcome.status is Status.PASS
    assert outcome.text == f"SSONODE1, SSONODE2 hold the same ids: {NEW}, {OLD}"


@pytest.mark.parametrize("name", ["Backup", "{00000000-0000-0000-0000-000000000000}"])
def test_what_is_no_id_makes_no_difference(name: str) -> None:
    assert ask(ids(NEW), ids(NEW, name)).status is Status.PASS


def test_a_secret_that_one_node_lacks_fails() -> None:
    outcome = ask(ids(NEW, OLD), ids(OLD))

    assert (outcome.status, outcome.servers) == (Status.FAIL, ("SSONODE2",))
    assert outcome.text == f"The nodes hold different master secrets: {NEW} is only on SSONODE1"
    assert outcome.observed == f"SSONODE1: {NEW}, {OLD}; SSONODE2: {OLD}"


def test_different_secrets_fail_on_both() -> None:
    outcome = ask(ids(NEW), ids(OLD))

    assert (outcome.status, outcome.servers) == (Status.FAIL, ("SSONODE1", "SSONODE2"))
    assert outcome.text == (
        f"The nodes hold different master secrets: {NEW} is only on SSONODE1; {OLD} is only on SSONODE2"
    )
    assert [step.command.render() for step in outcome.fix if step.command] == [
        ("ssoconfig -restoresecret BACKUP-FILE", True)
    ]


def test_the_node_that_lacks_a_secret_of_two_others_is_named() -> None:
    outcome = ask(ids(NEW), ids(NEW, OLD), ids(NEW, OLD))

    assert outcome.servers == ("SSONODE1",)
    assert f"{OLD} is only on SSONODE2, SSONODE3" in outcome.text


def test_one_master_has_nothing_to_compare_with() -> None:
    outcome = ask(ids(NEW))

    assert outcome.status is Status.NOT_APPLICABLE
    assert "Only SSONODE1" in outcome.text


@pytest.mark.parametrize(
    "update",
    [
        {"stage": Stage.BUILT},
        {"cluster_role": ClusterRole.HOSTS_ONLY},
        {"cluster_role": ClusterRole.MEMBER},
    ],
)
def test_it_does_not_concern_nodes_that_are_not_meant_to_hold_it(update: dict[str, Any]) -> None:
    estate = healthy().alter(NODES[1], ids(OLD))
    finding = finding_of(CHECK, bundle(estate, inventory=estate.inventory().model_copy(update=update)))

    assert finding.status is Status.NOT_APPLICABLE


def test_a_member_s_remote_master_has_nothing_to_compare_with() -> None:
    estate = healthy().alter(BIZTALK[0], ids(NEW))
    update = {"cluster_role": ClusterRole.MEMBER, "present_master": BIZTALK[0]}
    finding = finding_of(CHECK, bundle(estate, inventory=estate.inventory().model_copy(update=update)))

    assert finding.status is Status.NOT_APPLICABLE


def test_an_unread_node_is_not_verified_with_its_reason() -> None:
    finding = finding_of(CHECK, bundle(healthy(), without={(NODES[1], "master_secret_ids")}))

    assert finding.status is Status.NOT_VERIFIED
    assert finding.blocked_by == "secret.is-on-every-node"
    assert "SSONODE2: Access is denied." in finding.text
