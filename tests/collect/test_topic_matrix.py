"""Each topic in turn goes wrong on a node, or is as large as it may be: the audit says so, and nothing else changes."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ssoaudit import record
from ssoaudit.collect.frames import Transcript, read_transcript, readings
from ssoaudit.collect.script import ARGUMENTS, BOOTSTRAP, COMMAND, script, stdin
from ssoaudit.evidence import Evidence, Missing, Read, Reading, ReadStatus, parse
from ssoaudit.facts import TOPICS, Env, EventLog, Fact
from ssoaudit.lab.estate import NODES, LabEstate, healthy
from ssoaudit.lab.powershell import Answer, powershell
from ssoaudit.registry import find_checks, find_reports
from ssoaudit.result import Result
from ssoaudit.vocabulary import Status, Verdict
from tests.checks.bundles import bundle, judge
from tests.facts.readers import reader_of

NODE = NODES[0]
MEBIBYTE = 1024 * 1024
LARGEST_ANSWER = 3 * MEBIBYTE
NAMES = (
    "[SSO]*?`$x",
    'it\'s "quoted" \u2019x\u2018',
    "two\nlines\r\n",
    "\u202egpj\u2066.exe",
    "\U0001f4a3 \u00e4\u4e2d",
    "\x1b[2J\x00",
)
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LOCALISED = "Der RPC-Server ist nicht verf\u00fcgbar."

WRONG = {
    "denied": (Answer("denied", {"type": "T", "code": "0x80070005", "message": "no access", "where": "7"}), "denied"),
    "absent": (Answer("absent", {"type": "", "code": "", "message": "there is none", "where": ""}), "absent"),
    "error": (Answer("error", {"type": "T", "code": "0x800706BA", "message": LOCALISED, "where": "7"}), "error"),
    "nameless error": (Answer("error", {"message": NAMES[3] + NAMES[5]}), "error"),
    "malformed": (Answer("ok", {"surprise": ["planted"]}), "malformed"),
    "nothing": (Answer("ok", {}), "malformed"),
    "lacking all": (Answer("partial", {"lacking": {"surprise": "denied"}}), "malformed"),
    "nonsense": (Answer("ok", {"nonsense": "\u202e[" * (MEBIBYTE // 4)}), "malformed"),
    "too large": (Answer("too_large", {}), "too_large"),
    "far too large": (Answer("ok", {"nonsense": "x" * (LARGEST_ANSWER + 1)}), "too_large"),
}


def facts_of(estate: LabEstate, name: str = NODE) -> dict[str, Answer]:
    """What a machine of the lab answers; what it lacks is absent."""
    facts = estate.machines[name].facts
    return {
        topic.topic: Answer("ok", facts[topic.topic].model_dump(mode="json"))
        if topic.topic in facts
        else Answer("absent", {"message": "there is none"})
        for topic in TOPICS
    }


def transcript(answers: Mapping[str, Answer]) -> Transcript:
    asked = stdin({"topics": [topic.topic for topic in TOPICS]})
    return read_transcript(powershell(answers, BOOTSTRAP)(COMMAND, ARGUMENTS, asked).stdout)


def answered(answers: Mapping[str, Answer]) -> dict[str, Reading]:
    """What the collector makes of a node's answers."""
    return readings(NODE, TOPICS, transcript(answers), None)


def audited(found: Mapping[str, Reading]) -> Evidence:
    """The healthy estate's evidence, with these readings of the node: written to a file's bytes and read again."""
    evidence = bundle(healthy())
    servers = tuple(
        server.model_copy(update={"topics": {**found}}) if server.name == NODE else server
        for server in evidence.servers
    )
    return parse(record.dump(evidence.model_copy(update={"servers": servers})), Path("evidence.json"))


def readable(result: Result) -> None:
    """Every report can be drawn, and what is shown holds no character that steers a terminal or a page."""
    for name, point in find_reports().items():
        page: bytes = point.load().render(result)
        text = page.decode("utf-8")
        if name != "json":
            assert CONTROLS.findall(text) == []


def changed(evidence: Evidence) -> dict[tuple[str, str], Status]:
    """The findings that are not as in the healthy estate."""
    result = judge(evidence)
    readable(result)
    return {
        (finding.check, finding.target): finding.status
        for finding in result.findings
        if finding.status is not Status.PASS
    }


