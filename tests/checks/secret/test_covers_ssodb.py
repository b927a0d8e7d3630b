from typing import Any

import pytest

from ssoaudit.checks.secret.covers_ssodb import covers_ssodb
from ssoaudit.evidence import Missing, ReadStatus
from ssoaudit.facts import ExternalCredentialSecrets, MasterSecretIds, WindowsPasswordSecrets
from ssoaudit.facts.external_credential_secrets import ExternalCredentialSecretRow
from ssoaudit.facts.windows_password_secrets import WindowsPasswordSecretRow
from ssoaudit.inventory import Server
from ssoaudit.lab.estate import BIZTALK, NODES, SECRETS, healthy
from ssoaudit.plugin import Outcome
from ssoaudit.vocabulary import ClusterRole, Role, Stage, Status
from tests.checks.bundles import bundle, finding_of, findings_of

CHECK = "secret.covers-ssodb"
NEW, OLD = (name.strip("{}") for name in SECRETS)
NOBODY = "00000000-0000-0000-0000-000000000000"
NODE = Server(host="SSONODE1", roles=(Role.CLUSTER,))
UNREAD = Missing(status=ReadStatus.DENIED, code="x", stage="read", message="Denied.", hint="h", milliseconds=1)


def external(*rows: tuple[str | None, str | None, int]) -> ExternalCredentialSecrets:
    return ExternalCredentialSecrets(
        rows=tuple(
            ExternalCredentialSecretRow(ec_pws_msid=sync, ec_pns_msid=no_sync, number=number, oldest=None, newest=None)
            for sync, no_sync, number in rows
        )
    )


def windows(*rows: tuple[str, int]) -> WindowsPasswordSecrets:
    return WindowsPasswordSecrets(
        rows=tuple(
            WindowsPasswordSecretRow(wp_msid=id_, number=number, oldest=None, newest=None) for id_, number in rows
        )
    )


NONE = windows()


def ask(
    credentials: ExternalCredentialSecrets | Missing,
    passwords: WindowsPasswordSecrets | Missing = NONE,
    held: tuple[str, ...] = (NEW,),
    server: Server = NODE,
    **update: Any,
) -> Outcome:
    secrets = MasterSecretIds(is_present=True, names=held)
    inventory = healthy().inventory().model_copy(update=update)
    outcome = covers_ssodb(server, secrets, credentials, passwords, inventory)
    assert isinstance(outcome, Outcome)
    return outcome


@pytest.mark.parametrize("held", [(NEW,), (f"{{{NEW.upper()}}}",), (NEW, OLD)])
def test_a_server_that_holds_all_passes(held: tuple[str, ...]) -> None:
    outcome = ask(external((NOBODY, NEW.upper(), 42), (None, NEW, 1)), held=held)

    assert (outcome.status, outcome.text) == (
        Status.PASS,
        f"SSONODE1 holds every secret that encrypts SSODB: {NEW}",
    )
    assert outcome.evidence[0].observed == "held; 43 rows"


@pytest.mark.parametrize(
    ("credentials", "passwords", "number"),
    [
        (external((NOBODY, OLD, 3), (NOBODY, NEW, 4)), NONE, 3),
        (external((OLD, NEW, 3)), NONE, 3),
        (external((OLD, OLD, 3)), NONE, 3),
        (external(), windows((OLD, 2)), 2),
        (external((OLD, NOBODY, 1)), windows((OLD, 2), (NEW, 1)), 3),
        (external((OLD, NEW, 5)), UNREAD, 5),
        (UNREAD, windows((OLD, 6)), 6),
    ],
)
def test_a_secret_that_is_lacking_fails_with_its_rows(
    credentials: ExternalCredentialSecrets | Missing, passwords: WindowsPasswordSecrets | Missing, number: int
) -> None:
    outcome = ask(credentials, passwords)

    assert (outcome.status, outcome.servers) == (Status.FAIL, ("SSONODE1",))
    assert outcome.text == f"SSONODE1 lacks secrets that encrypt SSODB: {OLD} ({number} rows)"


def test_a_node_is_made_owner_before_the_restore() -> None:
    def steps(server: Server) -> list[str]:
        return [step.text.split(" ")[0] for step in ask(external((OLD, OLD, 1)), server=server).fix]

    assert steps(NODE) == ["Find", "Move", "Restore"]
    assert steps(Server(host="OLDMSS")) == ["Find", "Restart", "Restore"]


