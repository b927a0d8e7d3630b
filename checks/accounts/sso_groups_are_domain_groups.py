"""The SSO groups must be domain groups that every node knows."""

from dataclasses import dataclass

from ssoaudit.facts import GlobalInfo, Identities, Lacking
from ssoaudit.facts.identities import DOMAIN, GROUP_KINDS, USER_KIND, ResolvedName
from ssoaudit.facts.sso_groups import affiliate_administrators, sso_administrators
from ssoaudit.plugin import (
    ALL_PROFILES,
    Grade,
    Inventory,
    Missing,
    Outcome,
    PerNode,
    Row,
    Severity,
    Stage,
    Step,
    Target,
    check,
    failed,
    not_verified,
    passed,
)

SOURCE = "NTAccount.Translate, LookupAccountSid, token groups"


@dataclass(frozen=True)
class _Seen:
    """One account as the nodes see it: node → SID, and what is wrong or unknown."""

    account: str
    sids: dict[str, str]
    wrong: str | None = None
    unsure: str | None = None
    severity: Severity = Severity.CRITICAL


@check(
    title="The SSO groups are domain groups",
    each=Target.ESTATE,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    references=(
        "https://learn.microsoft.com/biztalk/core/how-to-cluster-the-master-secret-server1",
        "https://learn.microsoft.com/biztalk/technical-guides/clustering-the-master-secret-server",
    ),
)
def sso_groups_are_domain_groups(
    identities: PerNode[Identities], info: GlobalInfo | Missing, inventory: Inventory
) -> Outcome:
    """SSO Administrators and SSO Affiliate Administrators of a cluster have to be domain groups: a local group exists
    on one node only, and after a failover nobody is an SSO administrator. Asked are the accounts that SSODB names, on
    every node; before SSODB is configured, those of the inventory. A SID alone does not tell a group from a user: it
    is a group if Windows says so, or if it occurs among the groups of an account."""
    accounts, why = _accounts(info, inventory)
    if not accounts:
        return not_verified(
            why,
            hint=info.hint
            if isinstance(info, Missing)
            else "Settle database.is-configured first; before SSODB is made, write both groups into the inventory.",
        )
    seen = [_see(account, identities) for account in accounts]
    rows = tuple(_row(each) for each in seen)
    wrong = [each for each in seen if each.wrong]
    unsure = [each for each in seen if each.unsure]
    if wrong:
        return _failed(wrong, rows)
    if unsure:
        return not_verified(
            "; ".join(f"{each.account}: {each.unsure}" for each in unsure),
            hint="See in Active Directory Users and Computers what it is, or collect without --no-compile.",
            evidence=rows,
        )
    return passed(f"{', '.join(accounts)} are domain groups on {', '.join(identities)}", evidence=rows)


def _accounts(info: GlobalInfo | Missing, inventory: Inventory) -> tuple[tuple[str, ...], str]:
    """The accounts to ask about, each once; none, and why, where a group is not known."""
    groups = inventory.groups
    recorded = [groups.sso_administrators, groups.sso_affiliate_administrators]
    if isinstance(info, GlobalInfo):
        administrators, affiliates = sso_administrators(info), affiliate_administrators(info)
        if administrators and affiliates:
            return tuple({name.casefold(): name for name in (*administrators, *affiliates)}.values()), ""
        why = "The SSO groups are not known: SSODB is not configured"
    else:
        why = f"The SSO groups are not known: SSODB: {info.message}"
    to_be_made = isinstance(info, GlobalInfo) or inventory.change == "new"
    if to_be_made and inventory.stage is Stage.PLANNED:
        names = tuple(name for name in recorded if name)
        return (names if len(names) == len(recorded) else ()), f"{why}, and the inventory does not name both"
    return (), why


def _see(account: str, identities: PerNode[Identities]) -> _Seen:
    answers = {node: _resolved(account, known) for node, known in identities.items()}
    resolved = {node: name for node, name in answers.items() if isinstance(name, ResolvedName)}
    unasked = [f"{node}: {lacking.message}" for node, lacking in answers.items() if isinstance(lacking, Lacking)]
    sids = {node: name.sid for node, name in resolved.items() if name.sid is not None}
    places, unread = _places(sids, identities)
    lost = [f"{node} ({name.error or 'no SID'})" for node, name in resolved.items() if name.sid is None]
    if lost:
        places.append(f"cannot be resolved on {', '.join(lost)}")
    if not places and len(set(sids.values())) > 1:
        places.append("is another account on each node")
    if places:
        return _Seen(account, sids, wrong=", ".join(places))
    kinds = {name.kind for name in resolved.values() if name.kind is not None}
    if USER_KIND in kinds:
        return _Seen(account, sids, wrong="is a single user, no group", severity=Severity.MEDIUM)
    if unasked or unread:
        return _Seen(account, sids, unsure="; ".join((*unasked, *unread)))
    if (kinds and kinds <= GROUP_KINDS) or any(_is_in_a_token(sids[node], identities[node]) for node in sids):
        return _Seen(account, sids)
    return _Seen(account, sids, unsure="is a domain account, but whether it is a group is not known")


def _resolved(account: str, identities: Identities) -> ResolvedName | Lacking:
    try:
        return identities.resolved(account)
    except Lacking as lacking:
        return lacking


def _places(sids: dict[str, str], identities: PerNode[Identities]) -> tuple[list[str], list[str]]:
    """What says that an account is of no domain, in words, and where that could not be told."""
    builtin = [node for node, sid in sids.items() if not sid.startswith(DOMAIN)]
    places = {node: _is_local(sid, identities[node]) for node, sid in sids.items() if node not in builtin}
    local = [node for node, place in places.items() if place is True]
    words = [f"is a built-in account of {', '.join(builtin)}"] if builtin else []
    words += [f"is local to {', '.join(local)}"] if local else []
    return words, [
        f"whether it is local to {node} is not known ({place.part}: {place.message})"
        for node, place in places.items()
        if isinstance(place, Lacking)
    ]


def _is_local(sid: str, identities: Identities) -> bool | Lacking:
    try:
        return not identities.is_domain_sid(sid)
    except Lacking as lacking:
        return lacking


def _is_in_a_token(sid: str, identities: Identities) -> bool:
    try:
        return any(sid in token.group_sids for token in identities.tokens)
    except Lacking:
        return False


def _row(seen: _Seen) -> Row:
    observed = seen.wrong or seen.unsure or "a domain group"
    sids = ", ".join(f"{node}: {sid}" for node, sid in seen.sids.items())
    return Row(seen.account, "one domain group on every node", f"{observed} ({sids or 'no SID'})", SOURCE)


def _failed(wrong: list[_Seen], rows: tuple[Row, ...]) -> Outcome:
    text = "; ".join(f"{each.account} {each.wrong}" for each in wrong)
    severity = max(each.severity for each in wrong)
    return failed(
        text,
        why="After a failover the new owner does not know the group, and ENTSSO refuses its own account."
        if severity is Severity.CRITICAL
        else "Enterprise SSO warns of accounts that are no groups (11051, 11052): who leaves, or is renamed, takes the "
        "rights along.",
        expected="one domain SID of a group on every node",
        observed=text,
        evidence=rows,
        severity=severity,
        fix=(
            Step("Create domain groups for SSO Administrators and SSO Affiliate Administrators."),
            Step(
                "Write them into SSODB with ssomanage -updatedb; Enterprise SSO has to be disabled for that.",
                impact="single sign-on is off meanwhile",
            ),
        ),
    )
