from typing import Any

import pytest

from ssoaudit.checks.accounts.service_account_may_log_on_as_service import service_account_may_log_on_as_service
from ssoaudit.facts import EntssoRegistry, Identities, LogonRights
from ssoaudit.inventory import Server
from ssoaudit.lab.estate import ACCOUNT, ADMINISTRATORS, BIZTALK, NODES, healthy
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

CHECK = "accounts.service-account-may-log-on-as-service"
NODE = Server(host="SSONODE1", roles=(Role.CLUSTER,))
NESTED = f"{DOMAIN}-1600"
ELSEWHERE = f"{DOMAIN}-1700"
ALL_SERVICES = "S-1-5-80-0"
NAMES = (name(ACCOUNT, ACCOUNT_SID), name(ADMINISTRATORS, GROUP_SID, 2))
KNOWN = identities(*NAMES, tokens=(token(ACCOUNT, GROUP_SID, NESTED, "S-1-5-2", "S-1-5-32-545"),))
NO_TOKEN = identities(*NAMES, tokens=(token(sid=None, error="account locked"),))


def ask(
    *service: str, deny: tuple[str, ...] = (), known: Identities = KNOWN, account: str | None = ACCOUNT, **update: Any
) -> Outcome:
    outcome = service_account_may_log_on_as_service(
        NODE,
        services(account),
        fact(EntssoRegistry),
        known,
        LogonRights(method="lsa", service=service, deny_service=deny),
        inventory=healthy().inventory().model_copy(update=update),
    )
    assert isinstance(outcome, Outcome)
    return outcome


def test_the_account_itself_may() -> None:
    outcome = ask(ALL_SERVICES, GROUP_SID, ACCOUNT_SID)

    assert (outcome.status, outcome.text) == (Status.PASS, f"{ACCOUNT} may log on as a service on SSONODE1")


@pytest.mark.parametrize(
    ("holder", "through"),
    [
        (GROUP_SID, f"{ADMINISTRATORS} ({GROUP_SID})"),
        (NESTED, NESTED),
        ("S-1-5-11", "Authenticated Users (S-1-5-11)"),
        ("S-1-1-0", "Everyone (S-1-1-0)"),
        ("S-1-5-32-545", "Users (S-1-5-32-545)"),
    ],
)
def test_a_group_of_its_token_may_and_is_named(holder: str, through: str) -> None:
    outcome = ask(holder)

    assert outcome.status is Status.PASS
    assert outcome.text == f"{ACCOUNT} may log on as a service on SSONODE1, through {through}"


@pytest.mark.parametrize("holders", [(), (ELSEWHERE,), ("S-1-5-2",), ("S-1-5-20",)])
def test_a_right_that_is_missing_fails(holders: tuple[str, ...]) -> None:
    outcome = ask(*holders)

    assert (outcome.status, outcome.servers) == (Status.FAIL, ("SSONODE1",))
    assert outcome.text == f"{ACCOUNT} may not log on as a service on SSONODE1"


@pytest.mark.parametrize("known", [KNOWN, NO_TOKEN], ids=["token", "no token"])
def test_all_services_does_not_cover_a_domain_account(known: Identities) -> None:
    outcome = ask(ALL_SERVICES, known=known)

    assert outcome.status is Status.FAIL
    assert outcome.text.endswith(", which NT SERVICE\\ALL SERVICES does not give it")


@pytest.mark.parametrize(
    ("denied", "told"),
    [
        (ACCOUNT_SID, f"{ACCOUNT} is denied to log on as a service on SSONODE1"),
        (NESTED, f"{ACCOUNT} is denied to log on as a service on SSONODE1, through {NESTED}"),
        ("S-1-1-0", f"{ACCOUNT} is denied to log on as a service on SSONODE1, through Everyone (S-1-1-0)"),
    ],
)
def test_a_denial_wins(denied: str, told: str) -> None:
    outcome = ask(ACCOUNT_SID, deny=(ELSEWHERE, denied))

    assert (outcome.status, outcome.text, outcome.observed) == (Status.FAIL, told, f"denied to {denied}")


def test_a_denial_of_others_is_none() -> None:
    assert ask(ACCOUNT_SID, deny=(ELSEWHERE, "S-1-5-2", ALL_SERVICES)).status is Status.PASS


