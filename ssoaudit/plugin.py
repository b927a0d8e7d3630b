"""All that a check imports: the decorator, what a check may ask for, and what it may answer.

    @check(title=…, each=Target.CLUSTER, severity=Severity.CRITICAL, …)
    def entsso_uses_network_name(cluster: ClusterView) -> Outcome:
        ...

The annotations of the function say what it needs. A needed fact that is missing is the engine's business: the
check is then not called, and the target is not verified.
"""

import inspect
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, Generic, ParamSpec, TypeVar

from ssoaudit.evidence import Missing
from ssoaudit.facts import Fact, Scope, SqlSession
from ssoaudit.facts.sql_session import READ_WRITE
from ssoaudit.inventory import Inventory, Server
from ssoaudit.profiles import BACKUP_AGE
from ssoaudit.quoting import Command, command
from ssoaudit.vocabulary import ClusterRole, Grade, Profile, Severity, Stage, Status, Target

__all__ = [
    "ALL_PROFILES",
    "BACKUP_AGE",
    "CLUSTERED_SSO",
    "BadSignature",
    "Check",
    "ClusterRole",
    "Grade",
    "Inventory",
    "Missing",
    "Need",
    "Outcome",
    "PerBizTalkServer",
    "PerMachine",
    "PerMaster",
    "PerMessageBox",
    "PerNode",
    "PerServer",
    "Profile",
    "Row",
    "Server",
    "Severity",
    "Stage",
    "Status",
    "Step",
    "Target",
    "check",
    "cmd",
    "doubt_about_primary",
    "failed",
    "not_applicable",
    "not_verified",
    "passed",
    "powershell",
    "tsql",
]

ALL_PROFILES = frozenset(Profile)
CLUSTERED_SSO = frozenset({ClusterRole.MASTER, ClusterRole.MEMBER})
ALL_CLUSTER_ROLES = frozenset(ClusterRole)
SERVER_TARGETS = frozenset({Target.SERVER, Target.NODE, Target.MASTER, Target.BIZTALK_SERVER, Target.MACHINE})

P = ParamSpec("P")
F = TypeVar("F")


class PerServer(Mapping[str, F], Generic[F]):
    """What each server answered, by server name. Only those that answered are in it.

    With `Fact | Missing` as its type, all servers are in it, and the check itself decides about the missing ones.
    """

    members: Target = Target.SERVER

    def __init__(self, facts: Mapping[str, F]) -> None:
        self._facts = dict(facts)

    def __getitem__(self, name: str) -> F:
        return self._facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


class PerNode(PerServer[F]):
    """What each cluster node answered."""

    members = Target.NODE


class PerMaster(PerServer[F]):
    """What each server that is meant to hold the master secret answered."""

    members = Target.MASTER


class PerBizTalkServer(PerServer[F]):
    """What each BizTalk server answered."""

    members = Target.BIZTALK_SERVER


class PerMachine(PerServer[F]):
    """What each machine answered, SQL machines included."""

    members = Target.MACHINE


class PerMessageBox(PerServer[F]):
    """What the SQL Server of each MessageBox database answered, by `<database> on <server>`."""

    members = Target.MANAGEMENT_DATABASE


@dataclass(frozen=True)
class Step:
    """One step of a fix: what to do, on which machine, what it costs the service, and the command for it."""

    text: str
    on: str | None = None
    impact: str | None = None
    command: Command | None = None


@dataclass(frozen=True)
class Row:
    """One row of evidence: what a machine or resource should show, and what it shows."""

    subject: str
    expected: str
    observed: str
    source: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a check says. Made by `passed`, `failed`, `not_verified` and `not_applicable`."""

    status: Status
    text: str
    why: str = ""
    expected: str = ""
    observed: str = ""
    evidence: tuple[Row, ...] = ()
    servers: tuple[str, ...] = ()
    fix: tuple[Step, ...] = ()
    hint: str = ""
    severity: Severity | None = None


def passed(text: str, *, evidence: Iterable[Row] = (), servers: Iterable[str] = ()) -> Outcome:
    """The target is as it should be; `text` says what holds, with its names and values."""
    return Outcome(Status.PASS, text, evidence=tuple(evidence), servers=tuple(servers))


def failed(
    text: str,
    *,
    why: str,
    expected: str,
    observed: str,
    evidence: Iterable[Row] = (),
    servers: Iterable[str] = (),
    fix: Iterable[Step] = (),
    severity: Severity | None = None,
) -> Outcome:
    """The target is wrong: `text` names machine and values, `why` the consequence.

    `severity` may be lower than the check's, never higher. `servers` are the machines that are wrong.
    """
    return Outcome(
        Status.FAIL,
        text,
        why,
        expected,
        observed,
        tuple(evidence),
        tuple(servers),
        tuple(fix),
        severity=severity,
    )


def not_verified(
    text: str, *, hint: str, evidence: Iterable[Row] = (), servers: Iterable[str] = (), severity: Severity | None = None
) -> Outcome:
    """The facts are there and still do not tell; `hint` says what to do next."""
    return Outcome(
        Status.NOT_VERIFIED, text, evidence=tuple(evidence), servers=tuple(servers), hint=hint, severity=severity
    )


def not_applicable(text: str) -> Outcome:
    """The rule does not concern this target; `text` says why."""
    return Outcome(Status.NOT_APPLICABLE, text)


def powershell(template: str, **values: object) -> Command:
    """A PowerShell command; each `{name}` is replaced by the quoted value of that name."""
    return command("powershell", template, values)


def cmd(template: str, **values: object) -> Command:
    """A command for `cmd.exe`; each `{name}` is replaced by the quoted value of that name."""
    return command("cmd", template, values)


def tsql(template: str, **values: object) -> Command:
    """A Transact-SQL statement; each `{name}` is replaced by the quoted value of that name."""
    return command("tsql", template, values)


class BadSignature(TypeError):  # noqa: N818 - reads as what it is
    """A check asks for something that the engine cannot supply."""


@dataclass(frozen=True)
class Need:
    """One parameter of a check: a fact of the target, a fact per server, the inventory, or the server itself.

    `per` is None for a single fact. With `optional` the check takes `Missing` for an answer.
    """

    parameter: str
    fact: type[Fact] | None = None
    per: type[PerServer[Any]] | None = None
    optional: bool = False
    context: type[Inventory] | type[Server] | None = None


@dataclass(frozen=True)
class Check(Generic[P]):
    """A check: a pure function, what it needs, and all that a reader should know of it."""

    function: Callable[P, Outcome | Iterable[Outcome]]
    title: str
    each: Target
    severity: Severity
    profiles: frozenset[Profile]
    stage: Stage
    grade: Grade
    requires: tuple[str, ...]
    references: tuple[str, ...]
    cluster_roles: frozenset[ClusterRole]
    aliases: tuple[str, ...]
    needs: tuple[Need, ...] = field(repr=False)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Outcome | Iterable[Outcome]:
        """Ask the check directly, with the facts as arguments."""
        return self.function(*args, **kwargs)

    @property
    def name(self) -> str:
        """The function's name, which is its file's."""
        return self.function.__name__

    @property
    def description(self) -> str:
        """The why: the function's docstring, as one paragraph."""
        return " ".join((inspect.getdoc(self.function) or "").split())


