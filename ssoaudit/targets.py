"""Whom a check is asked of, and the facts of each: the evidence as the engine sees it."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from ssoaudit.evidence import DatabaseEvidence, Evidence, Missing, Read, ReadStatus, typed
from ssoaudit.facts import ClusterView, Env, Fact, Lacking, MessageBoxes
from ssoaudit.facts.env import NETBIOS_LENGTH
from ssoaudit.inventory import Inventory, Server
from ssoaudit.vocabulary import ClusterRole, Role, Stage, Target

F = TypeVar("F", bound=Fact)
T = TypeVar("T")

_MOMENTARY = frozenset({"state", "owner"})
_LONGEST = 1024


@dataclass(frozen=True)
class View:
    """One distinct view of the cluster, and the nodes that share it."""

    nodes: tuple[str, ...]
    cluster: ClusterView


@dataclass(frozen=True)
class Estate:
    """The evidence, with its facts typed and its targets resolved.

    A server is believed only if it said who it is, and if that is whom the inventory means: two names that lead
    to one machine would compare the machine with itself.
    """

    evidence: Evidence

    @property
    def inventory(self) -> Inventory:
        """The inventory that the evidence was collected with."""
        return self.evidence.inventory

    def fact(self, server: str, model: type[F]) -> F | Missing:
        """What a server answered about a topic, or why that is not known."""
        reading = self.evidence.topics(server).get(model.topic)
        if reading is None:
            return _not_collected(model.topic)
        if isinstance(reading, Read) and server in self._strangers:
            return self._strangers[server]
        return typed(reading, model)

    def database_fact(self, model: type[F]) -> F | Missing:
        """What SSODB, or the SQL Server that holds it, answered about a topic, or why that is not known."""
        return _answer(self.evidence.ssodb, model)

    def management_fact(self, model: type[F]) -> F | Missing:
        """What the BizTalk management database answered about a topic, or why that is not known."""
        return _answer(self.evidence.management, model)

    @cached_property
    def message_boxes(self) -> Mapping[str, DatabaseEvidence] | Missing:
        """The MessageBox databases that the management database names, by name, and what was read of each.

        One that is not in the evidence is there without an answer.
        """
        boxes = self.management_fact(MessageBoxes)
        if isinstance(boxes, Missing):
            return boxes
        read = {(box.server, box.database): box for box in self.evidence.message_boxes}
        places = dict.fromkeys((row.DBServerName, row.DBName) for row in boxes.rows)
        named: dict[str, DatabaseEvidence] = {}
        for server, database in places:
            name = f"{database} on {server}"
            # Two places may read alike: "A on B" on C, and A on "B on C".
            while name in named:
                name = f"{name}, another"
            named[name] = read.get((server, database)) or self._unread_box(server, database)
        return named

    def message_box_facts(self, model: type[F]) -> Mapping[str, F | Missing] | Missing:
        """What the SQL Server of each MessageBox answered about a topic, or why the MessageBoxes are not known."""
        if isinstance(self.message_boxes, Missing):
            return self.message_boxes
        return {name: _answer(box, model) for name, box in self.message_boxes.items()}

    def _unread_box(self, server: str, database: str) -> DatabaseEvidence:
        run = self.evidence.run
        return DatabaseEvidence(
            server=server,
            database=database,
            driver="",
            notes=(),
            started=run.started,
            finished=run.finished,
            topics={},
        )

    def servers(self, target: Target) -> tuple[Server, ...]:
        """The servers of a kind, in the inventory's order."""
        servers = self.inventory.servers
        return {
            Target.SERVER: tuple(server for server in servers if not server.is_sql_only),
            Target.NODE: self.inventory.nodes,
            Target.MASTER: self.masters,
            Target.BIZTALK_SERVER: tuple(server for server in servers if Role.BIZTALK in server.roles),
            Target.MACHINE: servers,
        }[target]

    @cached_property
    def views(self) -> tuple[View, ...]:
        """The distinct views of the cluster among the nodes that answered, states apart; normally one.

        What a node did not tell of its view makes it no other: it is compared by what it told. Of the views that agree
        so, the common one lacks what any of them lacks.
        """
        told = {
            node.name: reading
            for node in self.inventory.nodes
            if isinstance(reading := self.evidence.topics(node.name).get(ClusterView.topic), Read)
            and isinstance(self.fact(node.name, ClusterView), ClusterView)
        }
        alike: list[dict[str, Read]] = []
        for name in sorted(told, key=lambda name: _untold(told[name])):
            group = next((group for group in alike if all(_agree(told[name], one) for one in group.values())), None)
            if group is None:
                alike.append({name: told[name]})
            else:
                group[name] = told[name]
        order = list(told)
        groups = [{name: group[name] for name in sorted(group, key=order.index)} for group in alike]
        return tuple(_view(group) for group in sorted(groups, key=lambda group: order.index(next(iter(group)))))

    @cached_property
    def cluster(self) -> ClusterView | Missing:
        """The cluster that all nodes agree on, or why there is none."""
        if len(self.views) == 1:
            return self.views[0].cluster
        if self.views:
            return Missing(
                status=ReadStatus.ERROR,
                code="views-differ",
                stage="evaluate",
                message="The nodes do not agree on the cluster's configuration.",
                hint="Find the node that is cut off, or whose cluster service hangs.",
            )
        missing = [self.fact(node.name, ClusterView) for node in self.inventory.nodes]
        return next((reason for reason in missing if isinstance(reason, Missing)), _not_collected(ClusterView.topic))

    def cluster_fact(self, model: type[F], view: View | None) -> F | Missing:
        """Another fact of the cluster, as one of the nodes that share a view told it; without a view, of all nodes.

        Of several the node's that owns ENTSSO's group; of none that told it, why the first did not.
        """
        if view is None and isinstance(self.cluster, Missing):
            return self.cluster
        shared = view or self.views[0]
        answers = {name: self.fact(name, model) for name in shared.nodes}
        told = {name: answer for name, answer in answers.items() if not isinstance(answer, Missing)}
        return _of_owner(told, shared.cluster) if told else next(iter(answers.values()))

    @cached_property
    def masters(self) -> tuple[Server, ...]:
        """The servers that are meant to hold the master secret.

        The possible owners of ENTSSO once the cluster is the master secret server; all nodes where the possible
        owners are not known. Before, and for a member, the present or remote master, if the inventory has it.
        """
        inventory = self.inventory
        if inventory.cluster_role is ClusterRole.MASTER and inventory.stage is Stage.CLUSTERED:
            owners = self._possible_owners
            return tuple(node for node in inventory.nodes if owners is None or self._cluster_name(node) in owners)
        present = inventory.server(inventory.present_master) if inventory.present_master else None
        return (present,) if present else ()

    @property
    def cluster_name(self) -> str | None:
        """The cluster's own name; None where no node told it."""
        try:
            return self.views[0].cluster.name if self.views else None
        except Lacking:
            return None

    @property
    def network_name(self) -> str | None:
        """The role's network name: the inventory's, else the cluster's where it is the only one of the group."""
        if self.inventory.network_name or isinstance(self.cluster, Missing):
            return self.inventory.network_name
        try:
            names = self.cluster.in_group(self.cluster.entsso.group, "Network Name")
        except Lacking:
            return None
        return names[0].network_name if len(names) == 1 else None

    @cached_property
    def _possible_owners(self) -> frozenset[str] | None:
        try:
            owners = {
                owner.casefold()
                for view in self.views
                for owner in view.cluster.possible_owners_of(view.cluster.entsso)
            }
        except Lacking:
            return None
        names = {self._cluster_name(node) for node in self.inventory.nodes}
        # Where a node's name is not known, nor is it whether the node is an owner: then all are.
        return frozenset(owners) if owners & names and None not in names else None

    def _cluster_name(self, node: Server) -> str | None:
        """What the cluster calls a node: its NetBIOS name; None for one known by an address that did not tell it."""
        if not _is_known_by_address(node):
            return node.name[:NETBIOS_LENGTH].casefold()
        name = self._computer_name(node)
        return name.casefold() if isinstance(name, str) else None

    @cached_property
    def _strangers(self) -> Mapping[str, Missing]:
        """The servers that are not believed, with the reason.

        Of names that lead to one machine, the machine's own is believed; of mere addresses, the first. A 32-bit
        PowerShell is shown another registry than the service.
        """
        answered: set[str] = set()
        strangers: dict[str, Missing] = {}
        for server in sorted(self.inventory.servers, key=_is_known_by_address):
            name = self._computer_name(server)
            if isinstance(name, Missing):
                strangers[server.name] = _stranger(f"{server.name} did not say who it is: {name.message}")
            elif not _is_called(server, name):
                strangers[server.name] = _stranger(f"{server.name} was asked, but a machine called {name} answered.")
            elif name.casefold() in answered:
                strangers[server.name] = _stranger(f"{server.name} and another server are one machine: {name}.")
            elif self._is_32_bit(server):
                strangers[server.name] = _seen_through_32_bits(server)
            else:
                answered.add(name.casefold())
        return strangers

    def _is_32_bit(self, server: Server) -> bool:
        reading = self.evidence.topics(server.name).get(Env.topic)
        return isinstance(reading, Read) and reading.data.get("is_64_bit") is False

    def _computer_name(self, server: Server) -> str | Missing:
        reading = self.evidence.topics(server.name).get(Env.topic)
        env = typed(reading, Env) if reading else _not_collected(Env.topic)
        if isinstance(env, Missing):
            return env
        try:
            return env.computer_name
        except Lacking as lacking:
            return Missing(
                status=ReadStatus.ERROR,
                code="nameless",
                stage="evaluate",
                message=f"{server.name} did not tell its computer name: {lacking.message}",
                hint="Collect again; without the name no other fact of the server is believed.",
            )


