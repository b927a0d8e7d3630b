from typing import Any

import pytest

from ssoaudit.checks.accounts.service_account_is_domain_account import service_account_is_domain_account
from ssoaudit.evidence import Missing, ReadStatus
from ssoaudit.facts import EntssoRegistry, Identities, Lacking, Services
from ssoaudit.inventory import Server
from ssoaudit.lab.estate import ACCOUNT, BIZTALK, NODES, SQL, healthy
from ssoaudit.plugin import Outcome
from ssoaudit.vocabulary import ClusterRole, Role, Stage, Status
from tests.checks.accounts.known import (
    ACCOUNT_SID,
    MACHINE,
    bare,
    fact,
    identities,
    lacking,
    name,
    no_services,
    services,
)
from tests.checks.bundles import bundle, findings_of

CHECK = "accounts.service-account-is-domain-account"
NODE = Server(host="ssonode1.contoso.com", roles=(Role.CLUSTER,))
UNREAD = Missing(
    status=ReadStatus.DENIED, code="x", stage="read", message="Access is denied.", hint="h", milliseconds=1
)


def ask(
    account: str | None = ACCOUNT,
    known: Identities | Missing | None = None,
    *,
    server: Server = NODE,
    present: Services | None = None,
    registry: EntssoRegistry | Missing | None = None,
    **update: Any,
) -> Outcome:
    outcome = service_account_is_domain_account(
        server,
        present or services(account),
        registry or fact(EntssoRegistry),
        known or identities(name(ACCOUNT, ACCOUNT_SID)),
        healthy().inventory().model_copy(update=update),
    )
    assert isinstance(outcome, Outcome)
    return outcome


def test_a_domain_user_passes() -> None:
    outcome = ask()

    assert outcome.status is Status.PASS
    assert outcome.text == f"ENTSSO of SSONODE1 runs as {ACCOUNT}, a domain account"
    assert ACCOUNT_SID in outcome.evidence[0].observed


@pytest.mark.parametrize(
    ("account", "told"),
    [
        ("LocalSystem", "an account of Windows itself"),
        ("NT AUTHORITY\\NetworkService", "an account of Windows itself"),
        ("nt authority\\Local Service", "an account of Windows itself"),
        ("NT SERVICE\\ENTSSO", "the virtual account of a service, which only this machine knows"),
        ("NT SERVICE\\SQL$ONE", "the virtual account of a service, which only this machine knows"),
        ("CONTOSO\\gmsa-sso$", "a managed service account, which Enterprise SSO does not support"),
        ("gmsa-sso$@contoso.com", "a managed service account, which Enterprise SSO does not support"),
        (".\\svc", "an account of this machine alone"),
        ("ssonode1\\svc", "an account of this machine alone"),
    ],
)
@pytest.mark.parametrize("known", [None, UNREAD], ids=["asked", "not asked"])
def test_what_the_name_alone_betrays_fails(account: str, told: str, known: Missing | None) -> None:
    outcome = ask(account, known)

    assert (outcome.status, outcome.servers) == (Status.FAIL, ("SSONODE1",))
    assert outcome.text == f"ENTSSO of SSONODE1 runs as {account}, {told}"


def test_a_name_that_windows_cuts_off_is_the_machine_s_own() -> None:
    server = Server(host="a-very-long-computer-name", roles=(Role.CLUSTER,))

    assert ask("A-VERY-LONG-COM\\svc", server=server).status is Status.FAIL


@pytest.mark.parametrize(
    ("sid", "told"),
    [
        (f"{MACHINE}-1001", "an account of this machine alone"),
        ("S-1-5-20", "an account of Windows itself"),
        ("S-1-5-80-1-2-3", "no account of a domain"),
    ],
)
def test_what_the_sid_betrays_fails(sid: str, told: str) -> None:
    outcome = ask("OTHER\\svc", identities(name("OTHER\\svc", sid)))

    assert outcome.status is Status.FAIL
    assert outcome.text.endswith(told)
    assert sid in outcome.evidence[0].observed


def test_a_group_is_no_user() -> None:
    assert ask(known=identities(name(ACCOUNT, ACCOUNT_SID, kind=2))).text.endswith(", no user")


def test_an_account_whose_kind_was_not_asked_passes() -> None:
    assert ask(known=identities(name(ACCOUNT, ACCOUNT_SID, kind=None))).status is Status.PASS


