"""The service account needs the right to log on as a service, on every server."""

from dataclasses import dataclass

from ssoaudit.facts import EntssoRegistry, Identities, Lacking, LogonRights, Services
from ssoaudit.facts.service_account import BUILT_IN_SIDS, account_of, is_built_in, is_virtual, token_of
from ssoaudit.plugin import (
    ALL_PROFILES,
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
    not_applicable,
    not_verified,
    passed,
)

ALL_SERVICES = "S-1-5-80-0"
NETWORK = "S-1-5-2"
WELL_KNOWN = {
    "S-1-1-0": "Everyone",
    "S-1-5-11": "Authenticated Users",
    "S-1-5-32-544": "Administrators",
    "S-1-5-32-545": "Users",
}
EVERYONE = frozenset({"S-1-1-0", "S-1-5-11"})
OF_THE_LOGON = frozenset({"S-1-2-0", "S-1-5-6", "S-1-5-15", "S-1-18-1", "S-1-18-2"})
"""SIDs that a logon brings along (local, service, this organization, how it was proved); whether the right counts them
for a service is not known here."""
OF_NO_USER = ("S-1-5-80-", "S-1-5-82-", "S-1-5-83-", "S-1-5-90-", "S-1-5-96-", "S-1-5-99-")
"""Virtual accounts and their groups, of which no user is a member: services, IIS pools, virtual machines, windows."""


@dataclass(frozen=True)
class _Who:
    """The account as the rights know it: the SIDs that it certainly has, and why its groups are not known, if so."""

    account: str
    sid: str
    sids: frozenset[str]
    unread: str | None


@check(
    title="The service account may log on as a service",
    each=Target.SERVER,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    references=("https://learn.microsoft.com/biztalk/core/how-to-cluster-the-master-secret-server1",),
)
def service_account_may_log_on_as_service(
    server: Server,
    services: Services,
    registry: EntssoRegistry | Missing,
    identities: Identities,
    rights: LogonRights,
    *,
    inventory: Inventory,
) -> Outcome:
    r"""Without the right the service does not start on that node (7041, 1069). It may be held by the account or by a
    group of its token; a denial of any of them wins. NT SERVICE\ALL SERVICES, which holds it everywhere, does not
    cover a domain account. A policy of the domain may replace the list later: that is not seen."""
    configured = None if isinstance(registry, Missing) else registry.is_configured
    account = account_of(services, inventory.service_account, is_configured=configured)
    if account is None:
        return not_verified(
            f"Which account ENTSSO of {server.name} runs as is not known",
            hint="Read the server as an administrator; before ENTSSO is set up there, write service_account into the "
            "inventory.",
        )
    if is_built_in(account.name) or is_virtual(account.name):
        return not_applicable(f"{account.name} needs no right to log on as a service")
    sid = identities.resolved(account.name).sid
    if sid is None:
        return not_verified(
            f"{server.name} cannot resolve {account.name}: {identities.resolved(account.name).error or 'no SID'}",
            hint="Does the account exist, and does the server reach a domain controller?",
        )
    if sid in BUILT_IN_SIDS:
        return not_applicable(f"{account.name} ({sid}) needs no right to log on as a service")
    return _judged(server, _who(account.name, sid, identities), rights, identities)


def _who(account: str, sid: str, identities: Identities) -> _Who:
    """The account with its groups; without a token, what is certain of it."""
    try:
        groups, unread = token_of(identities, account).group_sids, None
    except Lacking as lacking:
        groups, unread = (), lacking.message
    # The token is that of a network logon, and so will the service's not be.
    return _Who(account, sid, frozenset({sid, *groups}) - {NETWORK} - OF_THE_LOGON | EVERYONE, unread)


def _judged(server: Server, who: _Who, rights: LogonRights, identities: Identities) -> Outcome:
    granted, denied = _by_sid(rights.service, identities), _by_sid(rights.deny_service, identities)
    evidence = (
        Row(server.name, "the account or a group of it", ", ".join(rights.service) or "nobody", "SeServiceLogonRight"),
        Row(
            server.name,
            "neither the account nor a group of it",
            ", ".join(rights.deny_service) or "nobody",
            "SeDenyServiceLogonRight",
        ),
    )
    denial = _first_held(denied, who)
    if denial is not None:
        through = _through(denial, who, identities)
        text = f"{who.account} is denied to log on as a service on {server.name}{through}"
        return _failed(server, text, f"denied to {denial}", evidence)
    grant = _first_held(granted, who)
    unsure = [holder for holder in (denied if grant else denied + granted) if _may_hold(holder, who)]
    if unsure:
        return not_verified(
            f"Whether {who.account} may log on as a service on {server.name} depends on {', '.join(unsure)}"
            f"{f', and its groups are not known: {who.unread}' if who.unread else ', which its token does not tell'}",
            hint="Collect without --no-s4u, and see on the server in secpol.msc who holds and who is denied the right.",
            evidence=evidence,
        )
    if grant is not None:
        through = _through(grant, who, identities)
        return passed(f"{who.account} may log on as a service on {server.name}{through}", evidence=evidence)
    only = ", which NT SERVICE\\ALL SERVICES does not give it" if ALL_SERVICES in granted else ""
    return _failed(server, f"{who.account} may not log on as a service on {server.name}{only}", "not held", evidence)


def _by_sid(holders: tuple[str, ...], identities: Identities) -> list[str]:
    """The holders as SIDs; one that secedit wrote by a name that was not asked for stays a name."""
    sids = {name.name.casefold(): name.sid for name in identities.names if name.sid is not None}
    return [sids.get(holder.casefold(), holder) for holder in holders]


def _first_held(holders: list[str], who: _Who) -> str | None:
    """The account itself if it holds the right, else the first group of it that does."""
    held = [holder for holder in holders if holder in who.sids]
    return who.sid if who.sid in held else next(iter(held), None)


def _may_hold(holder: str, who: _Who) -> bool:
    """Whether a holder that the account is not known to have may be a group of it after all."""
    if not holder.startswith("S-1-"):
        return True
    if holder in OF_THE_LOGON:
        return True
    never = holder in BUILT_IN_SIDS or holder == NETWORK or holder.startswith(OF_NO_USER)
    return who.unread is not None and holder not in who.sids and not never


def _through(holder: str, who: _Who, identities: Identities) -> str:
    if holder == who.sid:
        return ""
    names = {name.sid: name.name for name in identities.names} | WELL_KNOWN
    return f", through {names[holder]} ({holder})" if holder in names else f", through {holder}"


def _failed(server: Server, text: str, observed: str, evidence: tuple[Row, ...]) -> Outcome:
    return failed(
        text,
        why=f"ENTSSO does not start on {server.name} (7041, 1069)"
        f"{', so the role cannot fail over to it' if server.is_node else ''}.",
        expected="SeServiceLogonRight held, SeDenyServiceLogonRight not",
        observed=observed,
        evidence=evidence,
        servers=(server.name,),
        fix=(
            Step(
                'Grant "Log on as a service" in the policy that sets it for this server (secpol.msc, or the group '
                "policy that replaces the local list), and take the account out of every denial.",
                on=server.name,
                impact="none",
            ),
        ),
    )