ANSWERS = facts_of(healthy())
SOUND = answered(ANSWERS)


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_topic_that_goes_wrong_costs_itself_alone(topic: type[Fact], wrong: str) -> None:
    answer, status = WRONG[wrong]
    found = answered({**ANSWERS, topic.topic: answer})
    reading = found.pop(topic.topic)
    assert isinstance(reading, Missing)
    assert reading.status.value == status
    assert reading.message
    assert reading.hint
    assert "planted" not in reading.model_dump_json()
    assert found == {name: kept for name, kept in SOUND.items() if name != topic.topic}

    findings = changed(audited({**found, topic.topic: reading}))
    assert set(findings.values()) <= {Status.NOT_VERIFIED}
    assert bool(findings) is is_needed(topic)


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("wrong", WRONG)
def test_an_estate_with_a_topic_that_went_wrong_is_not_ready(topic: type[Fact], wrong: str) -> None:
    answer, status = WRONG[wrong]
    found = answered({**ANSWERS, topic.topic: answer})
    if status != "absent" or is_needed(topic):
        assert judge(audited(found)).verdict is Verdict.INCOMPLETE


def is_needed(topic: type[Fact]) -> bool:
    """Whether a check is not called without that topic of a node; without the server's name none is believed."""
    needs = [need for registered in find_checks().checks for need in registered.check.needs]
    return topic is Env or any(need.fact is topic and not need.optional for need in needs)


def capped(topic: type[Fact]) -> dict[str, int]:
    """The lists of a topic, and how much each may hold."""
    fields = topic.model_json_schema()["properties"]
    shapes = {name: [field, *field.get("anyOf", [])] for name, field in fields.items()}
    return {
        name: shape["maxItems"] for name, choices in shapes.items() for shape in choices if shape.get("type") == "array"
    }


CAPPED = [(topic, name) for topic in TOPICS for name in capped(topic)]


def example(schema: Mapping[str, Any], shape: Mapping[str, Any]) -> Any:
    """A value of a shape in a JSON Schema."""
    if "$ref" in shape:
        return example(schema, schema["$defs"][shape["$ref"].rpartition("/")[2]])
    if "anyOf" in shape:
        return example(schema, next(choice for choice in shape["anyOf"] if choice.get("type") != "null"))
    if shape["type"] == "object":
        return {name: example(schema, field) for name, field in shape["properties"].items()}
    if shape["type"] == "string":
        return "2026-11-20T08:40:51Z" if shape.get("format") == "date-time" else "UlBD"
    return {"array": [], "boolean": True, "integer": 1}[shape["type"]]


def filled(topic: type[Fact], name: str, count: int) -> dict[str, Any]:
    """The lab's answer, with as many of a list as that; what the lab has none of is made up."""
    data: dict[str, Any] = dict(ANSWERS[topic.topic].data)
    schema = topic.model_json_schema()
    field = schema["properties"][name]
    shape = next(choice for choice in [field, *field.get("anyOf", [])] if choice.get("type") == "array")
    known = data[name] or [example(schema, shape["items"])]
    return {**data, name: [known[place % len(known)] for place in range(count)]}


@pytest.mark.parametrize(("topic", "name"), CAPPED)
def test_a_list_at_its_cap_is_read_and_one_beyond_it_is_not(topic: type[Fact], name: str) -> None:
    most = capped(topic)[name]
    found = answered({**ANSWERS, topic.topic: Answer("ok", filled(topic, name, most))})
    assert isinstance(found[topic.topic], Read)
    changed(audited(found))

    found = answered({**ANSWERS, topic.topic: Answer("ok", filled(topic, name, most + 1))})
    assert found[topic.topic].status is ReadStatus.MALFORMED
    assert set(changed(audited(found)).values()) <= {Status.NOT_VERIFIED}


@pytest.mark.parametrize(("topic", "name"), CAPPED)
def test_the_reader_keeps_the_cap_of_the_model(topic: type[Fact], name: str) -> None:
    kept = rf"\b{name} = {capped(topic)[name]}\b" if not issubclass(topic, EventLog) else r"event_count 1000 5000\)"
    kept = BEFORE_READING.get((topic.topic, name), kept)
    assert (topic.topic, name) in AS_LONG_AS_WRITTEN or re.search(kept, reader_of(topic))


AS_LONG_AS_WRITTEN = {("entsso_files", "programs"), ("msdtc_firewall", "profiles")}
"""Lists with an entry for each name that stands in the reader."""

BEFORE_READING = {("backup_files", "files"): r"if \(\$backups\.Count -gt 200\)"}
"""Lists that are not even read where there is too much, and how the reader says so."""


