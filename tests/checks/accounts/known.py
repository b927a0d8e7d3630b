"""Accounts of the lab's servers, with something altered in what a server knows of them."""

from typing import Any

from ssoaudit.facts import EntssoRegistry, Fact, Identities, Services
from ssoaudit.facts.identities import ResolvedName, Token
from ssoaudit.lab.estate import ACCOUNT, NODES, LabEstate, healthy

MACHINE = "S-1-5-21-9-9-9"
DOMAIN = "S-1-5-21-1004336348-1177238915-682003330"
ACCOUNT_SID = f"{DOMAIN}-1121"
GROUP_SID = f"{DOMAIN}-1122"


def fact(model: type[Fact], name: str = NODES[0], estate: LabEstate | None = None) -> Any:
    """What a machine of the lab answers about a topic."""
    return (estate or healthy()).machines[name].facts[model.topic]


def name(account: str, sid: str | None, kind: int | None = 1, error: str | None = None) -> ResolvedName:
    return ResolvedName(name=account, sid=sid, kind=kind, error=error)


def token(account: str = ACCOUNT, *groups: str, sid: str | None = ACCOUNT_SID, error: str | None = None) -> Token:
    return Token(account=account, user_sid=sid, group_sids=groups, error=error)


def identities(*names: ResolvedName, tokens: tuple[Token, ...] = (), machine_sid: str | None = MACHINE) -> Identities:
    return Identities(machine_sid=machine_sid, names=names, tokens=tokens)


def lacking(known: Identities, part: str, why: str) -> Identities:
    """The same facts, read without that part."""
    data = known.model_dump(mode="json")
    del data[part]
    return Identities.read(data, {part: why})


def services(account: str | None) -> Services:
    """A node's services, with ENTSSO running as another account."""
    found: Services = fact(Services)
    changed = tuple(
        service.model_copy(update={"start_name": account}) if service.name == "ENTSSO" else service
        for service in found.services
    )
    return found.model_copy(update={"services": changed})


def no_services() -> Services:
    return Services(services=(), processes=(), own_accounts=())


def bare() -> EntssoRegistry:
    """A server on which ENTSSO is not configured."""
    registry: EntssoRegistry = fact(EntssoRegistry)
    return registry.model_copy(update={"sql_server": None, "sql_database": None})
