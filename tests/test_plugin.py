import re
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Optional, Union

import pytest

from ssoaudit.facts import ClusterView, Env, Fact, MessageBoxes, Part, Services, SqlServer
from ssoaudit.inventory import Inventory, Server
from ssoaudit.lab.estate import healthy
from ssoaudit.plugin import (
    ALL_CLUSTER_ROLES,
    ALL_PROFILES,
    BadSignature,
    Check,
    Grade,
    Missing,
    Need,
    Outcome,
    PerBizTalkServer,
    PerMachine,
    PerMaster,
    PerMessageBox,
    PerNode,
    PerServer,
    Severity,
    Stage,
    Status,
    Step,
    Target,
    check,
    cmd,
    failed,
    not_applicable,
    not_verified,
    passed,
    powershell,
    tsql,
)

F = typing.TypeVar("F")
ON_SERVERS = (Target.SERVER, Target.NODE, Target.MASTER, Target.BIZTALK_SERVER, Target.MACHINE)
ELSEWHERE = tuple(target for target in Target if target not in ON_SERVERS)


def check_of(function: Callable[..., Any], each: Target = Target.SERVER) -> Check[Any]:
    decorate = check(
        title="A check",
        each=each,
        severity=Severity.LOW,
        profiles=ALL_PROFILES,
        stage=Stage.PLANNED,
        grade=Grade.CONFIRMED,
    )
    return decorate(function)


def asking_for(annotation: object) -> Callable[..., Outcome]:
    """A function with one parameter of that annotation."""

    def a_check(given: Any) -> Outcome:
        return passed(str(given))

    a_check.__annotations__["given"] = annotation
    return a_check


@pytest.mark.parametrize(
    ("annotation", "need"),
    [
        (Env, Need("given", Env)),
        (Env | Missing, Need("given", Env, optional=True)),
        (Missing | Env, Need("given", Env, optional=True)),
        (Union[Env, Missing], Need("given", Env, optional=True)),  # noqa: UP007 - the older spelling
        (PerServer[Env], Need("given", Env, PerServer)),
        (PerMessageBox[SqlServer], Need("given", SqlServer, PerMessageBox)),
        (PerNode[Env | Missing], Need("given", Env, PerNode, optional=True)),
        (PerNode[Union[Missing, Env]], Need("given", Env, PerNode, optional=True)),  # noqa: UP007 - likewise
        (PerMaster[Services], Need("given", Services, PerMaster)),
        (PerBizTalkServer[Services], Need("given", Services, PerBizTalkServer)),
        (PerMachine[Services], Need("given", Services, PerMachine)),
        (ClusterView, Need("given", ClusterView)),
        (Inventory, Need("given", context=Inventory)),
        (Server, Need("given", context=Server)),
    ],
)
def test_what_a_check_may_ask_for(annotation: object, need: Need) -> None:
    assert check_of(asking_for(annotation)).needs == (need,)


@pytest.mark.parametrize(
    "annotation",
    [
        str,
        None,
        Any,
        "Env",
        Fact,
        Part,
        Missing,
        Optional[Env],  # noqa: UP045 - likewise
        Env | None,
        Env | Services,
        Env | Services | Missing,
        PerServer,
        PerServer[Any],
        PerServer[Missing],
        PerServer[str],
        PerServer[F],  # type: ignore[valid-type]
        PerServer[PerServer[Env]],
        PerServer[Env] | Missing,
        list[Env],
        dict[str, Env],
        tuple[Env, ...],
        type[Env],
        Inventory | None,
        Server | Missing,
    ],
    ids=str,
)
def test_what_a_check_may_not_ask_for(annotation: object) -> None:
    with pytest.raises(BadSignature, match="is no fact model"):
        check_of(asking_for(annotation))


@pytest.mark.parametrize("annotation", [PerMessageBox[Env], PerMessageBox[MessageBoxes]])
def test_of_a_message_box_only_its_server_is_read(annotation: object) -> None:
    with pytest.raises(BadSignature, match="no fact of a SQL Server"):
        check_of(asking_for(annotation))


def test_a_refusal_names_file_line_and_parameter() -> None:
    def a_check(env: Env, secret: bytes) -> Outcome:
        return passed(f"{env} {secret!r}")

    line = a_check.__code__.co_firstlineno
    with pytest.raises(BadSignature) as caught:
        check_of(a_check)
    where = re.escape(f"{Path(__file__).name}:{line}: parameter 'secret' of a_check ")
    assert re.match(where, str(caught.value))


def without_annotation(env) -> Outcome:  # type: ignore[no-untyped-def]  # noqa: ANN001 - the slip under test
    return passed(str(env))


def with_arguments(*envs: Env) -> Outcome:
    return passed(str(envs))


def with_keywords(**envs: Env) -> Outcome:
    return passed(str(envs))