def test_an_account_that_does_not_resolve_is_not_verified() -> None:
    outcome = ask(known=identities(name(ACCOUNT, None, None, "not mapped")))

    assert (outcome.status, outcome.text) == (Status.NOT_VERIFIED, f"SSONODE1 cannot resolve {ACCOUNT}: not mapped")


def test_without_the_machine_s_own_sid_it_is_lacking() -> None:
    with pytest.raises(Lacking, match="machine_sid"):
        ask(known=identities(name(ACCOUNT, ACCOUNT_SID), machine_sid=None))
    with pytest.raises(Lacking, match="denied"):
        ask(known=lacking(identities(name(ACCOUNT, ACCOUNT_SID)), "machine_sid", "denied"))


def test_a_recorded_account_is_asked_about_while_entsso_is_not_configured() -> None:
    for outcome in (ask("LocalSystem", registry=bare()), ask(present=no_services(), registry=UNREAD)):
        assert outcome.status is Status.PASS
        assert outcome.text == f"ENTSSO of SSONODE1 is to run as {ACCOUNT} (the inventory), a domain account"


def test_a_recorded_account_that_is_wrong_fails_and_has_nothing_to_restore() -> None:
    outcome = ask(registry=bare(), service_account="CONTOSO\\gmsa$")

    assert outcome.status is Status.FAIL
    assert "is to run as CONTOSO\\gmsa$ (the inventory), a managed" in outcome.text
    assert len(outcome.fix) == 1


@pytest.mark.parametrize(
    "unknown", [{"account": None}, {"present": no_services(), "service_account": None}, {"registry": bare()}]
)
def test_an_unknown_account_is_not_verified(unknown: dict[str, Any]) -> None:
    outcome = ask(**{"service_account": None, **unknown})

    assert outcome.status is Status.NOT_VERIFIED
    assert outcome.text == "Which account ENTSSO of SSONODE1 runs as is not known"


def test_an_account_that_could_not_be_read_is_not_the_recorded_one() -> None:
    assert ask(None).status is Status.NOT_VERIFIED


@pytest.mark.parametrize(
    ("server", "update", "steps"),
    [
        (NODE, {}, 3),
        (NODE, {"cluster_role": ClusterRole.MEMBER}, 1),
        (NODE, {"cluster_role": ClusterRole.HOSTS_ONLY}, 1),
        (Server(host=BIZTALK[0]), {}, 1),
        (Server(host=BIZTALK[0], roles=(Role.BIZTALK,)), {"present_master": BIZTALK[0]}, 3),
    ],
)
def test_only_who_holds_the_secret_has_it_backed_up(server: Server, update: dict[str, Any], steps: int) -> None:
    assert len(ask("LocalSystem", server=server, **update).fix) == steps


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("role", ClusterRole)
def test_it_applies_to_every_sso_server_at_every_stage(stage: Stage, role: ClusterRole) -> None:
    estate = healthy()
    inventory = estate.inventory().model_copy(update={"stage": stage, "cluster_role": role})
    found = findings_of(CHECK, bundle(estate, inventory=inventory))

    assert {finding.target for finding in found} == {*NODES, *BIZTALK}
    assert {finding.status for finding in found} == {Status.PASS}


def test_an_estate_of_sql_servers_has_no_such_account() -> None:
    inventory = healthy().inventory()
    only_sql = tuple(server for server in inventory.servers if server.name == SQL)
    (finding,) = findings_of(CHECK, bundle(healthy(), inventory=inventory.model_copy(update={"servers": only_sql})))

    assert finding.status is Status.NOT_APPLICABLE


def test_services_that_could_not_be_read_are_not_verified_with_the_reason() -> None:
    found = findings_of(CHECK, bundle(healthy(), without={(NODES[1], "services")}))

    assert {finding.target: finding.text for finding in found}[NODES[1]] == "SSONODE2: Access is denied."


def test_names_that_were_not_asked_are_not_verified_with_the_reason() -> None:
    found = findings_of(CHECK, bundle(healthy(), without={(NODES[1], "identities")}))

    assert f"Whether {ACCOUNT} is a domain account was not asked: Access is denied." in {each.text for each in found}


@pytest.mark.parametrize("account", ["LocalSystem", "NT SERVICE\\ENTSSO"])
def test_what_setup_left_accuses_nobody_while_it_is_not_known_whether_entsso_is_configured(account: str) -> None:
    outcome = ask(account, registry=UNREAD)

    assert outcome.status is Status.NOT_VERIFIED
    assert outcome.text == "Which account ENTSSO of SSONODE1 runs as is not known"
    assert ask(".\\svc", registry=UNREAD).status is Status.FAIL
