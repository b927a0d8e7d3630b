"""Redaction: nothing of the site is left, and what is judged is the same."""

import base64
import json
import random
import re
import struct
from collections import Counter
from collections.abc import Iterator
from inspect import isclass
from typing import Any, get_args

import pytest
from bundles import bundle, judge
from faults import FAULTS, HARMLESS
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from ssoaudit import record
from ssoaudit.collect.sql.catalogue import TOPICS as SQL_TOPICS
from ssoaudit.evidence import Evidence, Missing, Read, typed
from ssoaudit.facts import PILOT_TOPICS, TOPICS, Lacking, bounds
from ssoaudit.lab.estate import NODES, LabEstate, healthy
from ssoaudit.lab.estate.descriptors import descriptor
from ssoaudit.lab.scenarios import SCENARIOS
from ssoaudit.redact import Pseudonyms, binary, redact
from ssoaudit.redact.document import DESCRIPTORS, FAILURE_ACTIONS, HOSTS, PLAIN, SENTENCES, fields_of_models
from ssoaudit.redact.text import Texts
from ssoaudit.redact.words import is_message_word
from ssoaudit.result import Finding, Result
from ssoaudit.vocabulary import Profile

ESTATES: dict[str, LabEstate] = {
    **{name: build() for name, build in SCENARIOS.items()},
    **{fault.name: fault.alter(healthy()) for fault in (*FAULTS, *HARMLESS)},
}
TOPIC_MODELS = (*TOPICS, *SQL_TOPICS)
WORD = re.compile(r"[^\W_][\w-]*")
LOWER = "abcdefghijklmnopqrstuvwxyz"
GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def pseudonyms() -> Pseudonyms:
    return Pseudonyms(chance=random.Random(7))  # noqa: S311 - the same every time


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a file, with the field that it stands in."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, key)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, name)


def words_of(evidence: Evidence) -> set[str]:
    """The words of all texts that are no sentences."""
    texts = [text for key, text in leaves(evidence.model_dump(mode="json")) if key not in SENTENCES]
    return {word.casefold() for text in texts for word in WORD.findall(text)}


def judged(result: Result) -> tuple[object, ...]:
    findings = Counter((each.check, each.status, each.severity, each.blocked_by) for each in result.findings)
    return result.verdict, findings


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("name", sorted(ESTATES))
def test_the_verdict_and_the_findings_stay(name: str, profile: Profile) -> None:
    evidence = bundle(ESTATES[name])
    known = pseudonyms()
    plain, redacted = judge(evidence, profile), judge(redact(evidence, known), profile)

    assert judged(redacted) == judged(plain)
    assert said(redacted, known) == said(plain, known)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    faults=st.lists(st.sampled_from([*FAULTS, *HARMLESS]), min_size=2, max_size=4, unique_by=lambda fault: fault.name),
    denied=st.sets(st.tuples(st.sampled_from(NODES), st.sampled_from([topic.topic for topic in TOPICS])), max_size=3),
    seed=st.integers(),
)
def test_several_faults_at_once_are_judged_the_same(faults: list[Any], denied: set[tuple[str, str]], seed: int) -> None:
    try:
        estate = altered(faults)
    except (LookupError, AssertionError, Lacking):  # what one fault has taken away the next cannot alter
        assume(False)
    evidence = bundle(estate, without=denied)
    redacted = redact(evidence, Pseudonyms(chance=random.Random(seed)))  # noqa: S311

    assert judged(judge(redacted)) == judged(judge(evidence))


def altered(faults: list[Any]) -> LabEstate:
    estate = healthy()
    for fault in faults:
        estate = fault.alter(estate)
    return estate


def said(result: Result, known: Pseudonyms) -> Counter[tuple[str, ...]]:
    """What the findings say, word by word, originals replaced. Names that are told in their order come in another."""
    return Counter(
        (finding.check, *sorted(word for text in texts_of(finding) for word in translated(text, known)))
        for finding in result.findings
    )


def texts_of(finding: Finding) -> list[str]:
    return [text for _, text in leaves(finding.model_dump(mode="json"))]


