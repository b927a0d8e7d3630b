"""A small estate, described once as fact models: what its machines answer, and faults as copies with one change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from ssoaudit.facts import ClusterView, Fact, MasterSecretIds, Scope
from ssoaudit.facts.sql_fact import SqlFact
from ssoaudit.inventory import BizTalkSettings, Groups, Inventory, Server, SqlSettings
from ssoaudit.lab.estate.cluster import cluster_settings, cluster_view
from ssoaudit.lab.estate.database import database
from ssoaudit.lab.estate.events import events
from ssoaudit.lab.estate.management import management
from ssoaudit.lab.estate.names import (
    ACCOUNT,
    ADMINISTRATORS,
    AFFILIATES,
    BIZTALK,
    CLUSTER,
    DATABASE,
    DOMAIN_SID,
    GROUP,
    MANAGEMENT,
    NETWORK_NAME,
    NODES,
    SECRETS,
    SQL,
)
from ssoaudit.lab.estate.network import dns, endpoint_mapper, msdtc_firewall, msdtc_security, nlb
from ssoaudit.lab.estate.server import env, identities, msdtc, registry, rights, self_test, services
from ssoaudit.lab.estate.windows import windows
from ssoaudit.vocabulary import ClusterRole, Role, Stage

F = TypeVar("F", bound=Fact)

__all__ = [
    "ACCOUNT",
    "ADMINISTRATORS",
    "AFFILIATES",
    "BIZTALK",
    "CLUSTER",
    "DATABASE",
    "DOMAIN_SID",
    "GROUP",
    "MANAGEMENT",
    "NETWORK_NAME",
    "NODES",
    "SECRETS",
    "SQL",
    "LabEstate",
    "Machine",
    "Plan",
    "healthy",
]


@dataclass(frozen=True)
class Machine:
    """A machine of the lab: its roles, and its facts by topic. What it lacks it calls absent.

    Its PowerShell never comes to an end with the topic `hangs_at`.
    """

    name: str
    roles: tuple[Role, ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)
    hangs_at: str | None = None

    def alter(self, fact: Fact) -> "Machine":
        """A copy that answers this fact instead."""
        return replace(self, facts={**self.facts, fact.topic: fact})


@dataclass(frozen=True)
class Plan:
    """What the estate is meant to be, which no machine tells but the inventory."""

    stage: Stage = Stage.CLUSTERED
    cluster_role: ClusterRole = ClusterRole.MASTER
    change: Literal["new", "move"] | None = None
    network_name: str | None = NETWORK_NAME
    present_master: str | None = None
    has_biztalk: bool = True


@dataclass(frozen=True)
class LabEstate:
    """The machines of the lab by name; `unreachable` are those on which nothing listens.

    `database` are the facts of SSODB, with msdb's, `management` those of the BizTalk management database. One SQL
    Server has them all, and the MessageBox database.
    """

    machines: Mapping[str, Machine]
    database: Mapping[str, SqlFact] = field(default_factory=dict)
    management: Mapping[str, SqlFact] = field(default_factory=dict)
    unreachable: frozenset[str] = frozenset()
    plan: Plan = Plan()

    def alter(self, name: str, fact: Fact) -> "LabEstate":
        """A copy in which one machine answers another fact."""
        return replace(self, machines={**self.machines, name: self.machines[name].alter(fact)})

    def alter_database(self, fact: SqlFact) -> "LabEstate":
        """A copy whose SSODB, or whose management database, answers another fact."""
        if fact.scope is Scope.BIZTALK_DATABASE:
            return replace(self, management={**self.management, fact.topic: fact})
        return replace(self, database={**self.database, fact.topic: fact})

    def alter_cluster(self, change: Callable[[ClusterView], ClusterView]) -> "LabEstate":
        """A copy in which every node sees a changed cluster."""
        estate = self
        for name, machine in self.machines.items():
            view = machine.facts.get(ClusterView.topic)
            if isinstance(view, ClusterView):
                estate = estate.alter(name, change(view))
        return estate

    def inventory(self) -> Inventory:
        """The estate as an operator would write it down, but for where it listens."""
        plan = self.plan
        return Inventory(
            name="Lab",
            stage=plan.stage,
            cluster_role=plan.cluster_role,
            change=plan.change,
            network_name=plan.network_name,
            present_master=plan.present_master,
            service_account=ACCOUNT,
            groups=Groups(
                sso_administrators=ADMINISTRATORS,
                sso_affiliate_administrators=AFFILIATES,
            ),
            sql=SqlSettings(server=SQL, database=DATABASE),
            biztalk=BizTalkSettings(server=SQL, database=MANAGEMENT) if plan.has_biztalk else None,
            servers=tuple(Server(host=machine.name, roles=machine.roles) for machine in self.machines.values()),
        )


def healthy() -> LabEstate:
    """Two nodes with a clustered master secret server, two BizTalk servers and a SQL Server, all as they should be."""
    machines = [_node(number, name) for number, name in enumerate(NODES, start=1)]
    machines += [_biztalk_server(number, name) for number, name in enumerate(BIZTALK, start=3)]
    machines.append(_sql_server(5))
    return LabEstate({machine.name: machine for machine in machines}, database(), management())


def _by_topic(*facts: F) -> dict[str, F]:
    return {fact.topic: fact for fact in facts}


def _network(name: str, *, clustered: bool = False) -> tuple[Fact, ...]:
    return msdtc_security(clustered=clustered), msdtc_firewall(), nlb(), dns(name), endpoint_mapper(NETWORK_NAME)


def _node(number: int, name: str) -> Machine:
    facts = _by_topic(
        env(name),
        registry(),
        MasterSecretIds(is_present=True, names=SECRETS),
        msdtc(number, clustered=True),
        services(name),
        rights(),
        identities(number),
        cluster_view(),
        cluster_settings(cluster_view()),
        *windows(name),
        *_network(name, clustered=True),
        *events(name),
        self_test(),
    )
    return Machine(name, (Role.CLUSTER,), facts)


def _biztalk_server(number: int, name: str) -> Machine:
    secrets = MasterSecretIds(is_present=False, names=())
    facts = _by_topic(
        env(name),
        registry(),
        secrets,
        msdtc(number),
        services(name),
        rights(),
        identities(number),
        *windows(name),
        *_network(name),
        *events(name),
        self_test(),
    )
    return Machine(name, (Role.BIZTALK,), facts)


def _sql_server(number: int) -> Machine:
    facts = _by_topic(
        env(SQL),
        MasterSecretIds(is_present=False, names=()),
        msdtc(number),
        services(SQL),
        rights(),
        identities(number),
        *windows(SQL),
        *_network(SQL),
        *events(SQL),
        self_test(),
    )
    return Machine(SQL, (Role.SQL,), facts)
