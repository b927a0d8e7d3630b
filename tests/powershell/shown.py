"""A machine of the lab as its readers can tell it, and what it is asked about."""

from typing import Any, TypeVar

from ssoaudit.facts import ClusterSettings, ClusterView, Dns, EndpointMapper, Fact, Identities, Services
from ssoaudit.facts.cluster_settings import ResourceSettings
from ssoaudit.facts.cluster_view import Dependency
from ssoaudit.lab.estate import Machine

F = TypeVar("F", bound=Fact)


def shown(machine: Machine) -> Machine:
    """The machine as its readers can tell it: what two facts tell is told alike, lists are in the order of the rows.

    An altered lab says some things in one place alone, which no machine could.
    """
    view, settings = fact_of(machine, ClusterView), fact_of(machine, ClusterSettings)
    if view is not None and settings is not None:
        machine = machine.alter(_whole_view(view)).alter(_settings_in_order(settings, view))
    services, identities = fact_of(machine, Services), fact_of(machine, Identities)
    if services is not None:
        machine = machine.alter(_own_processes_and_accounts(services))
    if identities is not None:
        asked = _asked(identities)
        names = tuple(identities.resolved(name) for name in (*asked["accounts"], *asked["groups"]))
        machine = machine.alter(identities.model_copy(update={"names": names}))
    return machine


def parameters(machine: Machine) -> dict[str, object]:
    """What the auditor asks a machine about: the names that its facts tell of."""
    dns, identities, mapper = fact_of(machine, Dns), fact_of(machine, Identities), fact_of(machine, EndpointMapper)
    return {
        **(_asked(identities) if identities is not None else {"accounts": [], "groups": []}),
        "hosts": [each.name for each in dns.forward] if dns is not None else [],
        "network_names": [each.name for each in mapper.connections] if mapper is not None else [],
        "compile": True,
        "s4u": True,
        "allow_temp_files": False,
        "active_network": True,
        "event_days": 365,
        "event_count": 1000,
    }


def fact_of(machine: Machine, model: type[F]) -> F | None:
    """The machine's fact of a topic, or None where it has none."""
    fact = machine.facts.get(model.topic)
    return fact if isinstance(fact, model) else None


def _asked(identities: Identities) -> dict[str, list[str]]:
    accounts = [token.account for token in identities.tokens]
    return {"accounts": accounts, "groups": [each.name for each in identities.names if each.name not in accounts]}


def _whole_view(view: ClusterView) -> ClusterView:
    known = {each.resource_id: each for each in view.dependencies}
    dependencies = tuple(
        known.get(row.id, Dependency(resource_id=row.id, expression=None, error=None)) for row in view.resources
    )
    return view.model_copy(update={"dependencies": dependencies})


def _settings_in_order(settings: ClusterSettings, view: ClusterView) -> ClusterSettings:
    places = {row.id: place for place, row in enumerate(view.resources)}
    known = {row.id: row for row in settings.resources}
    unset: dict[str, Any] = dict.fromkeys(ResourceSettings.model_fields)
    resources = tuple(
        known.get(row.id, ResourceSettings.model_construct(**{**unset, "id": row.id})).model_copy(
            update={"name": row.name}
        )
        for row in view.resources
    )
    ordered = {
        part: tuple(sorted(getattr(settings, part), key=lambda row: places[row.resource_id]))
        for part in ("network_names", "addresses", "sql_servers", "crypto_checkpoints")
    }
    return settings.model_copy(update={"resources": resources, **ordered})


def _own_processes_and_accounts(services: Services) -> Services:
    running = {service.process_id for service in services.services}
    ours = {service.name: service for service in services.services}
    others = [each for each in services.own_accounts if each.service not in ours]
    own = [
        {"service": service.name, "account": service.start_name}
        for service in services.services
        if service.start_name and not service.start_name.startswith("NT ") and service.start_name != "LocalSystem"
    ]
    accounts = type(services).model_validate(
        {"services": (), "processes": (), "own_accounts": (*own, *(each.model_dump() for each in others))}
    )
    processes = tuple(each for each in services.processes if each.id in running)
    return services.model_copy(update={"processes": processes, "own_accounts": accounts.own_accounts})