def translated(text: str, known: Pseudonyms) -> Iterator[str]:
    kinds = known.as_kinds()
    for word in re.findall(rf"{GUID.pattern}|[Ss]-1-[\d-]+\d|[\d.]+\d|\w[\w-]*", text):
        key = word.casefold()
        if GUID.fullmatch(key):
            yield "guid"  # of many one is told: the first in their order, which is another
        elif key.startswith("s-1-5-21-") and word.rpartition("-")[0] in kinds["sid"]:
            yield known.sid(word).casefold()
        else:
            yield kinds["address"].get(word) or kinds["word"].get(key, key)


@pytest.mark.parametrize("name", sorted(ESTATES))
def test_no_original_is_left(name: str) -> None:
    evidence = bundle(ESTATES[name])
    text = record.dump(redact(evidence, pseudonyms())).decode().casefold()

    names = ("contoso", "ssonode", "btsapp", "sqlsso", "ssoclu", "ssomss", "svc-", "orders", "audit01", 'lab"')
    assert [name for name in names if name in text] == []
    for original in GUID.findall(record.dump(evidence).decode()):
        assert original.strip("0-") == "" or original.casefold() not in text
    assert "1004336348" not in text
    assert "10.20.4." not in text


LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFXYZ0123456789äßØжя漢_-")
NAMES = st.text(LETTERS, min_size=3, max_size=20).filter(lambda name: name[0].isalpha() and name[-1] not in "-_")
LABELS = st.from_regex(r"[a-z]{3}[a-z0-9-]{0,16}[a-z0-9]", fullmatch=True)


@st.composite
def planted(draw: st.DrawFn) -> tuple[Evidence, set[str]]:
    """A bundle of the lab in which every text of the facts is a made-up name, and every sentence holds one."""
    names = draw(st.lists(NAMES, min_size=3, max_size=12, unique_by=str.casefold))
    host, group, path = draw(LABELS), draw(LABELS), draw(LABELS)
    chance = random.Random(draw(st.integers()))  # noqa: S311 - hypothesis need not shrink thousands of choices
    evidence = bundle(ESTATES[draw(st.sampled_from(sorted(ESTATES)))])
    data = evidence.model_dump(mode="json")
    for place in filter(None, (*data["servers"], data["ssodb"], data["management"], *data["message_boxes"])):
        for reading in place["topics"].values():
            if "data" in reading:
                reading["data"] = grown(reading["data"], names, chance)
            else:
                reading["message"] += f" {chance.choice(names)}: it's {chance.choice(names)}'s."
                reading["hint"] = chance.choice(names)
    data["ssodb"]["notes"] = [f"seen by {chance.choice(names)}"]
    data["run"] |= {"operator": f"CORP\\{names[0]}", "auditor": names[1]}
    data["inventory"] |= {"name": f"{names[2]} ({names[0]})", "operators": [f"{names[1]}@{host}.example"]}
    data["inventory"]["groups"]["sso_administrators"] = f"{group}\\{names[0]} Team"
    data["inventory"]["winrm"] |= {"ca_file": f"/home/{path}/ca.pem"}
    data["inventory"]["servers"][0]["address"] = f"{host}.{group}.example"
    return Evidence.model_validate_json(json.dumps(data)), {*names, host, group, path}


def grown(value: Any, names: list[str], chance: random.Random) -> Any:
    """The value with another text for every text, in one of the forms that names come in."""
    if isinstance(value, str):
        one, other = chance.choice(names), chance.choice(names)
        forms = (one, f"{one}\\{other}", f"{one}.{other}", f"{one}@{other}", f"C:\\Users\\{one}\\x", f"{one} {other}")
        return chance.choice(forms)
    if isinstance(value, list):
        return [grown(part, names, chance) for part in value]
    if isinstance(value, dict):
        return {key: grown(part, names, chance) for key, part in value.items()}
    return value


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(planted())
def test_no_name_is_left_wherever_it_stood(bundle_and_names: tuple[Evidence, set[str]]) -> None:
    evidence, names = bundle_and_names
    redacted = redact(evidence, pseudonyms())
    left = {word.casefold() for _, text in leaves(redacted.model_dump(mode="json")) for word in WORD.findall(text)}

    assert {name.casefold() for name in names if not is_message_word(name)} & left == set()


