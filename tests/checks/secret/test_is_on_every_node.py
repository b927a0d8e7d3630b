from typing import Any

import pytest

from ssoaudit.checks.secret.is_on_every_node import is_on_every_node
from ssoaudit.facts import MasterSecretIds
from ssoaudit.inventory import Server
from ssoaudit.lab.estate import BIZTALK, NODES, healthy
from ssoaudit.plugin import Outcome
from ssoaudit.vocabulary import ClusterRole, Role, Stage, Status
from tests.checks.bundles import bundle, finding_of, findings_of

CHECK = "secret.is-on-every-node"
ID = "2f1c6a3e-7c1b-4d5e-9a54-0b8f6f3f1d11"
NODE = Server(host="ssonode2.contoso.com", roles=(Role.CLUSTER,))
ABSENT = MasterSecretIds(is_present=False, names=())


def ask(*names: str, server: Server = NODE) -> Outcome:
    return told(MasterSecretIds(is_present=True, names=names), server)


def told(secrets: MasterSecretIds, server: Server = NODE) -> Outcome:
    outcome = is_on_every_node(server, secrets)
    assert isinstance(outcome, Outcome)
    return outcome


@pytest.mark.parametrize("name", [ID, f"{{{ID}}}", ID.upper()])
def test_one_id_passes_in_any_spelling(name: str) -> None:
    outcome = ask(name)

    assert (outcome.status, outcome.text) == (Status.PASS, f"SSONODE2 holds {ID}")


def test_what_is_no_id_is_left_out() -> None:
    assert ask(ID, "Backup").text == f"SSONODE2 holds {ID}"


def test_an_absent_key_fails() -> None:
    outcome = told(ABSENT)

    assert (outcome.status, outcome.servers) == (Status.FAIL, ("SSONODE2",))
    assert outcome.text == "SSONODE2 holds no master secret: the key SSOSS does not exist"


def test_an_empty_key_fails() -> None:
    assert ask().text == "SSONODE2 holds no master secret: the key SSOSS is empty"


@pytest.mark.parametrize("name", ["Backup", "{}", "00000000-0000-0000-0000-000000000000", ID[:-1], ID + "0"])
def test_a_key_without_an_id_fails(name: str) -> None:
    outcome = ask(name)

    assert outcome.status is Status.FAIL
    assert outcome.text == f"SSONODE2 holds no master secret: the key SSOSS has no GUID, only {name}"


def test_a_node_is_made_owner_before_the_restore() -> None:
    outcome = told(ABSENT)

    assert "After a failover to SSONODE2" in outcome.why
    assert [step.text.split(" ")[0] for step in outcome.fix] == ["Move", "Take", "Copy"]
    assert outcome.fix[-1].command is not None
    assert outcome.fix[-1].command.render() == ("ssoconfig -restoresecret BACKUP-FILE", True)


def test_a_server_that_is_no_node_has_no_role_to_move() -> None:
    outcome = told(ABSENT, Server(host="OLDMSS"))

    assert "OLDMSS" in outcome.why
    assert "failover" not in outcome.why
    assert [step.text.split(" ")[0] for step in outcome.fix] == ["Restart", "Copy"]


def test_every_possible_owner_is_asked_once_it_is_clustered() -> None:
    found = findings_of(CHECK, bundle(healthy().alter(NODES[1], ABSENT)))

    assert [(finding.target, finding.status) for finding in found] == [
        (NODES[0], Status.PASS),
        (NODES[1], Status.FAIL),
    ]


@pytest.mark.parametrize(
    "update",
    [
        {"cluster_role": ClusterRole.HOSTS_ONLY},
        {"stage": Stage.PLANNED},
        {"stage": Stage.BUILT, "present_master": "OLDMSS"},
        {"cluster_role": ClusterRole.MEMBER},
    ],
)
def test_it_does_not_concern_nodes_that_are_not_meant_to_hold_it(update: dict[str, Any]) -> None:
    estate = healthy().alter(NODES[1], ABSENT)
    found = findings_of(CHECK, bundle(estate, inventory=estate.inventory().model_copy(update=update)))

    assert {finding.status for finding in found} == {Status.NOT_APPLICABLE}


def test_before_the_change_the_present_master_is_asked() -> None:
    estate = healthy()
    inventory = estate.inventory().model_copy(update={"stage": Stage.BUILT, "present_master": BIZTALK[0]})
    finding = finding_of(CHECK, bundle(estate, inventory=inventory))

    assert (finding.target, finding.status) == (BIZTALK[0], Status.FAIL)


def test_a_key_that_could_not_be_read_is_not_verified_with_its_reason() -> None:
    _, finding = findings_of(CHECK, bundle(healthy(), without={(NODES[1], "master_secret_ids")}))

    assert (finding.target, finding.status) == (NODES[1], Status.NOT_VERIFIED)
    assert finding.text == "SSONODE2: Access is denied."
