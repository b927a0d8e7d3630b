from typing import Any

import pytest

from ssoaudit.checks.secret.is_the_same_on_every_node import is_the_same_on_every_node
from ssoaudit.evidence import Missing, ReadStatus
from ssoaudit.facts import ExternalCredentialSecrets, MasterSecretIds, WindowsPasswordSecrets
from ssoaudit.facts.external_credential_secrets import ExternalCredentialSecretRow
from ssoaudit.facts.windows_password_secrets import WindowsPasswordSecretRow
from ssoaudit.lab.estate import BIZTALK, NODES, SECRETS, healthy
from ssoaudit.plugin import Outcome, PerMaster
from ssoaudit.vocabulary import ClusterRole, Severity, Stage, Status
from tests.checks.bundles import bundle, finding_of

CHECK = "secret.is-the-same-on-every-node"
NEW, OLD = (name.strip("{}") for name in SECRETS)
STALE = "11111111-2222-4333-8444-555555555555"
UNREAD = Missing(status=ReadStatus.DENIED, code="x", stage="read", message="Denied.", hint="h", milliseconds=1)


def ids(*names: str) -> MasterSecretIds:
    return MasterSecretIds(is_present=True, names=names)


def external(*used: str) -> ExternalCredentialSecrets:
    return ExternalCredentialSecrets(
        rows=tuple(
            ExternalCredentialSecretRow(ec_pws_msid=None, ec_pns_msid=secret, number=7, oldest=None, newest=None)
            for secret in used
        )
    )


def windows(*used: str) -> WindowsPasswordSecrets:
    return WindowsPasswordSecrets(
        rows=tuple(WindowsPasswordSecretRow(wp_msid=secret, number=2, oldest=None, newest=None) for secret in used)
    )


def ask(
    *nodes: MasterSecretIds,
    credentials: ExternalCredentialSecrets | Missing = UNREAD,
    passwords: WindowsPasswordSecrets | Missing = UNREAD,
) -> Outcome:
    named = {f"SSONODE{number}": node for number, node in enumerate(nodes, start=1)}
    outcome = is_the_same_on_every_node(PerMaster(named), credentials, passwords)
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


@pytest.mark.parametrize(
    ("credentials", "passwords"),
    [(external(NEW), windows()), (external(), windows(NEW)), (external(NEW.upper(), OLD), windows(NEW))],
)
def test_a_secret_that_encrypts_nothing_is_a_leftover(
    credentials: ExternalCredentialSecrets, passwords: WindowsPasswordSecrets
) -> None:
    outcome = ask(ids(NEW, OLD, STALE), ids(NEW, OLD), credentials=credentials, passwords=passwords)

    assert (outcome.status, outcome.severity, outcome.servers) == (Status.FAIL, Severity.LOW, ("SSONODE2",))
    assert outcome.text == (
        f"The nodes hold different master secrets: {STALE} is only on SSONODE1; SSODB does not use what differs"
    )


@pytest.mark.parametrize(
    ("credentials", "passwords"),
    [
        (external(NEW), windows(STALE)),
        (external(STALE), windows()),
        (external(STALE), UNREAD),
        (UNREAD, windows(STALE)),
    ],
)
def test_a_secret_that_encrypts_rows_is_none(
    credentials: ExternalCredentialSecrets | Missing, passwords: WindowsPasswordSecrets | Missing
) -> None:
    outcome = ask(ids(NEW, STALE), ids(NEW), credentials=credentials, passwords=passwords)

    assert (outcome.status, outcome.severity) == (Status.FAIL, None)
    assert f"{STALE} is only on SSONODE1, and encrypts" in outcome.text


@pytest.mark.parametrize(
    ("credentials", "passwords"),
    [
        (UNREAD, UNREAD),
        (external(NEW), UNREAD),
        (UNREAD, windows(NEW)),
        (external(), windows()),
        (external("00000000-0000-0000-0000-000000000000"), windows()),
        (external(OLD), windows()),
    ],
    ids=["unread", "half read", "other half read", "empty", "zero", "used by SSODB, held by no node"],
)
def test_where_ssodb_does_not_tell_a_difference_counts_in_full(
    credentials: ExternalCredentialSecrets | Missing, passwords: WindowsPasswordSecrets | Missing
) -> None:
    outcome = ask(ids(NEW, STALE), ids(NEW), credentials=credentials, passwords=passwords)

    assert (outcome.status, outcome.severity) == (Status.FAIL, None)


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


@pytest.mark.parametrize(
    ("names", "severity"), [((OLD,), Severity.CRITICAL), ((NEW, OLD, STALE), Severity.LOW)], ids=["used", "leftover"]
)
def test_what_ssodb_uses_decides(names: tuple[str, ...], severity: Severity) -> None:
    finding = finding_of(CHECK, bundle(healthy().alter(NODES[1], ids(*names))))

    assert (finding.status, finding.severity) == (Status.FAIL, severity)


def test_without_ssodb_the_same_ids_still_pass() -> None:
    without = {("SSODB", "external_credential_secrets"), ("SSODB", "windows_password_secrets")}

    assert finding_of(CHECK, bundle(healthy(), without=without)).status is Status.PASS
    estate = healthy().alter(NODES[1], ids(NEW, OLD, STALE))
    assert finding_of(CHECK, bundle(estate, without=without)).severity is Severity.CRITICAL
