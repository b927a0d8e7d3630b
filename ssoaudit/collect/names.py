"""The names that the servers are asked about: learned from the first look and from SSODB, else the inventory's."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ssoaudit.evidence import DatabaseEvidence, ServerEvidence, typed
from ssoaudit.facts import ClusterView, GlobalInfo, Lacking, Services
from ssoaudit.facts.cluster_view import DISTRIBUTED_NETWORK_NAME, NETWORK_NAME
from ssoaudit.facts.global_info import NOT_CONFIGURED
from ssoaudit.inventory import Inventory

LONGEST = 512
MOST = 100
"""Caps, as servers and SSODB may tell anything: the characters of a name, and how many of a kind there are."""
MOST_HOSTS = 301
"""128 servers have two names each; with one more than 300 a server says that there are too many, and asks for none."""
MOST_CONNECTIONS = 8
_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63}){0,10}")


@dataclass(frozen=True)
class Names:
    """Each once, in the spelling first met.

    Of the accounts the tokens are asked for as well. `hosts` are resolved, `network_names` connected to where that is
    allowed.
    """

    accounts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    network_names: tuple[str, ...] = ()


def names_to_ask(inventory: Inventory, first: Iterable[ServerEvidence], ssodb: DatabaseEvidence | None) -> Names:
    """The service's account as it is and as it is recorded, the operators, the SSO groups, and the machines."""
    first = tuple(first)
    accounts = [inventory.service_account, *inventory.operators, *_service_accounts(first)]
    groups = inventory.groups
    names = [groups.sso_administrators, groups.sso_affiliate_administrators, *_groups_of(ssodb)]
    called = _network_names(first)
    # What a node calls itself decides where others connect to only where the inventory does not say.
    connected = [inventory.network_name] if inventory.network_name else called
    hosts = [inventory.network_name, *called, *_databases_names(ssodb), *_server_names(inventory)]
    return Names(
        _once(accounts),
        _once(names),
        _once(filter(_is_host, hosts), MOST_HOSTS),
        _once(filter(_is_host, connected), MOST_CONNECTIONS),
    )


def _is_host(name: str | None) -> bool:
    """Whether a name is one that a resolver takes: nothing else of what servers tell is passed on to others."""
    return name is not None and _HOST.fullmatch(name) is not None


def _network_names(first: Iterable[ServerEvidence]) -> list[str | None]:
    """What the names of ENTSSO's group are called, as the cluster and as DNS have them."""
    return [name for evidence in first for name in _names_of_group(evidence)]


def _names_of_group(evidence: ServerEvidence) -> list[str | None]:
    reading = evidence.topics.get(ClusterView.topic)
    view = typed(reading, ClusterView) if reading else None
    try:
        if not isinstance(view, ClusterView):
            return []
        names = view.in_group(view.entsso.group, NETWORK_NAME, DISTRIBUTED_NETWORK_NAME)
    except Lacking:
        return []
    return [text for name in names for text in (name.network_name, name.dns_name)]


def _databases_names(ssodb: DatabaseEvidence | None) -> list[str]:
    """SSODB's server, and the secret server that SSODB names."""
    if ssodb is None:
        return []
    reading = ssodb.topics.get(GlobalInfo.topic)
    info = typed(reading, GlobalInfo) if reading else None
    masters = [row.gi_SecretServer for row in info.rows] if isinstance(info, GlobalInfo) else []
    return [re.split(r"[\\,]", ssodb.server)[0], *masters]


def _server_names(inventory: Inventory) -> list[str]:
    return [name for server in inventory.servers for name in (server.name, server.host)]


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


def _groups_of(ssodb: DatabaseEvidence | None) -> list[str]:
    reading = ssodb.topics.get(GlobalInfo.topic) if ssodb else None
    info = typed(reading, GlobalInfo) if reading else None
    if not isinstance(info, GlobalInfo):
        return []
    texts = [text for row in info.rows for text in (row.gi_SSOAdminGroup, row.gi_AffiliateAppMgrGroup)]
    return [part.strip() for text in texts for part in text.split(";")]


def _once(names: Iterable[str | None], most: int = MOST) -> tuple[str, ...]:
    known: dict[str, str] = {}
    for name in names:
        if name and name != NOT_CONFIGURED and len(name) <= LONGEST:
            known.setdefault(name.casefold(), name)
    return tuple(known.values())[:most]