def with_positional(env: Env, /) -> Outcome:
    return passed(str(env))


@pytest.mark.parametrize("function", [without_annotation, with_arguments, with_keywords, with_positional])
def test_a_parameter_that_cannot_be_given_by_name_is_refused(function: Callable[..., Outcome]) -> None:
    with pytest.raises(BadSignature, match=function.__name__):
        check_of(function)


@pytest.mark.parametrize("each", ELSEWHERE)
@pytest.mark.parametrize("annotation", [Env, Env | Missing, Server])
def test_what_one_server_tells_needs_a_server_for_a_target(annotation: object, each: Target) -> None:
    with pytest.raises(BadSignature, match=f"the target is the {each.value}"):
        check_of(asking_for(annotation), each)


@pytest.mark.parametrize("each", Target)
@pytest.mark.parametrize("annotation", [PerServer[Env], PerNode[Env | Missing], ClusterView, Inventory])
def test_what_all_servers_tell_goes_with_any_target(annotation: object, each: Target) -> None:
    assert len(check_of(asking_for(annotation), each).needs) == 1


def test_needs_are_in_the_order_of_the_parameters() -> None:
    def a_check(env: Env, services: PerNode[Services], *, inventory: Inventory) -> Outcome:
        return passed(f"{env} {services} {inventory}")

    assert [need.parameter for need in check_of(a_check).needs] == ["env", "services", "inventory"]


@check(
    title="The server has a name",
    each=Target.SERVER,
    severity=Severity.HIGH,
    profiles=[*ALL_PROFILES],
    stage=Stage.BUILT,
    grade=Grade.INFERRED,
    requires=["a.b"],
    references=iter(["https://example.com"]),
    aliases=("old.name",),
)
def server_has_a_name(env: Env) -> Outcome:
    """Without a name
    nobody   can call it.

    And nobody does."""
    return passed(env.computer_name)


def test_a_check_can_be_asked_directly() -> None:
    env = next(iter(healthy().machines.values())).facts["env"]
    assert isinstance(env, Env)
    outcome = server_has_a_name(env)
    assert outcome == passed(env.computer_name)
    assert server_has_a_name(env=env) == outcome


def test_a_check_carries_what_a_reader_should_know() -> None:
    assert server_has_a_name.name == "server_has_a_name"
    assert server_has_a_name.description == "Without a name nobody can call it. And nobody does."
    assert server_has_a_name.profiles == ALL_PROFILES
    assert server_has_a_name.requires == ("a.b",)
    assert server_has_a_name.references == ("https://example.com",)
    assert server_has_a_name.aliases == ("old.name",)
    assert server_has_a_name.cluster_roles == ALL_CLUSTER_ROLES


def test_a_check_without_a_docstring_describes_nothing() -> None:
    assert check_of(asking_for(Env)).description == ""


def test_per_server_maps_names_to_facts() -> None:
    given = {"NODE1": 1, "NODE2": 2}
    facts = PerNode(given)
    given["NODE3"] = 3
    assert dict(facts) == {"NODE1": 1, "NODE2": 2}
    assert (len(facts), facts["NODE2"], "NODE3" in facts) == (2, 2, False)


def test_kinds_of_per_server_have_their_members() -> None:
    kinds = (PerServer, PerNode, PerMaster, PerBizTalkServer, PerMachine)
    assert tuple(kind.members for kind in kinds) == ON_SERVERS


def steps() -> Iterator[Step]:
    yield Step("Do it.", command=powershell("Get-ClusterResource {name}", name="O'Brien"))


def test_outcomes() -> None:
    fail = failed("wrong", why="because", expected="1", observed="0", fix=steps(), servers=["NODE1"])
    assert (fail.status, fail.text, fail.servers) == (Status.FAIL, "wrong", ("NODE1",))
    assert (fail.why, fail.expected, fail.observed) == ("because", "1", "0")
    assert fail.fix[0].command is not None
    assert fail.fix[0].command.render() == ("Get-ClusterResource 'O''Brien'", True)
    assert not_verified("unclear", hint="Look.") == Outcome(Status.NOT_VERIFIED, "unclear", hint="Look.")
    assert not_applicable("no cluster") == Outcome(Status.NOT_APPLICABLE, "no cluster")
    assert passed("good", servers=iter(["A"])) == Outcome(Status.PASS, "good", servers=("A",))


def test_commands_are_quoted_for_their_shell() -> None:
    rendered = [make("x {a}", a="it's").render()[0] for make in (powershell, cmd, tsql)]
    assert rendered == ["x 'it''s'", 'x "it\'s"', "x N'it''s'"]


@pytest.mark.parametrize("make", [powershell, cmd, tsql])
def test_a_value_without_a_placeholder_is_refused(make: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match="no placeholder for name"):
        make("Get-ClusterResource {nome}", name="x")
