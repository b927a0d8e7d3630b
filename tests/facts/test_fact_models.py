import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from ssoaudit.collect.script import reader_name
from ssoaudit.facts import TOPICS, Fact, Identities, Lacking, MasterSecretIds, Part, Scope
from ssoaudit.facts.guid import NOBODY
from ssoaudit.facts.identities import ResolvedName, Token
from ssoaudit.lab.estate import healthy
from tests.facts.readers import reader_of

ESTATE = healthy()
FACTS: dict[str, Fact] = {topic: fact for machine in ESTATE.machines.values() for topic, fact in machine.facts.items()}


def parts(annotation: object) -> Iterator[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
        for field in annotation.model_fields.values():
            yield from parts(field.annotation)
    for argument in get_args(annotation):
        yield from parts(argument)


MODELS = sorted({model for topic in TOPICS for model in parts(topic)}, key=lambda model: model.__name__)


def answer(topic: type[Fact]) -> dict[str, Any]:
    """What the topic's reader answers on a machine of the healthy lab."""
    data: dict[str, Any] = json.loads(FACTS[topic.topic].model_dump_json())
    return data


def test_the_walk_finds_nested_parts() -> None:
    assert {"ClusterNode", "Dependency", "Service", "SqlAlias", "Cid"} <= {model.__name__ for model in MODELS}


@pytest.mark.parametrize("model", MODELS)
def test_a_model_is_frozen_and_closed(model: type[Part]) -> None:
    assert model.model_config["frozen"] is True
    assert model.model_config["extra"] == "forbid"
    assert model.model_config["hide_input_in_errors"] is True


@pytest.mark.parametrize("model", MODELS)
def test_no_field_has_a_default(model: type[Part]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.is_required()] == []


@pytest.mark.parametrize("model", MODELS)
def test_no_field_can_be_changed_in_place(model: type[Part]) -> None:
    mutable = [name for name, field in model.model_fields.items() if re.search(r"\b(list|dict|set)\b", str(field))]
    assert mutable == []


@pytest.mark.parametrize("model", MODELS)
def test_a_model_says_what_it_means(model: type[Part]) -> None:
    assert model.__doc__


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_tells_its_source(topic: type[Fact]) -> None:
    assert "Source:" in (topic.__doc__ or "")
    assert isinstance(topic.scope, Scope)


def test_topics_are_told_apart() -> None:
    assert len({topic.topic for topic in TOPICS}) == len(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_has_its_reader(topic: type[Fact]) -> None:
    reader = files("ssoaudit.facts").joinpath(f"{topic.topic}.ps1").read_text(encoding="ascii")
    assert re.findall(r"(?m)^function (Read-\w+) \{$", reader) == [reader_name(topic.topic)]


@pytest.mark.parametrize("topic", TOPICS)
def test_the_reader_and_the_model_name_the_same_fields(topic: type[Fact]) -> None:
    code = re.sub(r"(?s)@'\n.*?\n'@", "", reader_of(topic))
    named = set(re.findall(r"(?:^|[{;]|\$data\.)\s*([a-z][a-z_0-9]*) = ", code, re.MULTILINE)) - {"lacking"}
    assert named == {name for model in set(parts(topic)) for name in model.model_fields}


@pytest.mark.parametrize("topic", TOPICS)
def test_the_reader_makes_a_list_where_the_model_has_one(topic: type[Fact]) -> None:
    """Without `@(...)` PowerShell makes a list of one what stands in it, and an empty list nothing."""
    lists = {
        name for model in parts(topic) for name, field in model.model_fields.items() if "tuple" in str(field.annotation)
    }
    assigned = re.findall(
        r"(?m)(?:^|[{;]|\$(?:data|answer)\.)\s*([a-z][a-z_0-9]*) = (@\(|\$null\b|\d+\b|[^;}\n]*)", reader_of(topic)
    )
    assert lists == {name for name, value in assigned if name in lists and value == "@("}
    assert [
        (name, value)
        for name, value in assigned
        if name in lists and value not in {"@(", "$null"} and not value.isdigit()
    ] == []


@pytest.mark.parametrize("topic", TOPICS)
def test_a_whole_answer_is_read(topic: type[Fact]) -> None:
    assert topic.read(answer(topic)) == FACTS[topic.topic]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_fact_cannot_be_changed(topic: type[Fact]) -> None:
    fact = topic.read(answer(topic))
    with pytest.raises(ValidationError):
        setattr(fact, next(iter(topic.model_fields)), None)


@pytest.mark.parametrize("topic", TOPICS)
def test_an_extra_field_is_refused(topic: type[Fact]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        topic.read({**answer(topic), "more": 1})


@pytest.mark.parametrize(("topic", "name"), [(topic, name) for topic in TOPICS for name in topic.model_fields])
def test_a_missing_field_is_refused(topic: type[Fact], name: str) -> None:
    data = answer(topic)
    del data[name]
    with pytest.raises(ValidationError, match="Field required"):
        topic.read(data)


@pytest.mark.parametrize(("topic", "name"), [(topic, name) for topic in TOPICS for name in topic.model_fields])
@pytest.mark.parametrize("value", [1.5, {"planted": 1}, ["planted", {"planted": 1}]], ids=ascii)
def test_a_value_of_another_type_is_refused(topic: type[Fact], name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        topic.read({**answer(topic), name: value})


@pytest.mark.parametrize("value", ["true", 1, 0, None, "False"])
def test_truth_is_not_converted(value: object) -> None:
    with pytest.raises(ValidationError):
        MasterSecretIds.read({"is_present": value, "names": []})


@pytest.mark.parametrize(("topic", "name"), [(topic, name) for topic in TOPICS for name in topic.model_fields])
def test_a_lacking_part_is_told_when_it_is_used_and_only_then(topic: type[Fact], name: str) -> None:
    data = answer(topic)
    del data[name]
    fact = topic.read(data, {name: "denied: 0x80070005"})
    for other in data:
        assert getattr(fact, other) == getattr(FACTS[topic.topic], other)
    with pytest.raises(Lacking, match="denied: 0x80070005") as caught:
        getattr(fact, name)
    assert (caught.value.topic, caught.value.part) == (topic.topic, name)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_rest_of_a_partial_answer_is_as_strict(topic: type[Fact]) -> None:
    name, *others = topic.model_fields
    rest = {key: value for key, value in answer(topic).items() if key != name}
    with pytest.raises(ValidationError, match="Extra inputs"):
        topic.read({**rest, "more": 1}, {name: "denied"})
    for other in others:
        with pytest.raises(ValidationError) as caught:
            topic.read({**rest, other: {"planted": 1}}, {name: "denied"})
        assert caught.value.errors()[0]["loc"][0] == other


def test_a_part_is_lacking_or_there_but_not_both() -> None:
    with pytest.raises(ValidationError, match="names"):
        MasterSecretIds.read({"is_present": True, "names": ["planted"]}, {"names": "denied"})


def test_a_part_that_no_fact_has_cannot_lack() -> None:
    with pytest.raises(ValidationError, match="planted"):
        MasterSecretIds.read({"is_present": True, "names": []}, {"planted": "denied"})


def test_a_field_that_is_neither_lacking_nor_there_is_refused() -> None:
    with pytest.raises(ValidationError, match="Field required"):
        MasterSecretIds.read({}, {"names": "denied"})


def test_what_depends_on_a_lacking_part_tells_it_too() -> None:
    fact = MasterSecretIds.read({"is_present": True}, {"names": "denied"})
    assert fact.is_present
    with pytest.raises(Lacking, match="master_secret_ids: names: denied"):
        _ = fact.ids


def test_a_name_that_no_fact_has_is_an_ordinary_error() -> None:
    assert not hasattr(FACTS["env"], "nothing_of_the_kind")


def test_an_error_does_not_show_what_was_read() -> None:
    with pytest.raises(ValidationError) as caught:
        MasterSecretIds.read({"is_present": "planted-secret", "names": [{"a": "planted-secret"}]})
    assert "planted-secret" not in str(caught.value)


def test_ids_are_guids_without_braces_and_case() -> None:
    fact = MasterSecretIds(is_present=True, names=("{ABCDEF00-0000-0000-0000-000000000001}", "Other", f"{{{NOBODY}}}"))
    assert fact.ids == {"abcdef00-0000-0000-0000-000000000001"}


# The identities

MACHINE = "S-1-5-21-1-2-3"
ACCOUNT = Token(account="CONTOSO\\svc", user_sid="S-1-5-21-9-9-9-1121", group_sids=("S-1-1-0",), error=None)
REFUSED = Token(account="CONTOSO\\gone", user_sid=None, group_sids=(), error="it is disabled")
NAME = ResolvedName(name="CONTOSO\\svc", sid="S-1-5-21-9-9-9-1121", kind=1, error=None)
UNKNOWN = ResolvedName(name="CONTOSO\\gone", sid=None, kind=None, error="not mapped")
IDENTITIES = Identities(machine_sid=MACHINE, names=(NAME, UNKNOWN), tokens=(ACCOUNT, REFUSED))


@pytest.mark.parametrize(
    ("name", "resolved"), [("contoso\\SVC", NAME), ("CONTOSO\\svc", NAME), ("CONTOSO\\gone", UNKNOWN)]
)
def test_a_name_is_found_in_any_case(name: str, resolved: ResolvedName) -> None:
    assert IDENTITIES.resolved(name) == resolved


def test_a_name_that_was_not_asked_for_is_lacking() -> None:
    with pytest.raises(Lacking, match=r"identities: names: CONTOSO\\other was not asked for"):
        IDENTITIES.resolved("CONTOSO\\other")


def test_a_token_is_found_in_any_case() -> None:
    assert IDENTITIES.token("contoso\\SVC") == ACCOUNT


def test_an_account_without_a_token_is_lacking_with_the_reason() -> None:
    with pytest.raises(Lacking, match=r"identities: tokens: CONTOSO\\gone: it is disabled"):
        IDENTITIES.token("CONTOSO\\gone")


def test_an_account_that_was_not_asked_for_is_lacking() -> None:
    with pytest.raises(Lacking, match=r"identities: tokens: CONTOSO\\other was not asked for"):
        IDENTITIES.token("CONTOSO\\other")


def test_tokens_that_were_left_out_are_lacking_and_names_are_not() -> None:
    data = json.loads(IDENTITIES.model_dump_json(exclude={"tokens"}))
    fact = Identities.read(data, {"tokens": "left out (--no-s4u)"})
    assert fact.resolved("CONTOSO\\svc") == NAME
    with pytest.raises(Lacking, match="left out"):
        fact.token("CONTOSO\\svc")


@pytest.mark.parametrize(
    ("sid", "is_domain"),
    [
        ("S-1-5-21-9-9-9-1121", True),
        ("S-1-5-21-1-2-30-1121", True),
        (f"{MACHINE}-1121", False),
        ("S-1-5-32-544", False),
        ("S-1-5-18", False),
        ("S-1-5-80-0", False),
    ],
)
def test_a_sid_is_a_domains_or_not(sid: str, *, is_domain: bool) -> None:
    assert IDENTITIES.is_domain_sid(sid) is is_domain


def test_whose_a_sid_is_cannot_be_told_without_the_machines() -> None:
    unread = IDENTITIES.model_copy(update={"machine_sid": None})
    assert not unread.is_domain_sid("S-1-5-32-544")
    with pytest.raises(Lacking, match="machine_sid: not read"):
        unread.is_domain_sid("S-1-5-21-9-9-9-1121")
