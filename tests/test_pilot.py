"""The pilot bundle of the lab: what is found on the way, what the collector says of itself, and the docs about it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bundles import bundle as evidence_of

from docs.generate import _verified_on
from ssoaudit import evidence, pilot, record
from ssoaudit.collect import pilot as contact
from ssoaudit.collect import script
from ssoaudit.collect.caller import Caller
from ssoaudit.collect.collection import Collection, Options
from ssoaudit.collect.paths import sql_path, winrm_path
from ssoaudit.collect.self_test import PADDING, self_test
from ssoaudit.collect.winrm import attempts
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.credentials import Secret
from ssoaudit.documents import DocumentError
from ssoaudit.evidence import Missing, Read, ReadStatus, typed
from ssoaudit.facts import PILOT_TOPICS, SSODB_TOPICS, TOPICS, SelfTest
from ssoaudit.inventory import Inventory, Server, SqlSettings, WinrmSettings
from ssoaudit.lab.authentication import Account
from ssoaudit.lab.command import Command, Reply
from ssoaudit.lab.estate import NODES, healthy
from ssoaudit.lab.estate.server import self_test as self_test_of_the_lab
from ssoaudit.lab.powershell import Answer, powershell
from ssoaudit.lab.process import Lab
from ssoaudit.lab.scenarios import unreachable_node
from ssoaudit.pilot import PilotBundle, SelfTestRun
from ssoaudit.redact import Pseudonyms, redact
from ssoaudit.vocabulary import Role
from tests.lab.faulty import FaultyNode, Turn
from tests.powershell.assembled import REPLACED_FUNCTIONS

DOCS = Path(__file__).parent.parent / "docs"
FACTS = {topic.topic: topic for topic in (*TOPICS, *PILOT_TOPICS, *SSODB_TOPICS)}
OPTIONS = Options()


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(unreachable_node(), tls=True) as running:
        yield running


@pytest.fixture(scope="module")
def found(lab: Lab) -> PilotBundle:
    collected = evidence_of(lab.estate).model_copy(update={"inventory": lab.inventory()})
    paths = contact.winrm_paths(collected.inventory, OPTIONS)
    return contact.bundle(collected, paths, Caller(collected.inventory, Logon(lab.user, lab.password)), OPTIONS)


def test_a_path_tells_what_was_found_on_it(found: PilotBundle) -> None:
    path = found.winrm[0]

    assert (path.server, path.scheme, path.connects, path.status) == (NODES[0], "https", True, 401)
    assert (path.addresses, path.schemes, path.fault) == (("127.0.0.1",), ("Basic",), None)
    assert path.certificate is not None
    assert path.certificate.names == ("127.0.0.1",)
    assert len(path.certificate.sha256) == 64


def test_a_path_that_ends_tells_where(found: PilotBundle) -> None:
    path = found.winrm[1]

    assert path.addresses == ("127.0.0.1",)
    assert not path.connects
    assert path.fault is not None
    assert (path.fault.stage, path.fault.code) == ("connect", "refused")
    assert path.fault.hint


def test_the_port_of_the_database_is_tried(found: PilotBundle) -> None:
    assert found.sql is not None
    assert (found.sql.connects, found.sql.addresses) == (True, ("127.0.0.1",))


def test_the_self_test_is_asked_of_those_that_answered(found: PilotBundle) -> None:
    assert [run.server for run in found.self_tests] == [path.server for path in found.winrm if path.connects]
    for run in found.self_tests:
        fact = typed(run.topics[SelfTest.topic], SelfTest)
        assert isinstance(fact, SelfTest)
        assert fact.padding == PADDING
        assert run.bootstrap == "input"
        assert run.sent > PADDING
        assert run.exit_code == 0
        assert sum(run.pieces) > 0
        assert run.ended_with_output is False


def test_a_message_that_is_too_large_is_refused(found: PilotBundle) -> None:
    refused = [run.oversize for run in found.self_tests]
    assert {(each.stage, each.code) for each in refused if each} == {("shell", "request-too-large")}
    assert None not in refused


def test_a_rejected_logon_is_a_reason_and_no_error(lab: Lab) -> None:
    inventory = lab.inventory()
    alone = inventory.model_copy(update={"servers": inventory.servers[:1]})
    only = evidence_of(lab.estate).model_copy(update={"inventory": alone})
    (run,) = contact.self_tests(only, Caller(alone, Logon(lab.user, type(lab.password)("wrong"))), OPTIONS)
    reading = run.topics[SelfTest.topic]

    assert isinstance(reading, Missing)
    assert (reading.stage, reading.code, run.bootstrap, run.pieces) == ("authenticate", "auth", None, ())
    assert (run.oversize, run.ended_with_output, run.exit_code) == (None, None, None)


def test_one_wrong_password_is_one_failed_logon() -> None:
    with Lab(healthy()) as lab:
        collected = evidence_of(lab.estate).model_copy(update={"inventory": lab.inventory()})
        caller = Caller(collected.inventory, Logon(lab.user, type(lab.password)("wrong")))
        runs = contact.self_tests(collected, caller, OPTIONS)
        readings = [run.topics[SelfTest.topic] for run in runs]

        assert len(runs) > 2
        assert sorted(each.code for each in readings if isinstance(each, Missing)) == [
            "auth",
            *["not-tried"] * (len(runs) - 1),
        ]
        assert [name for name, each in lab.counters().items() if each["logons"]] == []

        contact.self_tests(collected, caller, OPTIONS)
        assert sum(each["rejected_logons"] for each in lab.counters().values()) == 1


def test_what_a_collection_learned_of_a_password_holds_for_the_self_tests() -> None:
    with Lab(healthy()) as lab:
        caller = Caller(lab.inventory(), Logon(lab.user, Secret("wrong")))
        Collection(lab.inventory(), caller.logon, caller=caller).collect()
        contact.self_tests(evidence_of(lab.estate).model_copy(update={"inventory": lab.inventory()}), caller, OPTIONS)

        assert sum(each["rejected_logons"] for each in lab.counters().values()) == 1


USER, PASSWORD = "CONTOSO\\auditor", Secret("of the node")


def run_on(node: FaultyNode) -> SelfTestRun:
    server = Server(host="NODE1", address="127.0.0.1", roles=(Role.CLUSTER,))
    inventory = Inventory(name="lab", servers=(server,), winrm=WinrmSettings(auth="ntlm", user=USER, port=node.port))
    return self_test(Caller(inventory, Logon(USER, PASSWORD)), server, OPTIONS)


def answering(**manner: Any) -> Command:
    """A PowerShell that answers the self-test."""
    fact = healthy().machines[NODES[0]].facts[SelfTest.topic]
    told = {SelfTest.topic: Answer("ok", fact.model_dump(mode="json"))}
    return powershell(told, script.BOOTSTRAP, fallback=script.FALLBACK_BOOTSTRAP, **manner)


def test_a_large_message_is_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_PAUSE", 0.001)
    begun: list[Turn] = []

    def only_the_first(turn: Turn) -> None:
        begun.append(turn)
        if len(begun) == 1:
            turn.answer_honestly()
        else:
            turn.wire.hang_up()

    with FaultyNode(Account(USER, PASSWORD), {"Command": only_the_first}, run=answering()) as node:
        run = run_on(node)

    assert run.exit_code == 0
    assert run.oversize is not None
    assert run.oversize.code == "conn-lost"
    assert len(begun) == 2


def test_of_two_ways_to_the_script_the_second_alone_is_told() -> None:
    powershell_there, replies = answering(drains_stdin=False), list[Reply]()

    def told(*asked: Any) -> Reply:
        replies.append(powershell_there(*asked))
        return replies[-1]

    with FaultyNode(Account(USER, PASSWORD), {}, run=told) as node:
        run = run_on(node)

    assert run.bootstrap == "console"
    assert isinstance(run.topics[SelfTest.topic], Read)
    assert sum(run.pieces) == len(replies[1].stdout)


def test_a_fault_of_our_own_spoils_one_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(attempts, "run", broken)
    inventory = Inventory(name="lab", servers=(Server(host="NODE1", roles=(Role.CLUSTER,)),))
    run = self_test(Caller(inventory, Logon("auditor", Secret("hunter2"))), inventory.servers[0], OPTIONS)
    reading = run.topics[SelfTest.topic]

    assert isinstance(reading, Missing)
    assert (reading.code, "hunter2" in reading.message) == ("internal", False)


def test_a_name_that_does_not_resolve_ends_the_path() -> None:
    server = Server(host="node1.does-not-exist.invalid")
    path = winrm_path(server, WinrmSettings(), 5)

    assert (path.addresses, path.connects, path.port) == ((), False, 5985)
    assert path.fault is not None
    assert (path.fault.stage, path.fault.code) in {("resolve", "dns"), ("resolve", "dns-timeout")}


def test_the_port_of_a_named_instance_is_not_guessed() -> None:
    path = sql_path("SQL1\\INSTANCE", SqlSettings(server="SQL1\\INSTANCE", database="SSODB"), 1)

    assert (path.port, path.connects, path.addresses) == (None, None, ())


def test_the_bounds_that_answers_met_are_told() -> None:
    collected = evidence_of(healthy())
    server = collected.servers[0]
    assert list(contact.caps(collected)) == []

    cut = {
        "services": Read(
            status=ReadStatus.PARTIAL, milliseconds=1, lacking={"processes": "there are more than 200"}, data={}
        ),
        "os": Read(status=ReadStatus.PARTIAL, milliseconds=1, lacking={"caption": "denied"}, data={}),
        "entsso_events": Read(status=ReadStatus.OK, milliseconds=1, lacking={}, data={"is_truncated": True}),
        "dns": Missing(status=ReadStatus.TOO_LARGE, code="too-large", stage="read", message="", hint=""),
        "nlb": Missing(status=ReadStatus.DENIED, code="denied", stage="read", message="", hint=""),
    }
    altered = collected.model_copy(update={"servers": (server.model_copy(update={"topics": cut}),)})
    assert [(cap.target, cap.topic, cap.field) for cap in contact.caps(altered)] == [
        (server.name, "services", "processes"),
        (server.name, "entsso_events", "is_truncated"),
        (server.name, "dns", None),
    ]


@pytest.mark.parametrize(
    "reader", sorted(Path(DOCS.parent, "ssoaudit", "facts").glob("*.ps1")), ids=lambda path: path.stem
)
def test_every_part_that_is_left_out_for_its_length_says_so_alike(reader: Path) -> None:
    bounded = re.findall(
        r"\.Count -gt [1-9]\d+\) \{ (?:\$lacking\.\w+ = |throw )(.*?) \}", reader.read_text(encoding="ascii")
    )
    assert [text for text in bounded if contact.CAPPED not in text and "not asked" not in text] == []


def test_the_bundle_is_redacted_as_a_whole(found: PilotBundle, tmp_path: Path) -> None:
    redacted = redact(found, Pseudonyms())
    text = record.dump(redacted).decode()
    Path(tmp_path, "pilot.json").write_text(text)

    names = ("contoso", "ssonode", "btsapp", "sqlsso", "ssoclu", "ssomss", "svc-", "orders", "auditor\\")
    assert [name for name in names if name in text.casefold()] == []
    assert redacted.run.redacted
    assert redacted.evidence.run.redacted
    assert redacted.winrm[0].server == redacted.evidence.servers[0].name == redacted.self_tests[0].server
    assert redacted.winrm[0].schemes == ("Basic",)
    assert pilot.load(Path(tmp_path, "pilot.json")) == redacted


def test_a_products_name_with_a_name_of_the_site_in_it_goes(found: PilotBundle) -> None:
    planted = record.dump(found).decode().replace('"ProductName"', '"ContosoPay"')
    redacted = record.dump(redact(PilotBundle.model_validate_json(planted), Pseudonyms())).decode()

    assert "ContosoPay" in planted
    assert "contoso" not in redacted.casefold()
    assert '"ProductVersion"' in redacted


def test_what_the_collector_says_of_itself_stays(found: PilotBundle) -> None:
    redacted = redact(found, Pseudonyms())
    fact = typed(redacted.self_tests[0].topics[SelfTest.topic], SelfTest)

    assert isinstance(fact, SelfTest)
    assert (fact.framework_version, fact.build, fact.installation) == ("4.8.04161", "20348", "Server")
    assert fact.trials[0].name == "Get-Sha256"
    assert fact.names_below[0].values == ("InstallPath", "ProductName", "ProductVersion")
    assert "auditor" not in fact.temp_path


def test_other_files_are_no_pilot_bundles(tmp_path: Path) -> None:
    path = Path(tmp_path, "evidence.json")
    path.write_bytes(record.dump(evidence_of(unreachable_node())))
    with pytest.raises(DocumentError, match="evidence"):
        pilot.load(path)


def test_a_pilot_bundle_is_no_evidence(found: PilotBundle, tmp_path: Path) -> None:
    path = Path(tmp_path, "pilot.json")
    path.write_bytes(record.dump(found))
    with pytest.raises(DocumentError, match="this is a pilot bundle, not evidence"):
        evidence.load(path)


def fields_told() -> list[str]:
    """The fields that the page names as answers."""
    section = Path(DOCS, "pilot.md").read_text(encoding="utf-8").split("\n## Questions that it answers\n")[1]
    rows = [line.split("|")[2] for line in section.split("\n## ")[0].splitlines() if line.startswith("| ")][2:]
    return [name for row in rows for name in re.findall("`([^`]+)`", row)]


def exists(schema: dict[str, Any], steps: list[str]) -> bool:
    """Whether a path of fields leads somewhere in a schema; lists and maps are stepped into."""
    definitions = schema.get("$defs", {})
    places = [schema]
    for step in steps:
        places = [
            each["properties"][step]
            for place in places
            for each in models_in(place, definitions)
            if step in each["properties"]
        ]
    return bool(places)


def models_in(place: dict[str, Any], definitions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in place:
        place = definitions[place["$ref"].rsplit("/", 1)[-1]]
    if "properties" in place:
        yield place
    below = [*place.get("anyOf", ()), place.get("items"), place.get("additionalProperties")]
    for each in below:
        if isinstance(each, dict):
            yield from models_in(each, definitions)


@pytest.mark.parametrize("name", sorted(set(fields_told())))
def test_every_field_that_the_page_names_exists(name: str) -> None:
    if name.startswith("TOPIC "):
        topic, *steps = name.removeprefix("TOPIC ").split(".")
        assert exists(FACTS[topic].model_json_schema(), steps)
    else:
        assert exists(PilotBundle.model_json_schema(), name.split("."))


def test_every_question_has_an_answer() -> None:
    section = Path(DOCS, "pilot.md").read_text(encoding="utf-8").split("\n## Questions that it answers\n")[1]
    rows = [line for line in section.split("\n## ")[0].splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert len(rows) >= 14
    assert all(re.search("`[^`]+`", row.split("|")[2]) for row in rows)


SEEN_IN_EVERY_ANSWER = {"Invoke-Registry", "Stop-Absent", "Write-Frame"}
BEHIND_A_TOPIC = {"Get-LogReader", "Get-LogSettings"}
ONLY_WHERE_OPTED_IN = {"Invoke-EndpointMapper"}


def test_the_self_test_tries_what_its_reader_lists() -> None:
    reader = Path(DOCS.parent, "ssoaudit", "facts", "self_test.ps1").read_text(encoding="ascii")
    cases = re.findall(r"(?m)^        '([A-Z][\w-]+)' \{", reader)
    (names,) = re.findall(r"(?s)\n    \$names = @\((.*?)\n    \)\n", reader)

    assert re.findall(r"'([^']+)'", names) == cases
    assert [trial.name for trial in self_test_of_the_lab().trials] == cases
    below = re.findall(r"'(SOFTWARE[^']+)'", reader.split("names_below = ")[1])
    assert [each.key for each in self_test_of_the_lab().names_below] == below


def test_the_self_test_tries_every_function_that_any_reader_may_call() -> None:
    reader = Path(DOCS.parent, "ssoaudit", "facts", "self_test.ps1").read_text(encoding="ascii")
    cases = set(re.findall(r"(?m)^        '([A-Z][\w-]+)' \{", reader))
    prologue = Path(DOCS.parent, "ssoaudit", "collect", "prologue.ps1").read_text(encoding="ascii")
    shared = set(re.findall(r"(?m)^function ([\w-]+)", prologue)) | set(REPLACED_FUNCTIONS)

    assert shared - cases == SEEN_IN_EVERY_ANSWER | BEHIND_A_TOPIC | ONLY_WHERE_OPTED_IN


def test_the_page_of_real_systems_says_what_a_bundle_tells(found: PilotBundle) -> None:
    assert "None yet" in "\n".join(_verified_on({}))
    text = "\n".join(_verified_on({"server-2022": found}))
    assert "None yet" not in text
    assert "| server-2022 | 2026-11-20 | 0.1.0 | 5 | 5.1.20348.2849 | 20348 | 10.0.2242.0 | 15.0.4415.2 |" in text