def arrays(schema: object) -> Iterator[Mapping[str, Any]]:
    """Every list that a JSON Schema speaks of."""
    if isinstance(schema, dict):
        if schema.get("type") == "array":
            yield schema
        for inner in schema.values():
            yield from arrays(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from arrays(inner)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_list_has_a_cap(topic: type[Fact]) -> None:
    assert [shape for shape in arrays(topic.model_json_schema()) if "maxItems" not in shape] == []


@pytest.mark.parametrize("topic", TOPICS)
def test_no_answer_is_deeper_than_the_script_writes(topic: type[Fact]) -> None:
    (depth,) = {int(depth) for depth in re.findall(r"-Depth (\d+)", script())}
    assert deepest(topic.model_json_schema(), topic.model_json_schema()) <= depth


def deepest(schema: Mapping[str, Any], shape: Mapping[str, Any]) -> int:
    """How many objects and lists stand within each other."""
    if "$ref" in shape:
        return deepest(schema, schema["$defs"][shape["$ref"].rpartition("/")[2]])
    inner = [*shape.get("anyOf", []), *shape.get("properties", {}).values(), shape.get("items", {})]
    return (shape.get("type") in {"object", "array"}) + max(deepest(schema, each) for each in inner) if shape else 0


# Names that somebody chose


Place = tuple[str | int, ...]


def leaves(value: object, path: Place = ()) -> Iterator[Place]:
    """Where the texts of a JSON value are."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, Mapping | list | tuple):
        for key, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from leaves(inner, (*path, key))


def replaced(value: Any, path: Place, new: object) -> Any:
    """A copy of a JSON value with another value in one place."""
    if not path:
        return new
    key, *below = path
    if isinstance(value, Mapping):
        return {**value, key: replaced(value[key], tuple(below), new)}
    return [replaced(inner, tuple(below), new) if place == key else inner for place, inner in enumerate(value)]


def at(value: Any, path: Place) -> Any:
    for key in path:
        value = value[key]
    return value


def is_read(topic: type[Fact], data: Mapping[str, Any]) -> bool:
    try:
        topic.read(data)
    except ValidationError:
        return False
    return True


def hostile(topic: type[Fact], turn: int) -> dict[str, Any]:
    """The lab's answer with a name after each text that may be any, the names taken in turn."""
    data: dict[str, Any] = dict(ANSWERS[topic.topic].data)
    for place, path in enumerate(leaves(data)):
        name = f"{at(data, path)}{NAMES[(place + turn) % len(NAMES)]}"
        if is_read(topic, renamed := replaced(data, path, name)):
            data = renamed
    return data


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("turn", range(len(NAMES)))
def test_names_that_somebody_chose_stay_readable(topic: type[Fact], turn: int) -> None:
    data = hostile(topic, turn)
    found = answered({**ANSWERS, topic.topic: Answer("ok", data)})
    reading = found[topic.topic]
    assert isinstance(reading, Read)
    assert topic.read(reading.data) == topic.read(data)
    changed(audited(found))


# Parts, and anything else


@pytest.mark.parametrize(("topic", "name"), [(topic, name) for topic in TOPICS for name in topic.model_fields])
def test_a_part_that_lacks_costs_no_more_than_its_topic(topic: type[Fact], name: str) -> None:
    data = {key: value for key, value in ANSWERS[topic.topic].data.items() if key != name}
    answer = Answer("partial", {**data, "lacking": {name: LOCALISED}})
    found = answered({**ANSWERS, topic.topic: answer})
    reading = found[topic.topic]
    assert isinstance(reading, Read)
    assert reading.lacking == {name: LOCALISED}
    assert set(changed(audited(found)).values()) <= {Status.NOT_VERIFIED}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_whatever_a_node_sends_is_read_or_malformed_and_that_topic_alone(data: st.DataObject) -> None:
    topic = data.draw(st.sampled_from(TOPICS))
    answer = dict(ANSWERS[topic.topic].data)
    path = data.draw(st.sampled_from([(), *((name,) for name in answer), *leaves(answer)]))
    sent = replaced(answer, path, data.draw(ANYTHING))
    found = answered({**ANSWERS, topic.topic: Answer("ok", sent)})
    reading = found.pop(topic.topic)
    assert isinstance(reading, Read) or reading.status is ReadStatus.MALFORMED
    assert found == {name: kept for name, kept in SOUND.items() if name != topic.topic}
    changed(audited({**found, topic.topic: reading}))


def test_the_healthy_node_answers_every_topic_and_is_ready() -> None:
    assert {type(reading) for reading in SOUND.values()} == {Read}
    assert judge(audited(SOUND)).verdict is Verdict.READY