@pytest.mark.parametrize("model", TOPIC_MODELS, ids=lambda model: model.topic)
def test_a_redacted_fact_is_still_one(model: Any) -> None:
    redacted = redact(bundle(healthy()), pseudonyms())
    places = [*redacted.servers, redacted.ssodb, redacted.management]
    readings = [place.topics[model.topic] for place in places if place and model.topic in place.topics]

    assert any(isinstance(reading, Read) for reading in readings)
    assert all(isinstance(typed(reading, model), model) for reading in readings if isinstance(reading, Read))


def test_the_same_names_are_the_same_in_every_spelling() -> None:
    texts = Texts(pseudonyms())
    short, domain = texts.value("SSONODE1"), texts.value("contoso")

    assert short.isupper()
    assert len(short) == len("SSONODE1")
    assert texts.value("ssonode1.contoso.com") == f"{short.lower()}.{domain}.com"
    assert texts.value("CONTOSO\\svc-sso") == f"{domain.upper()}\\{texts.value('svc-sso')}"
    assert texts.value("svc-sso@contoso.com") == f"{texts.value('svc-sso')}@{domain}.com"
    assert texts.value("tcp:SSONODE1\\ORDERS,1433").startswith(f"tcp:{short}\\")
    assert texts.value("tcp:SSONODE1\\ORDERS,1433").endswith(",1433")


def test_a_long_name_and_what_windows_cuts_it_to_stay_one() -> None:
    texts = Texts(pseudonyms())
    long, cut = texts.value("integration-platform-node-1"), texts.value("INTEGRATION-PLATFORM-NODE-1"[:15])

    assert long[:15].upper() == cut
    assert len(cut) == 15
    assert texts.value("INTEGRATION-PLATFORM-NODE-2"[:15]) == cut


@pytest.mark.parametrize(
    "text",
    [
        "NT AUTHORITY\\NetworkService",
        "BUILTIN\\Administrators",
        "LocalSystem",
        "S-1-5-32-544",
        "S-1-5-80-0",
        "{00000000-0000-0000-0000-000000000000}",
        "127.0.0.1",
        "::1",
        "-----",
        "Generic Service",
        "BTSSvc$",
        "0x80070005",
    ],
)
def test_what_is_the_same_everywhere_stays(text: str) -> None:
    assert Texts(pseudonyms()).value(text) == text


def test_sids_keep_their_domain_and_their_well_known_rids() -> None:
    known = pseudonyms()
    user, users, other = (known.sid(f"S-1-5-21-1004336348-1177238915-682003330-{rid}") for rid in (1109, 513, 1110))

    assert users.endswith("-513")
    assert len({sid.rpartition("-")[0] for sid in (user, users, other)}) == 1
    assert user != other
    assert "1004336348" not in user
    assert not user.endswith("-1109")
    assert known.sid("S-1-5-21-1004336348-1177238915-682003330") == user.rpartition("-")[0]


def test_addresses_stay_private_and_in_their_subnet() -> None:
    known = pseudonyms()
    one, other, far = known.address("192.0.2.10"), known.address("192.0.2.11"), known.address("198.51.100.10")

    assert one.startswith("10.")
    assert one.rpartition(".")[0] == other.rpartition(".")[0] != far.rpartition(".")[0]
    assert one != other
    assert known.address("2001:db8::1").startswith("fd")
    assert known.address("2001:db8::1") == known.address("2001:0db8:0::0001")
    assert known.address("2001:DB8::1") == known.address("2001:db8::1").upper()


def test_a_guid_is_one_in_every_spelling() -> None:
    texts = Texts(pseudonyms())
    spelled = texts.value("{2f1c6a3e-7c1b-4d5e-9a54-0b8f6f3f1d11}")

    assert GUID.fullmatch(spelled.strip("{}"))
    assert texts.value("2F1C6A3E-7C1B-4D5E-9A54-0B8F6F3F1D11") == spelled.strip("{}").upper()
    assert texts.value("2f1c6a3e7c1b4d5e9a540b8f6f3f1d11") == spelled.strip("{}").replace("-", "")


