"""ENTSSO must run as a domain user."""

from ssoaudit.facts import EntssoRegistry, Identities, Services
from ssoaudit.facts.identities import DOMAIN, USER_KIND, ResolvedName
from ssoaudit.facts.service_account import (
    BUILT_IN_SIDS,
    ServiceAccount,
    account_of,
    is_built_in,
    is_local,
    is_managed,
    is_virtual,
)
from ssoaudit.plugin import (
    ALL_PROFILES,
    ClusterRole,
    Grade,
    Inventory,
    Missing,
    Outcome,
    Row,
    Server,
    Severity,
    Stage,
    Step,
    Target,
    check,
    failed,
    not_verified,
    passed,
)

SOURCE = "Win32_Service.StartName, NTAccount.Translate"
WINDOWS_OWN = "an account of Windows itself"


@check(
    title="The service account is a domain account",
    each=Target.SERVER,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    references=(
        "https://learn.microsoft.com/biztalk/core/how-to-cluster-the-master-secret-server1",
        "https://learn.microsoft.com/biztalk/core/gmsa-config",
    ),
)
def service_account_is_domain_account(
    server: Server,
    services: Services,
    registry: EntssoRegistry | Missing,
    identities: Identities | Missing,
    inventory: Inventory,
) -> Outcome:
    """The secret is encrypted under the account of the service: only a domain account is the same on every node, and
    may be a member of the domain's SSO Administrators. Enterprise SSO does not support group managed service
    accounts. While ENTSSO is not configured on a server, the account that the inventory records is asked about."""
    configured = None if isinstance(registry, Missing) else registry.is_configured
    account = account_of(services, inventory.service_account, is_configured=configured)
    if account is None:
        return not_verified(
            f"Which account ENTSSO of {server.name} runs as is not known",
            hint="Read the server as an administrator; before ENTSSO is set up there, write service_account into the "
            "inventory.",
        )
    wrong = _wrong_by_name(account.name, server)
    if wrong is not None:
        return _failed(server, account, wrong, account.name, inventory)
    if isinstance(identities, Missing):
        return not_verified(
            f"Whether {account.name} is a domain account was not asked: {identities.message}", hint=identities.hint
        )
    name = identities.resolved(account.name)
    if name.sid is None:
        return not_verified(
            f"{server.name} cannot resolve {account.name}: {name.error or 'no SID'}",
            hint="Does the account exist, and does the server reach a domain controller?",
        )
    wrong = _wrong_by_sid(name, name.sid, identities)
    observed = f"{account.name} ({name.sid})"
    if wrong is not None:
        return _failed(server, account, wrong, observed, inventory)
    row = Row(server.name, "a domain user", observed, SOURCE)
    return passed(f"ENTSSO of {server.name} {account.phrase}, a domain account", evidence=(row,))


def _wrong_by_name(account: str, server: Server) -> str | None:
    """What is wrong with an account as far as its name tells."""
    if is_built_in(account):
        return WINDOWS_OWN
    if is_virtual(account):
        return "the virtual account of a service, which only this machine knows"
    if is_managed(account):
        return "a managed service account, which Enterprise SSO does not support"
    return "an account of this machine alone" if is_local(account, server.name) else None


def _wrong_by_sid(name: ResolvedName, sid: str, identities: Identities) -> str | None:
    """What is wrong with an account as far as its SID tells; raises `Lacking` without the machine's own SID."""
    if sid in BUILT_IN_SIDS:
        return WINDOWS_OWN
    if not sid.startswith(DOMAIN):
        return "no account of a domain"
    if not identities.is_domain_sid(sid):
        return "an account of this machine alone"
    return "no user" if name.kind not in (None, USER_KIND) else None


def _failed(server: Server, account: ServiceAccount, wrong: str, observed: str, inventory: Inventory) -> Outcome:
    return failed(
        f"ENTSSO of {server.name} {account.phrase}, {wrong}",
        why="SSO Administrators of the domain cannot have such an account as a member, and no other node can decrypt "
        "what it encrypted.",
        expected="a domain user",
        observed=account.name,
        evidence=(Row(server.name, "a domain user", observed, SOURCE),),
        servers=(server.name,),
        fix=_fix(server, account, inventory),
    )


def _fix(server: Server, account: ServiceAccount, inventory: Inventory) -> tuple[Step, ...]:
    """Where the secret lies, it is encrypted under the present account, and has to be brought along."""
    if account.is_planned:
        return (Step("Choose a domain user, and write it into the inventory as service_account."),)
    logon = Step(
        "Let ENTSSO log on as a domain user; on the nodes of the cluster as one and the same.",
        on=server.name,
        impact="ENTSSO restarts",
    )
    present = inventory.server(inventory.present_master) if inventory.present_master else None
    if server != present and not (server.is_node and inventory.cluster_role is ClusterRole.MASTER):
        return (logon,)
    return (
        Step("Back up the master secret first: it is encrypted under the present account."),
        logon,
        Step("Restore the master secret on every server that is meant to hold it.", impact="none"),
    )