def check(
    *,
    title: str,
    each: Target,
    severity: Severity,
    profiles: Iterable[Profile],
    stage: Stage,
    grade: Grade,
    requires: Iterable[str] = (),
    references: Iterable[str] = (),
    cluster_roles: Iterable[ClusterRole] = ALL_CLUSTER_ROLES,
    aliases: Iterable[str] = (),
) -> Callable[[Callable[P, Outcome | Iterable[Outcome]]], Check[P]]:
    """Make a check of a function.

    `stage` is the first stage at which it applies, `cluster_roles` the kinds of cluster that it concerns,
    `requires` the ids of the checks that must pass first. Raises `BadSignature` for a parameter that the engine
    cannot supply.
    """

    def decorate(function: Callable[P, Outcome | Iterable[Outcome]]) -> Check[P]:
        return Check(
            function,
            title,
            each,
            severity,
            frozenset(profiles),
            stage,
            grade,
            tuple(requires),
            tuple(references),
            frozenset(cluster_roles),
            tuple(aliases),
            _needs(function, each),
        )

    return decorate


def _needs(function: Callable[..., object], each: Target) -> tuple[Need, ...]:
    parameters = inspect.signature(function).parameters.values()
    return tuple(_need(parameter, function, each) for parameter in parameters)


def _need(parameter: inspect.Parameter, function: Callable[..., object], each: Target) -> Need:
    need = _read_annotation(parameter)
    if need is None:
        _refuse(function, parameter, "is no fact model, PerServer[…], Inventory or Server")
    if need.context is Server and each not in SERVER_TARGETS:
        _refuse(function, parameter, f"asks for the server, but the target is the {each.value}")
    if need.fact and need.per is PerMessageBox and need.fact.scope is not Scope.SQL_SERVER:
        _refuse(function, parameter, "is no fact of a SQL Server, which alone is read of a MessageBox")
    if need.fact and need.per is None and need.fact.scope is Scope.SERVER and each not in SERVER_TARGETS:
        _refuse(function, parameter, f"is a fact of one server, but the target is the {each.value}: use PerServer[…]")
    return need


def _refuse(function: Callable[..., object], parameter: inspect.Parameter, why: str) -> typing.NoReturn:
    file = Path(inspect.getsourcefile(function) or "?")
    line = function.__code__.co_firstlineno
    raise BadSignature(f"{file.name}:{line}: parameter '{parameter.name}' of {function.__name__} {why}")


def _read_annotation(parameter: inspect.Parameter) -> Need | None:
    annotation, name = parameter.annotation, parameter.name
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        return None
    if annotation in (Inventory, Server):
        return Need(name, context=annotation)
    origin = typing.get_origin(annotation)
    if isinstance(origin, type) and issubclass(origin, PerServer):
        fact, optional = _fact(typing.get_args(annotation)[0])
        return Need(name, fact, origin, optional) if fact else None
    fact, optional = _fact(annotation)
    return Need(name, fact, None, optional) if fact else None


def _fact(annotation: object) -> tuple[type[Fact] | None, bool]:
    """The fact model in `Model` or `Model | Missing`, and whether it is optional."""
    if isinstance(annotation, type) and issubclass(annotation, Fact) and annotation is not Fact:
        return annotation, False
    if typing.get_origin(annotation) in (UnionType, typing.Union):
        members = [member for member in typing.get_args(annotation) if member is not Missing]
        if len(members) == 1:
            return _fact(members[0])[0], True
    return None, False


def doubt_about_primary(session: SqlSession | Missing) -> str | None:
    """Why what SSODB answered may not be what its primary holds now; None where the primary answered.

    A check that would call good, or settled, what a secondary replica has not heard of yet is not verified with it;
    any other tells it beside what it says.
    """
    if isinstance(session, Missing):
        return f"it is not known whether the primary answered: {session.message}"
    updateability = session.rows[0].updateability
    if updateability == READ_WRITE:
        return None
    return f"SSODB answered as {updateability or 'nothing known'}, and a secondary replica may lag behind the primary"
