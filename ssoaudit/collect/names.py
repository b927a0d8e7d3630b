"""The names that the servers are asked to resolve: learned from the first look and from SSODB, else the inventory's."""

from collections.abc import Iterable
from dataclasses import dataclass

from ssoaudit.evidence import DatabaseEvidence, ServerEvidence, typed
from ssoaudit.facts import GlobalInfo, Lacking, Services
from ssoaudit.facts.global_info import NOT_CONFIGURED
from ssoaudit.inventory import Inventory

LONGEST = 512
MOST = 100
"""Caps, as servers and SSODB may tell anything: the characters of a name, and how many accounts or groups there are."""


@dataclass(frozen=True)
class Names:
    """Accounts, whose tokens are asked for as well, and groups; each once, in the spelling first met."""

    accounts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def names_to_ask(inventory: Inventory, first: Iterable[ServerEvidence], ssodb: DatabaseEvidence) -> Names:
    """The service's account as it is and as it is recorded, the operators, and the SSO groups."""
    accounts = [inventory.service_account, *inventory.operators, *_service_accounts(first)]
    groups = inventory.groups
    names = [groups.sso_administrators, groups.sso_affiliate_administrators, *_groups_of(ssodb)]
    return Names(_once(accounts), _once(names))


def _service_accounts(first: Iterable[ServerEvidence]) -> list[str | None]:
    return [_service_account(evidence) for evidence in first]


def _service_account(evidence: ServerEvidence) -> str | None:
    reading = evidence.topics.get(Services.topic)
    fact = typed(reading, Services) if reading else None
    try:
        entsso = fact.entsso if isinstance(fact, Services) else None
    except Lacking:
        return None
    return entsso.start_name if entsso else None


def _groups_of(ssodb: DatabaseEvidence) -> list[str]:
    reading = ssodb.topics.get(GlobalInfo.topic)
    info = typed(reading, GlobalInfo) if reading else None
    if not isinstance(info, GlobalInfo):
        return []
    texts = [text for row in info.rows for text in (row.gi_SSOAdminGroup, row.gi_AffiliateAppMgrGroup)]
    return [part.strip() for text in texts for part in text.split(";")]


def _once(names: Iterable[str | None]) -> tuple[str, ...]:
    known: dict[str, str] = {}
    for name in names:
        if name and name != NOT_CONFIGURED and len(name) <= LONGEST:
            known.setdefault(name.casefold(), name)
    return tuple(known.values())[:MOST]
