"""The service account must be an SSO administrator, on every server."""

from dataclasses import dataclass

from ssoaudit.facts import EntssoRegistry, GlobalInfo, Identities, Lacking, Services
from ssoaudit.facts.service_account import account_of, token_of
from ssoaudit.facts.sso_groups import sso_administrators
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
    not_verified,
    passed,
)

SOURCE = "token of the account on the server (S4U)"


@dataclass(frozen=True)
class _Administrators:
    """SID → name of the SSO administrators that a server knows, and why it does not know the others."""

    known: dict[str, str]
    unknown: tuple[str, ...]


@check(
    title="The service account is in SSO Administrators",
    each=Target.SERVER,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    requires=("accounts.service-account-is-domain-account",),
    references=("https://learn.microsoft.com/biztalk/core/how-to-cluster-the-master-secret-server1",),
)
def service_account_in_sso_administrators(
    server: Server,
    services: Services,
    registry: EntssoRegistry | Missing,
    identities: Identities,
    info: GlobalInfo | Missing,
    *,
    inventory: Inventory,
) -> Outcome:
    """ENTSSO refuses to start as an account that is no SSO administrator (event 10550), and the master secret server
    refuses the secret to one (10555). Asked is the token that the account would get on the server now: nested groups
    count. A service that started before the account became a member does not have the group yet; that is not seen."""
    configured = None if isinstance(registry, Missing) else registry.is_configured
    account = account_of(services, inventory.service_account, is_configured=configured)
    names, why = _administrators(info, inventory)
    if account is None or not names:
        return not_verified(
            f"The account of ENTSSO on {server.name} is not known" if account is None else why,
            hint=info.hint
            if isinstance(info, Missing) and account is not None
            else "Let the auditing account read SSODB and the services; before SSODB is made, write groups and "
            "service_account into the inventory.",
        )
    administrators = _resolved(names, identities)
    if not administrators.known:
        return not_verified(
            f"{server.name} does not know the SSO administrators: {'; '.join(administrators.unknown)}",
            hint="Settle accounts.sso-groups-are-domain-groups first.",
        )
    return _judged(server, account.name, administrators, identities)


def _administrators(info: GlobalInfo | Missing, inventory: Inventory) -> tuple[tuple[str, ...], str]:
    """The accounts that are SSO administrators, or none and why they are not known."""
    if isinstance(info, GlobalInfo):
        names, why = sso_administrators(info), "SSODB is not configured, so who is an SSO administrator is not known"
    else:
        names, why = (), f"Who is an SSO administrator is not known: SSODB: {info.message}"
    to_be_made = isinstance(info, GlobalInfo) or inventory.change == "new"
    recorded = inventory.groups.sso_administrators
    if not names and to_be_made and inventory.stage is Stage.PLANNED and recorded is not None:
        return (recorded,), ""
    return names, why


def _resolved(names: tuple[str, ...], identities: Identities) -> _Administrators:
    known, unknown = {}, []
    for name in names:
        try:
            resolved = identities.resolved(name)
        except Lacking as lacking:
            unknown.append(lacking.message)
            continue
        if resolved.sid is None:
            unknown.append(f"{name} ({resolved.error or 'no SID'})")
        else:
            known[resolved.sid] = name
    return _Administrators(known, tuple(unknown))


def _judged(server: Server, account: str, administrators: _Administrators, identities: Identities) -> Outcome:
    groups = " or ".join(administrators.known.values())
    sid = identities.resolved(account).sid
    if sid in administrators.known:
        row = Row(server.name, groups, f"{account} itself", SOURCE)
        return passed(f"{account} is named as an SSO administrator itself", evidence=(row,))
    token = token_of(identities, account)
    held = [name for group, name in administrators.known.items() if group in token.group_sids]
    row = Row(server.name, groups, ", ".join(held) or "not a member", SOURCE)
    if held:
        return passed(f"{account} is a member of {held[0]} on {server.name}", evidence=(row,))
    if administrators.unknown:
        return not_verified(
            f"{account} is no member of {groups} on {server.name}; not known there: "
            f"{'; '.join(administrators.unknown)}",
            hint="Settle accounts.sso-groups-are-domain-groups first.",
            evidence=(row,),
        )
    return failed(
        f"{account} is no member of {groups} on {server.name}",
        why="ENTSSO cannot start there (10550), and gets no secret from the master secret server (10555).",
        expected=f"a member of {groups}, nested or not",
        observed=f"{len(token.group_sids)} groups, none of them that",
        evidence=(row,),
        servers=(server.name,),
        fix=(
            Step(f"Add {account} to {groups}.", impact="none"),
            Step(
                "Restart ENTSSO, so that its token has the group; on the node that owns it by taking its resource "
                "offline and online.",
                on=server.name,
                impact="ENTSSO restarts",
            ),
        ),
    )