def _answer(database: DatabaseEvidence | None, model: type[F]) -> F | Missing:
    reading = database.topics.get(model.topic) if database else None
    return typed(reading, model) if reading else _not_collected(model.topic)


def _is_known_by_address(server: Server) -> bool:
    return server.name == server.host and (":" in server.host or server.host.replace(".", "").isdigit())


def _is_called(server: Server, computer_name: str) -> bool:
    """Whether a machine of that NetBIOS name is the server. One known by its address may be called anything."""
    return _is_known_by_address(server) or computer_name.casefold() == server.name[:NETBIOS_LENGTH].casefold()


def _stranger(message: str) -> Missing:
    return Missing(
        status=ReadStatus.ERROR,
        code="other-machine",
        stage="evaluate",
        message=message,
        hint="Give the computer's own name as host, and where to connect as address.",
    )


def _seen_through_32_bits(server: Server) -> Missing:
    return Missing(
        status=ReadStatus.ERROR,
        code="32-bit",
        stage="evaluate",
        message=f"{server.name} was read by a 32-bit PowerShell, which is shown another registry than ENTSSO.",
        hint="Read it with the 64-bit PowerShell, the one below System32.",
    )


def _not_collected(topic: str) -> Missing:
    return Missing(
        status=ReadStatus.NOT_COLLECTED,
        code="not-collected",
        stage="collect",
        message=f"The evidence holds nothing about {topic}.",
        hint="Collect again.",
    )


