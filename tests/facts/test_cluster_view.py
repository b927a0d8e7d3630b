from typing import Any

import pytest
from pydantic import ValidationError

from ssoaudit.facts import ClusterResource, ClusterView, Lacking
from ssoaudit.facts.cluster_view import (
    Dependency,
    GroupState,
    NodeState,
    PossibleOwner,
    ResourceState,
)
from ssoaudit.lab.estate import healthy

VIEW = next(
    fact for machine in healthy().machines.values() for fact in machine.facts.values() if isinstance(fact, ClusterView)
)
ENTSSO = VIEW.entsso


def with_resources(*resources: ClusterResource) -> ClusterView:
    others = tuple(resource for resource in VIEW.resources if resource.id != ENTSSO.id)
    return VIEW.model_copy(update={"resources": (*others, *resources)})


def with_dependency(expression: str | None, error: str | None = None) -> ClusterView:
    dependency = Dependency(resource_id=ENTSSO.id.upper(), expression=expression, error=error)
    return VIEW.model_copy(update={"dependencies": (dependency,)})


def test_the_resource_that_runs_entsso() -> None:
    assert ENTSSO.type == "Generic Service"
    assert VIEW.entsso_resources == (ENTSSO,)


def test_the_service_is_known_in_any_case() -> None:
    view = with_resources(ENTSSO.model_copy(update={"service_name": "EntSso"}))
    assert view.entsso.service_name == "EntSso"


@pytest.mark.parametrize(
    "change",
    [{"service_name": "Spooler"}, {"service_name": None}, {"type": "Generic Application"}, {"type": "generic service"}],
)
def test_without_an_entsso_resource_the_view_lacks_it(change: dict[str, object]) -> None:
    view = with_resources(ENTSSO.model_copy(update=change))
    assert view.entsso_resources == ()
    with pytest.raises(Lacking, match="0 Generic Service resources run ENTSSO, not one"):
        _ = view.entsso


def test_with_two_entsso_resources_none_is_the_one() -> None:
    view = with_resources(ENTSSO, ENTSSO.model_copy(update={"id": "another"}))
    with pytest.raises(Lacking, match="2 Generic Service resources"):
        _ = view.entsso_group


def test_a_group_is_found_in_any_case() -> None:
    group = VIEW.group(ENTSSO.group.swapcase())
    assert group.name == ENTSSO.group
    assert VIEW.entsso_group is group


def test_an_unknown_group_is_lacking() -> None:
    with pytest.raises(Lacking, match="cluster_view: groups: the cluster has no group X"):
        VIEW.group("X")


def test_resources_of_a_group_by_type() -> None:
    inside = VIEW.in_group(ENTSSO.group.swapcase(), "Network Name", "IP Address")
    assert {resource.type for resource in inside} == {"Network Name", "IP Address"}
    assert {resource.group for resource in inside} == {ENTSSO.group}
    assert VIEW.in_group(ENTSSO.group) == ()
    assert VIEW.in_group("X", "Network Name") == ()


def test_a_resource_is_found_by_id_or_name() -> None:
    assert VIEW.resource(ENTSSO.id.upper()) is ENTSSO
    assert VIEW.resource(ENTSSO.name.lower()) is ENTSSO
    assert VIEW.resource("nothing of the kind") is None


def test_dependencies_are_found_by_id_in_any_case() -> None:
    assert with_dependency("([A] or [b]) and [c]").dependencies_of(ENTSSO) == (
        frozenset({"a", "b"}),
        frozenset({"c"}),
    )
    assert with_dependency(None).dependencies_of(ENTSSO) == ()


@pytest.mark.parametrize(
    ("view", "why"),
    [
        (with_dependency(None, "access denied"), "access denied"),
        (with_dependency("[a", None), "unexpected character"),
        (VIEW.model_copy(update={"dependencies": ()}), "nothing was read"),
    ],
)
def test_dependencies_that_were_not_told_are_lacking(view: ClusterView, why: str) -> None:
    with pytest.raises(Lacking, match=why) as caught:
        view.dependencies_of(ENTSSO)
    assert caught.value.part == "dependencies"
    assert ENTSSO.name in str(caught.value)


def test_possible_owners_are_sorted_names() -> None:
    owners = (
        PossibleOwner(resource=ENTSSO.name.upper(), node="NODE2"),
        PossibleOwner(resource="other", node="NODE3"),
        PossibleOwner(resource=ENTSSO.name, node="NODE1"),
    )
    view = VIEW.model_copy(update={"possible_owners": owners})
    assert view.possible_owners_of(ENTSSO) == ("NODE1", "NODE2")


@pytest.mark.parametrize("states", [NodeState, GroupState, ResourceState])
@pytest.mark.parametrize("number", [-1, 4294967295, 77, 2**40])
def test_a_number_not_known_is_an_unknown_state(
    states: type[NodeState] | type[GroupState] | type[ResourceState], number: int
) -> None:
    assert states(number) is states.UNKNOWN


def data(part: str, **change: object) -> dict[str, Any]:
    """The answer of the lab's reader with the first of its nodes, groups or resources altered."""
    answer = VIEW.model_dump(mode="json")
    answer[part][0].update(change)
    return answer


@pytest.mark.parametrize("part", ["nodes", "groups", "resources"])
def test_a_state_of_minus_one_comes_as_an_unsigned_number(part: str) -> None:
    view = ClusterView.read(data(part, state=4294967295))
    assert getattr(view, part)[0].state.name == "UNKNOWN"


@pytest.mark.parametrize("part", ["nodes", "groups", "resources"])
@pytest.mark.parametrize("state", ["planted-secret", "0", None, True, False, 0.0, 1.5, [], {"a": 1}], ids=ascii)
def test_a_state_that_is_no_number_is_refused(part: str, state: object) -> None:
    with pytest.raises(ValidationError):
        ClusterView.read(data(part, state=state))


def test_numbers_of_the_states() -> None:
    assert [state.value for state in NodeState] == [-1, 0, 1, 2, 3]
    assert [state.value for state in GroupState] == [-1, 0, 1, 2, 3, 4]
    assert [state.value for state in ResourceState] == [-1, 0, 1, 2, 3, 4, 128, 129, 130]
