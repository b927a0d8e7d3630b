from typing import Any

import pytest

from ssoaudit.checks.secret.reencryption_is_complete import reencryption_is_complete
from ssoaudit.evidence import Missing, ReadStatus
from ssoaudit.facts import ExternalCredentialSecrets, SqlSession, WindowsPasswordSecrets
from ssoaudit.facts.external_credential_secrets import ExternalCredentialSecretRow
from ssoaudit.facts.windows_password_secrets import WindowsPasswordSecretRow
from ssoaudit.lab.estate import SECRETS, healthy
from ssoaudit.plugin import Outcome
from ssoaudit.vocabulary import ClusterRole, Severity, Stage, Status
from tests.checks.bundles import bundle, finding_of

CHECK = "secret.reencryption-is-complete"
NEW, OLD = (name.strip("{}") for name in SECRETS)
NOBODY = "00000000-0000-0000-0000-000000000000"
UNREAD = Missing(status=ReadStatus.DENIED, code="x", stage="read", message="Denied.", hint="Grant it.", milliseconds=1)


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
            WindowsPasswordSecretRow(wp_msid=secret, number=number, oldest=None, newest=None) for secret, number in rows
        )
    )


def session(updateability: str | None = "READ_WRITE") -> SqlSession:
    found = healthy().database[SqlSession.topic]
    assert isinstance(found, SqlSession)
    return SqlSession(rows=(found.rows[0].model_copy(update={"updateability": updateability}),))


NONE, PRIMARY = windows(), session()


def ask(
    credentials: ExternalCredentialSecrets | Missing,
    passwords: WindowsPasswordSecrets | Missing = NONE,
    of: SqlSession | Missing = PRIMARY,
    **update: Any,
) -> Outcome:
    inventory = healthy().inventory().model_copy(update=update)
    outcome = reencryption_is_complete(credentials, passwords, of, inventory)
    assert isinstance(outcome, Outcome)
    return outcome


@pytest.mark.parametrize(
    ("credentials", "passwords", "number"),
    [
        (external((NOBODY, NEW.upper(), 42), (None, NEW, 1)), NONE, 43),
        (external((NEW, NEW, 2)), windows((f"{{{NEW}}}", 3)), 5),
        (external(), windows((NEW, 7)), 7),
    ],
)
def test_one_secret_passes_and_says_what_was_not_looked_at(
    credentials: ExternalCredentialSecrets, passwords: WindowsPasswordSecrets, number: int
) -> None:
    outcome = ask(credentials, passwords)

    assert outcome.status is Status.PASS
    assert outcome.text == (
        f"{NEW} encrypts all {number} encrypted rows of SSODB; whether events 10562 and 10528 say the same was not "
        "looked at"
    )


@pytest.mark.parametrize(
    ("credentials", "passwords", "new", "old"),
    [
        (external((NOBODY, NEW, 4), (NOBODY, OLD, 3)), NONE, 4, 3),
        (external((OLD, NEW, 5)), NONE, 5, 5),
        (external((NEW, NEW, 1)), windows((OLD, 2)), 1, 2),
        (external((NOBODY, NEW, 4), (NOBODY, OLD, 3)), UNREAD, 4, 3),
        (UNREAD, windows((NEW, 4), (OLD, 3)), 4, 3),
    ],
)
def test_two_secrets_fail_with_their_rows(
    credentials: ExternalCredentialSecrets | Missing, passwords: WindowsPasswordSecrets | Missing, new: int, old: int
) -> None:
    outcome = ask(credentials, passwords)

    assert outcome.status is Status.FAIL
    assert outcome.text == f"SSODB is under 2 master secrets: {NEW} ({new} rows); {OLD} ({old} rows)"
    assert "Change nothing" in outcome.fix[0].text


@pytest.mark.parametrize("rows", [external((NEW, NEW, 1)), external((NEW, OLD, 1)), external()])
@pytest.mark.parametrize(
    ("of", "told", "hint"),
    [
        (session("READ_ONLY"), "READ_ONLY", "sql.application_intent: readwrite"),
        (session(None), "nothing known", "sql.application_intent: readwrite"),
        (UNREAD, "Denied.", "Grant it."),
    ],
)
def test_a_secondary_does_not_tell(
    rows: ExternalCredentialSecrets, of: SqlSession | Missing, told: str, hint: str
) -> None:
    outcome = ask(rows, of=of)

    assert outcome.status is Status.NOT_VERIFIED
    assert told in outcome.text
    assert hint in outcome.hint


@pytest.mark.parametrize("rows", [external(), external((NOBODY, NOBODY, 9))])
def test_without_an_encrypted_row_it_is_not_applicable(rows: ExternalCredentialSecrets) -> None:
    assert ask(rows).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("credentials", "passwords"), [(external((NEW, NEW, 1)), UNREAD), (UNREAD, windows((NEW, 1))), (UNREAD, UNREAD)]
)
def test_what_was_not_read_may_be_under_another(
    credentials: ExternalCredentialSecrets | Missing, passwords: WindowsPasswordSecrets | Missing
) -> None:
    outcome = ask(credentials, passwords)

    assert (outcome.status, outcome.hint) == (Status.NOT_VERIFIED, "Grant it.")
    assert outcome.text == "Whether all of SSODB is under one secret is not known: Denied."


def test_a_row_under_what_is_no_id_is_not_verified() -> None:
    outcome = ask(external(("none of them", NEW, 1)))

    assert outcome.status is Status.NOT_VERIFIED
    assert outcome.text.endswith("rows of SSODB name what is no secret id: none of them")


def test_an_ssodb_that_is_still_to_be_made_is_not_applicable() -> None:
    assert ask(UNREAD, UNREAD, UNREAD, change="new", stage=Stage.PLANNED).status is Status.NOT_APPLICABLE
    assert ask(UNREAD, UNREAD, UNREAD, change="new", stage=Stage.BUILT).status is Status.NOT_VERIFIED
    assert ask(UNREAD, UNREAD, UNREAD, change="move", stage=Stage.PLANNED).status is Status.NOT_VERIFIED


@pytest.mark.parametrize("role", ClusterRole)
def test_it_concerns_clustered_sso(role: ClusterRole) -> None:
    estate = healthy().alter_database(external((OLD, NEW, 1)))
    finding = finding_of(CHECK, bundle(estate, inventory=estate.inventory().model_copy(update={"cluster_role": role})))

    wanted = Status.NOT_APPLICABLE if role is ClusterRole.HOSTS_ONLY else Status.FAIL
    assert (finding.status, finding.severity) == (wanted, Severity.MEDIUM)