def test_network_cards_and_thumbprints_keep_their_form() -> None:
    texts = Texts(pseudonyms())

    assert re.fullmatch("02-(?:[0-9A-F]{2}-){4}[0-9A-F]{2}", texts.value("00-15-5D-01-02-0A"))
    assert texts.value("00:15:5d:01:02:0a").replace(":", "-").upper() == texts.value("00-15-5D-01-02-0A")
    assert re.fullmatch("[0-9A-F]{40}", texts.value("9F" * 19 + "0A"))
    assert texts.value("9F" * 19 + "0A") != "9F" * 19 + "0A"


def test_a_map_is_gone_on_with() -> None:
    first = pseudonyms()
    again = Pseudonyms(first.as_kinds(), chance=random.Random(8))  # noqa: S311
    redact(bundle(healthy()), first)
    later = Pseudonyms(first.as_kinds(), chance=random.Random(9))  # noqa: S311

    assert record.dump(redact(bundle(healthy()), later)) == record.dump(redact(bundle(healthy()), first))
    assert record.dump(redact(bundle(healthy()), again)) != record.dump(redact(bundle(healthy()), first))


def test_two_runs_share_no_pseudonym() -> None:
    one, other = Pseudonyms(), Pseudonyms()
    redact(bundle(healthy()), one)
    redact(bundle(healthy()), other)

    assert one.as_kinds()["guid"].keys() == other.as_kinds()["guid"].keys()
    assert set(one.as_kinds()["guid"].values()).isdisjoint(other.as_kinds()["guid"].values())


def test_no_word_of_the_lab_is_a_common_one() -> None:
    names = ("contoso", "ssonode1", "btsapp01", "sqlsso01", "ssomss", "ssoclu01", "sso-mss", "svc-entsso", "orders")
    assert [name for name in names if is_message_word(name)] == []


def test_every_topic_is_known() -> None:
    known = {name.partition(".")[0] for name in fields_of_models()}
    assert [model.topic for model in (*TOPIC_MODELS, *PILOT_TOPICS) if model.__name__ not in known] == []


def test_every_plain_field_is_one_of_a_model() -> None:
    assert PLAIN.keys() | HOSTS | DESCRIPTORS | FAILURE_ACTIONS <= fields_of_models()


def test_the_file_says_that_it_is_redacted() -> None:
    assert redact(bundle(healthy()), pseudonyms()).run.redacted


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("tcp:192.0.2.77,1433", ["192", "77"]),
        ("::ffff:192.0.2.77", ["192", "77"]),
        ("http://192.0.2.77:5985/wsman", ["192", "77"]),
        ("77.2.0.192.in-addr.arpa", ["192", "77"]),
        ("[2001:db8:7777::77]:5986", ["db8", "7777"]),
        ("fe80::7777%12", ["7777"]),
        ("CORP\\471123", ["471123"]),
        ("471123@corp.example", ["471123"]),
        ("+49 30 7654321", ["7654321"]),
        ("\\\\FILER7\\jdoe$", ["filer7", "jdoe"]),
        ("https://jdoe:x@filer7.corp.example/path?of=jdoe", ["jdoe", "filer7"]),
        ("ip-192-0-2-77", ["192"]),
        ("node-1-2-0", ["node"]),
        ("CN=Jane Doe,OU=Team 7,DC=corp,DC=example", ["jane", "doe", "corp"]),
    ],
)
def test_names_and_addresses_in_every_wrapping(text: str, names: list[str]) -> None:
    texts = Texts(pseudonyms())
    for redacted in (texts.value(text), texts.sentence(f"It said: {text}.")):
        left = re.findall(r"[0-9a-z]+", redacted.casefold())
        assert [name for name in names if name in left] == []


