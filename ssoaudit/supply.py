"""What a check is called with: its targets, and for each the facts that its signature asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ssoaudit.evidence import Missing, ReadStatus
from ssoaudit.facts import OPT_IN_TOPICS, ClusterView, Fact, MessageBoxes, Scope
from ssoaudit.inventory import Inventory, Server
from ssoaudit.plugin import SERVER_TARGETS, Need, PerMessageBox
from ssoaudit.result import Reason
from ssoaudit.targets import Estate, View
from ssoaudit.vocabulary import Target

DATABASE_SCOPES = frozenset({Scope.SSODB, Scope.SQL_SERVER, Scope.BIZTALK_DATABASE})
DATABASE_NAMES = {Target.DATABASE: "SSODB", Target.MANAGEMENT_DATABASE: "BizTalkMgmtDb"}

NO_TARGET = {
    Target.BIZTALK_SERVER: "BizTalk servers",
    Target.MASTER: "servers that are meant to hold the master secret",
    Target.NODE: "cluster nodes",
    Target.SERVER: "SSO servers",
    Target.MACHINE: "machines",
    Target.DATABASE: "SSODB",
    Target.MANAGEMENT_DATABASE: "BizTalk management database",
}


@dataclass(frozen=True)
class Subject:
    """One target: its name, and the server or the view of the cluster that it is."""

    kind: Target
    name: str
    server: Server | None = None
    view: View | None = None


@dataclass(frozen=True)
class Supply:
    """What a check is called with, or why it is not called.

    `blocking` are the reasons not to call it; `unread` the servers of a `PerServer` that are not in it, `read`
    those that are; `empty` names a kind of target that the inventory does not name.
    """

    arguments: dict[str, Any] = field(default_factory=dict)
    blocking: tuple[Reason, ...] = ()
    unread: tuple[Reason, ...] = ()
    read: tuple[str, ...] = ()
    empty: Target | None = None


def none_of(target: Target, inventory: Inventory) -> str:
    """The sentence that says why there is no target of a kind."""
    if target is Target.MASTER and inventory.present_master:
        return f"{inventory.present_master}, the present master, is not among the servers of the inventory."
    return f"The inventory names no {NO_TARGET[target]}."


def subjects_of(target: Target, estate: Estate) -> tuple[Subject, ...]:
    """The targets of a kind; one nameless subject where the inventory has none, so that something is said."""
    if target in SERVER_TARGETS:
        servers = estate.servers(target)
        return tuple(Subject(target, server.name, server) for server in servers) or (Subject(target, target.value),)
    if target is Target.CLUSTER and estate.views:
        alone = len(estate.views) == 1
        return tuple(
            Subject(target, "cluster" if alone else f"cluster as {view.nodes[0]} sees it", view=view)
            for view in estate.views
        )
    return (Subject(target, DATABASE_NAMES.get(target, target.value)),)


def supply_of(needs: Sequence[Need], subject: Subject, estate: Estate) -> Supply:
    """The arguments for a check of that subject."""
    supply = Supply()
    for need in needs:
        if need.per is PerMessageBox and need.fact is not None:
            supply = _supply_per_message_box(supply, need, need.fact, estate)
        elif need.per is not None and need.fact is not None:
            supply = _supply_per_server(supply, need, estate)
        else:
            supply = _supply_one(supply, need, subject, estate)
    return supply


def opted_out(needs: Sequence[Need], estate: Estate) -> str | None:
    """The first needed topic that nobody was asked about, as the auditor did not allow it; None where there is none."""
    models = (need.fact for need in needs if need.fact in OPT_IN_TOPICS and not need.optional)
    return next((model.topic for model in models if model and model.topic not in estate.evidence.asked), None)


def _supply_one(supply: Supply, need: Need, subject: Subject, estate: Estate) -> Supply:
    value: object
    if need.context is Inventory:
        value = estate.inventory
    elif need.context is Server:
        value = subject.server
    elif need.fact is not None:
        value = _fact_of(need.fact, subject, estate)
        if isinstance(value, Missing) and not need.optional:
            if need.fact.scope is Scope.BIZTALK_DATABASE and not estate.inventory.has_biztalk:
                return replace(supply, empty=Target.MANAGEMENT_DATABASE)
            return replace(supply, blocking=(*supply.blocking, *_reasons(value, need.fact, subject, estate)))
        if need.fact.scope is Scope.CLUSTER:
            supply = _with_blind_nodes(supply, need.fact, estate)
    return replace(supply, arguments={**supply.arguments, need.parameter: value})


def _fact_of(model: type[Fact], subject: Subject, estate: Estate) -> Fact | Missing:
    if model is ClusterView:
        return subject.view.cluster if subject.view is not None else estate.cluster
    if model.scope is Scope.CLUSTER:
        return estate.cluster_fact(model, subject.view)
    if model.scope is Scope.BIZTALK_DATABASE:
        return estate.management_fact(model)
    if model.scope in DATABASE_SCOPES:
        return estate.database_fact(model)
    if subject.server is None:
        raise TypeError(f"{model.__name__} is a fact of a server, and {subject.name} is none")
    return estate.fact(subject.server.name, model)


def _reasons(missing: Missing, model: type[Fact], subject: Subject, estate: Estate) -> tuple[Reason, ...]:
    """Why a fact is missing; for the cluster's, what each node said."""
    if model.scope in DATABASE_SCOPES:
        return (reason(missing, None, model.topic),)
    if subject.server is not None and model.scope is Scope.SERVER:
        return (reason(missing, subject.server.name, model.topic),)
    if estate.views:
        return (reason(missing, None, model.topic),)
    answers = [(node.name, estate.fact(node.name, model)) for node in estate.inventory.nodes]
    return tuple(reason(answer, name, model.topic) for name, answer in answers if isinstance(answer, Missing))