@pytest.mark.parametrize(
    ("service", "deny", "status"),
    [
        ((ACCOUNT_SID,), (), Status.PASS),
        (("S-1-5-11", ELSEWHERE), (), Status.PASS),
        ((ACCOUNT_SID,), (ACCOUNT_SID,), Status.FAIL),
        ((ACCOUNT_SID,), (ELSEWHERE,), Status.NOT_VERIFIED),
        ((ACCOUNT_SID,), (ALL_SERVICES, "S-1-5-20"), Status.PASS),
        ((NESTED,), (), Status.NOT_VERIFIED),
        (("S-1-5-32-544",), (), Status.NOT_VERIFIED),
        ((), (), Status.FAIL),
    ],
)
@pytest.mark.parametrize("known", [NO_TOKEN, lacking(KNOWN, "tokens", "account locked")], ids=["failed", "left out"])
def test_without_a_token_only_what_is_certain_is_said(
    service: tuple[str, ...], deny: tuple[str, ...], status: Status, known: Identities
) -> None:
    outcome = ask(*service, deny=deny, known=known)

    assert outcome.status is status
    if status is Status.NOT_VERIFIED:
        assert "account locked" in outcome.text
        assert (deny or service)[0] in outcome.text


@pytest.mark.parametrize(
    ("holder", "status"),
    [
        (ACCOUNT.lower(), Status.PASS),
        (ADMINISTRATORS, Status.PASS),
        ("svc-entsso", Status.NOT_VERIFIED),
        ("CONTOSO\\Services", Status.NOT_VERIFIED),
    ],
)
def test_a_holder_that_stands_by_name_is_looked_up(holder: str, status: Status) -> None:
    assert ask(holder).status is status


def test_a_denied_name_that_is_not_known_leaves_it_open() -> None:
    outcome = ask(ACCOUNT_SID, deny=("CONTOSO\\Services",))

    assert outcome.status is Status.NOT_VERIFIED
    assert "depends on CONTOSO\\Services" in outcome.text


@pytest.mark.parametrize("account", ["LocalSystem", "NT AUTHORITY\\LocalService", "NT SERVICE\\ENTSSO"])
def test_accounts_of_windows_need_no_right(account: str) -> None:
    assert ask(account=account).status is Status.NOT_APPLICABLE


def test_accounts_of_a_translated_windows_need_no_right() -> None:
    german = name("NT-AUTORITÄT\\Netzwerkdienst", "S-1-5-20", 5)

    assert ask(account=german.name, known=identities(german)).status is Status.NOT_APPLICABLE


def test_an_account_that_does_not_resolve_is_not_verified() -> None:
    outcome = ask(ACCOUNT_SID, known=identities(name(ACCOUNT, None, None, "not mapped")))

    assert (outcome.status, outcome.text) == (Status.NOT_VERIFIED, f"SSONODE1 cannot resolve {ACCOUNT}: not mapped")


def test_an_unknown_account_is_not_verified() -> None:
    assert ask(account=None).text == "Which account ENTSSO of SSONODE1 runs as is not known"


def test_the_recorded_account_is_asked_about_on_a_bare_server() -> None:
    estate = healthy().alter(NODES[0], bare()).alter(NODES[0], services("LocalSystem"))
    found = {each.target: each for each in findings_of(CHECK, bundle(estate))}

    assert (found[NODES[0]].status, ACCOUNT in found[NODES[0]].text) == (Status.PASS, True)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("role", ClusterRole)
def test_it_applies_to_every_sso_server_at_every_stage(stage: Stage, role: ClusterRole) -> None:
    estate = healthy().alter(BIZTALK[1], LogonRights(method="secedit", service=(ALL_SERVICES,), deny_service=()))
    inventory = estate.inventory().model_copy(update={"stage": stage, "cluster_role": role})
    found = {each.target: each.status for each in findings_of(CHECK, bundle(estate, inventory=inventory))}

    assert found == {**dict.fromkeys((*NODES, BIZTALK[0]), Status.PASS), BIZTALK[1]: Status.FAIL}


def test_rights_that_could_not_be_read_are_not_verified_with_the_reason() -> None:
    found = {each.target: each for each in findings_of(CHECK, bundle(healthy(), without={(NODES[1], "logon_rights")}))}

    assert (found[NODES[1]].status, found[NODES[1]].text) == (Status.NOT_VERIFIED, "SSONODE2: Access is denied.")


@pytest.mark.parametrize("kind", ["S-1-5-6", "S-1-2-0", "S-1-5-15"])
def test_what_only_the_logon_brings_along_leaves_it_open(kind: str) -> None:
    assert ask(kind).status is Status.NOT_VERIFIED
    assert ask(ACCOUNT_SID, deny=(kind,)).status is Status.NOT_VERIFIED