@pytest.mark.parametrize(
    "text",
    [
        "Access is denied.",
        "The RPC server is unavailable.",
        "SELECT for global_info was denied.",
        "15.0.4415.2",
        "The collector on this server came to its end without an answer (0x80070005).",
    ],
)
def test_a_sentence_without_names_stays(text: str) -> None:
    assert Texts(pseudonyms()).sentence(text) == text


def test_a_common_word_that_is_a_name_here_is_replaced_in_sentences_too() -> None:
    texts = Texts(pseudonyms())
    texts.learn("CORP\\auditor")
    texts.settle()

    assert texts.sentence("The auditor was denied.") == f"The {texts.value('auditor')} was denied."


@pytest.mark.parametrize(
    "text", ["x" * 300_000, "1 " * 150_000, "a:" * 150_000, "f" * 300_000, "x-" * 150_000, "1.2.3.4." * 40_000]
)
def test_no_text_is_too_long(text: str) -> None:
    """A quadratic step would take hours over any of these."""
    texts = Texts(pseudonyms())

    assert len(texts.value(text)) <= len(text)
    assert len(texts.sentence(text)) <= len(text)


def test_an_unknown_key_is_a_name() -> None:
    evidence = bundle(healthy()).model_dump(mode="json")
    evidence["servers"][0]["topics"]["env"]["data"]["CORP-SERVER"] = {"of JDOE": "x"}
    text = record.dump(redact(Evidence.model_validate_json(json.dumps(evidence)), pseudonyms())).decode()

    assert "CORP-SERVER" not in text
    assert "JDOE" not in text


def test_a_product_field_that_holds_a_name_is_redacted() -> None:
    evidence = bundle(healthy()).model_dump(mode="json")
    evidence["servers"][0]["topics"]["env"]["data"]["culture"] = "xy-AB"
    plain = redact(Evidence.model_validate_json(json.dumps(evidence)), pseudonyms())
    evidence["inventory"]["name"] = "XY-AB"
    named = redact(Evidence.model_validate_json(json.dumps(evidence)), pseudonyms())

    assert culture(plain) == "xy-AB"
    assert culture(named).casefold() == named.inventory.name.casefold() != "xy-ab"


def culture(evidence: Evidence) -> str:
    reading = evidence.servers[0].topics["env"]
    assert isinstance(reading, Read)
    return str(reading.data["culture"])


def test_no_pseudonym_holds_an_original() -> None:
    known = pseudonyms()
    known.avoid(f"a{second}{third}" for second in LOWER for third in LOWER)

    assert not any(re.search("a[a-z]{2}", known.word(f"namenamename{number}")) for number in range(40))


def test_so_many_short_names_that_some_grow() -> None:
    known = pseudonyms()
    names = [f"{first}{second}" for first in LOWER for second in LOWER]
    found = {known.word(name) for name in names}

    assert len(found) == len(names)
    assert max(map(len, found)) > 2


def test_where_every_text_is_an_original_pseudonyms_are_made_all_the_same() -> None:
    known = pseudonyms()
    known.avoid(f"{first}{second}{third}" for first in LOWER for second in LOWER for third in LOWER)
    found = {known.word(f"name{number}") for number in range(40)}

    assert len(found) == 40


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("BUSINESS", "business"),
        ("manager.corp.example", "manager"),
        ("Role", "role"),
        ("node7.business.example", "business"),
    ],
)
def test_a_computer_that_has_a_common_name(host: str, name: str) -> None:
    evidence = bundle(healthy()).model_dump(mode="json")
    evidence["inventory"]["servers"].append({"host": host})
    evidence["servers"][0]["topics"]["env"] = {
        "status": "denied",
        "code": "denied",
        "stage": "read",
        "message": f"It said {name.title()} was away, and {host} too.",
        "hint": "",
    }
    redacted = redact(Evidence.model_validate_json(json.dumps(evidence)), pseudonyms())
    reading = redacted.servers[0].topics["env"]

    assert isinstance(reading, Missing)
    assert name not in reading.message.casefold()