def _with_blind_nodes(supply: Supply, model: type[Fact], estate: Estate) -> Supply:
    """What holds as some nodes see the cluster is not known of the nodes that did not tell how they see it.

    Where no node sees one, those that are in none have told so.
    """
    answers = {node.name: estate.fact(node.name, model) for node in estate.inventory.nodes}
    blind = tuple(
        reason(answer, name, model.topic)
        for name, answer in answers.items()
        if isinstance(answer, Missing) and (estate.views or answer.status is not ReadStatus.ABSENT)
    )
    seeing = tuple(name for name, answer in answers.items() if not isinstance(answer, Missing))
    return replace(
        supply,
        unread=tuple(dict.fromkeys((*supply.unread, *blind))),
        read=tuple(dict.fromkeys((*supply.read, *seeing))),
    )


def _supply_per_server(supply: Supply, need: Need, estate: Estate) -> Supply:
    assert need.per is not None and need.fact is not None  # noqa: PT018, S101 - told by the caller
    members = estate.servers(need.per.members)
    if not members:
        return replace(supply, empty=need.per.members)
    answers = {server.name: estate.fact(server.name, need.fact) for server in members}
    return _with_answers(supply, need, need.fact, answers)


def _supply_per_message_box(supply: Supply, need: Need, model: type[Fact], estate: Estate) -> Supply:
    if not estate.inventory.has_biztalk:
        return replace(supply, empty=Target.MANAGEMENT_DATABASE)
    answers = estate.message_box_facts(model)
    if isinstance(answers, Missing):
        return replace(supply, blocking=(*supply.blocking, reason(answers, None, MessageBoxes.topic)))
    if not answers:
        return replace(supply, blocking=(*supply.blocking, reason(_NO_MESSAGE_BOX, None, MessageBoxes.topic)))
    return _with_answers(supply, need, model, answers)


def _with_answers(supply: Supply, need: Need, model: type[Fact], answers: Mapping[str, Fact | Missing]) -> Supply:
    """Those that answered as one argument, and the others as not read; with an optional fact all of them."""
    assert need.per is not None  # noqa: S101 - told by the caller
    if need.optional:
        return replace(supply, arguments={**supply.arguments, need.parameter: need.per(answers)})
    facts = {name: answer for name, answer in answers.items() if not isinstance(answer, Missing)}
    unread = tuple(reason(answer, name, model.topic) for name, answer in answers.items() if isinstance(answer, Missing))
    if not facts:
        return replace(supply, blocking=(*supply.blocking, *unread))
    return replace(
        supply,
        arguments={**supply.arguments, need.parameter: need.per(facts)},
        unread=(*supply.unread, *unread),
        read=tuple(dict.fromkeys((*supply.read, *facts))),
    )


def reason(missing: Missing, server: str | None, topic: str) -> Reason:
    """Why a topic is missing, as it stands in a finding."""
    return Reason(code=missing.code, server=server, topic=topic, message=missing.message, hint=missing.hint)


_NO_MESSAGE_BOX = Missing(
    status=ReadStatus.ERROR,
    code="no-message-box",
    stage="evaluate",
    message="The BizTalk management database names no MessageBox database.",
    hint="Check that biztalk.database is the management database of a configured group.",
)