@pytest.mark.parametrize("credentials", [external(), external((NOBODY, NOBODY, 7))])
def test_an_ssodb_without_encrypted_rows_proves_nothing(credentials: ExternalCredentialSecrets) -> None:
    outcome = ask(credentials)

    assert outcome.status is Status.NOT_APPLICABLE
    assert outcome.text == "SSODB holds no encrypted row yet, so SSONODE1 has nothing to cover"


@pytest.mark.parametrize(
    ("credentials", "passwords"), [(external((NEW, NEW, 1)), UNREAD), (UNREAD, windows((NEW, 1))), (UNREAD, UNREAD)]
)
def test_what_was_not_read_may_be_encrypted_by_another(
    credentials: ExternalCredentialSecrets | Missing, passwords: WindowsPasswordSecrets | Missing
) -> None:
    outcome = ask(credentials, passwords)

    assert outcome.status is Status.NOT_VERIFIED
    assert outcome.text == "What encrypts SSODB is not known, or not all of it: Denied."


@pytest.mark.parametrize(
    ("change", "stage", "status"),
    [
        ("new", Stage.PLANNED, Status.NOT_APPLICABLE),
        ("new", Stage.BUILT, Status.NOT_VERIFIED),
        ("move", Stage.PLANNED, Status.NOT_VERIFIED),
    ],
)
def test_an_ssodb_that_is_still_to_be_made_is_not_applicable(change: str, stage: Stage, status: Status) -> None:
    assert ask(UNREAD, UNREAD, change=change, stage=stage).status is status


def test_every_possible_owner_is_asked_once_it_is_clustered() -> None:
    estate = healthy().alter(NODES[1], MasterSecretIds(is_present=True, names=(OLD,)))
    found = {finding.target: finding for finding in findings_of(CHECK, bundle(estate))}

    assert {target: finding.status for target, finding in found.items()} == {
        NODES[0]: Status.PASS,
        NODES[1]: Status.FAIL,
    }
    assert f"{NEW} (45 rows)" in found[NODES[1]].text


@pytest.mark.parametrize(
    "update",
    [
        {"cluster_role": ClusterRole.HOSTS_ONLY, "present_master": BIZTALK[0]},
        {"stage": Stage.PLANNED},
        {"stage": Stage.BUILT, "present_master": "OLDMSS"},
        {"cluster_role": ClusterRole.MEMBER},
    ],
)
def test_it_does_not_concern_servers_that_are_not_meant_to_hold_it(update: dict[str, Any]) -> None:
    estate = healthy().alter_database(external((OLD, OLD, 1)))
    found = findings_of(CHECK, bundle(estate, inventory=estate.inventory().model_copy(update=update)))

    assert {finding.status for finding in found} == {Status.NOT_APPLICABLE}


@pytest.mark.parametrize(
    "update",
    [{"stage": Stage.PLANNED}, {"stage": Stage.BUILT}, {"cluster_role": ClusterRole.MEMBER}],
)
def test_the_present_or_remote_master_is_asked(update: dict[str, Any]) -> None:
    estate = healthy().alter(BIZTALK[0], MasterSecretIds(is_present=True, names=(OLD,)))
    inventory = estate.inventory().model_copy(update={**update, "present_master": BIZTALK[0]})
    finding = finding_of(CHECK, bundle(estate, inventory=inventory))

    assert (finding.target, finding.status) == (BIZTALK[0], Status.FAIL)


def test_a_node_without_any_secret_is_told_elsewhere() -> None:
    estate = healthy().alter(NODES[1], MasterSecretIds(is_present=False, names=()))
    _, finding = findings_of(CHECK, bundle(estate))

    assert (finding.status, finding.blocked_by) == (Status.NOT_VERIFIED, "secret.is-on-every-node")


def test_rows_that_could_not_be_read_are_not_verified_with_the_reason() -> None:
    found = findings_of(CHECK, bundle(healthy(), without={("SSODB", "windows_password_secrets")}))

    assert {finding.status for finding in found} == {Status.NOT_VERIFIED}
    assert "SELECT for windows_password_secrets was denied." in found[0].text


@pytest.mark.parametrize("strange", ["not-a-guid", None, NOBODY])
def test_a_password_under_what_is_no_secret_is_not_covered(strange: str | None) -> None:
    outcome = ask(external((NEW, NEW, 1)), windows((strange, 5)))

    assert outcome.status is Status.NOT_VERIFIED
    assert (strange or "no id") in outcome.text