@pytest.mark.parametrize(
    "text",
    ["192.0.02.77", "192.0.2.77.5985", "1.192.0.2.77", "v192.0.2.77", "ip192.0.2.77", "192.0.2", "node in 192.0.2"],
)
def test_addresses_in_other_spellings(text: str) -> None:
    texts = Texts(pseudonyms())
    texts.learn("192.0.2.10")
    texts.settle()

    for redacted in (texts.value(text), texts.sentence(f"It said: {text}.")):
        assert "192.0" not in redacted


def test_a_domain_of_digits_and_a_slash_before_an_account() -> None:
    texts = Texts(pseudonyms())
    texts.learn("471123\\svc")
    texts.settle()

    assert "471123" not in texts.value("471123\\svc")
    assert "471123" not in texts.sentence("CORP/471123 and 471123 were denied.")
    assert "582234" not in Texts(pseudonyms()).sentence("CORP/582234 was denied.")


def test_versions_and_services_own_sids_stay() -> None:
    texts = Texts(pseudonyms())
    for text in ("version 4.8.04161", "15.0.4415.2", "S-1-5-80-3960419045-2460139048-4046793004-1809597027-2250574426"):
        assert texts.sentence(text) == text


def bytes_of(model: Any) -> Iterator[str]:
    """The fields of a model, and of the models in it, that hold bytes, as `Model.field`."""
    for name, field in model.model_fields.items():
        kinds = list(annotations(field.annotation)) + list(field.metadata)
        if any(getattr(kind, "func", None) is bounds._base64 for kind in kinds):
            yield f"{model.__name__}.{name}"
        for kind in kinds:
            if isclass(kind) and issubclass(kind, BaseModel):
                yield from bytes_of(kind)


def annotations(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in (*get_args(annotation), *getattr(annotation, "__metadata__", ())):
        yield from annotations(part)


def test_every_field_of_bytes_is_known() -> None:
    found = {name for model in (*TOPIC_MODELS, *PILOT_TOPICS) for name in bytes_of(model)}
    assert found == DESCRIPTORS | FAILURE_ACTIONS


def test_a_descriptor_keeps_its_rules_and_loses_whom_it_names() -> None:
    known = pseudonyms()
    person, domain_admins = (f"S-1-5-21-1004336348-1177238915-682003330-{rid}" for rid in (1109, 512))
    masks = {"S-1-5-18": 0xF003F, "S-1-5-32-544": 0xF003F, person: 0x20019}
    redacted = binary.descriptor(descriptor(domain_admins, masks), known.sid)

    others = {known.sid(sid): mask for sid, mask in masks.items()}
    assert redacted == descriptor(known.sid(domain_admins), others)
    assert person not in others
    assert known.sid(domain_admins).endswith("-512")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01",
        b"CORP\\jdoe is no descriptor",
        b"\x01\x00\x04\x80" + b"\xf0" * 16 + b"jdoe",
        b"\x01\x00\x04\x80" + b"\x14\x00\x00\x00" + b"\x00" * 12 + b"\x01\xff\x00\x00\x00\x00\x00\x05jdoe",
    ],
)
def test_bytes_of_another_form_are_gone(data: bytes) -> None:
    for read in (lambda text: binary.descriptor(text, pseudonyms().sid), binary.failure_actions):
        redacted = read(base64.b64encode(data).decode())
        assert redacted is not None
        assert base64.b64decode(redacted) == b"\xff" * len(data)


@pytest.mark.parametrize("text", ["not Base64!", "äöü", "abc"])
def test_what_is_no_base64_is_a_value(text: str) -> None:
    assert binary.descriptor(text, pseudonyms().sid) is None
    assert binary.failure_actions(text) is None


def test_what_a_service_does_when_it_fails_stays() -> None:
    text = base64.b64encode(struct.pack("<12xI4xIIII", 2, 1, 60_000, 0, 0)).decode()
    assert binary.failure_actions(text) == text


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data: bytes) -> None:
    redacted = binary.descriptor(base64.b64encode(data).decode(), pseudonyms().sid)
    assert redacted is not None
    assert len(base64.b64decode(redacted)) == len(data)