def _unanswered(reading: Read) -> Mapping[str, Any]:
    """The resources whose dependencies a node did not tell, by id, with what it said instead."""
    dependencies = reading.data.get("dependencies", ())
    return {each["resource_id"].casefold(): each for each in dependencies if each["error"] is not None}


def _untold(reading: Read) -> tuple[int, int]:
    return len(reading.lacking), len(_unanswered(reading))


def _agree(one: Read, other: Read) -> bool:
    """Whether two nodes see one configuration, as far as both told it."""
    lacking, unanswered = {*one.lacking, *other.lacking}, {*_unanswered(one), *_unanswered(other)}
    return _configuration(one, lacking, unanswered) == _configuration(other, lacking, unanswered)


def _configuration(reading: Read, lacking: Collection[str], unanswered: Collection[str]) -> str:
    """What of a cluster view does not change from one moment to the next, in one spelling; some parts left out."""
    data = {name: part for name, part in reading.data.items() if name not in lacking}
    if "dependencies" in data:
        answered = [each for each in data["dependencies"] if each["resource_id"].casefold() not in unanswered]
        data["dependencies"] = answered
    return json.dumps(_settled(data), sort_keys=True)


def _view(told: Mapping[str, Read]) -> View:
    """The one view of nodes that agree: as the owner of ENTSSO sees it, without what any of them did not tell."""
    views = {name: typed(reading, ClusterView) for name, reading in told.items()}
    seen = {name: view for name, view in views.items() if isinstance(view, ClusterView)}
    owner = _of_owner({name: name for name in told}, next(iter(seen.values())))
    lacking = {part: f"{name}: {why}" for name, reading in told.items() for part, why in reading.lacking.items()}
    lacking |= told[owner].lacking
    unanswered = {
        resource: {**each, "error": f"{name}: {each['error']}"[:_LONGEST]}
        for name, reading in told.items()
        for resource, each in _unanswered(reading).items()
    }
    unanswered |= _unanswered(told[owner])
    if not lacking and not unanswered:
        return View(tuple(told), seen[owner])
    data = {name: part for name, part in told[owner].data.items() if name not in lacking}
    if "dependencies" in data:
        data["dependencies"] = [unanswered.get(each["resource_id"].casefold(), each) for each in data["dependencies"]]
    return View(tuple(told), ClusterView.read(data, lacking))


def _settled(value: object) -> object:
    if isinstance(value, dict):
        return {key: _settled(part) for key, part in value.items() if key not in _MOMENTARY}
    if isinstance(value, list):
        return sorted((_settled(part) for part in value), key=lambda part: json.dumps(part, sort_keys=True))
    return value


def _of_owner(answers: Mapping[str, T], cluster: ClusterView) -> T:
    """The answer of the node that owns ENTSSO's group; the first where that is not known, or it gave none."""
    by_name = {name[:NETBIOS_LENGTH].casefold(): answer for name, answer in answers.items()}
    first = next(iter(answers.values()))
    try:
        return by_name.get(cluster.entsso_group.owner.casefold(), first)
    except Lacking:
        return first
