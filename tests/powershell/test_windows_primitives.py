"""The stand-ins and what they are fed, looked at without a PowerShell."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest

from ssoaudit.collect.script import script
from ssoaudit.facts import TOPICS, LogonRights, Services
from ssoaudit.lab.estate import NODES, Machine, healthy
from tests.collect import allowed
from tests.powershell.assembled import BEHIND, REPLACED_EXPRESSIONS, REPLACED_FUNCTIONS, STAND_INS, with_stand_ins
from tests.powershell.grammar import arguments, commands, functions, nodes, text
from tests.powershell.machine import windows
from tests.powershell.registry import Registry
from tests.powershell.shapes import full, shapes
from tests.powershell.shown import parameters, shown
from tests.powershell.troubles import troubles
from tests.powershell.windows import KINDS, Windows

SCRIPT = script()
STANDING_IN = STAND_INS.read_text(encoding="ascii")
SHAPES = dict(shapes())
FULL = windows(shown(full(healthy().machines[NODES[0]])))


OF_THE_SELF_TEST = {
    "CurrentBuildNumber",
    "DelayedAutoStart",
    "Version",
    r"SOFTWARE\Microsoft\ENTSSO\SQL",
    r"SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full",
}
"""What the self-test alone reads. It tells of a real Windows, and the lab's machines are not asked for it."""


def rows(told: Windows) -> Iterator[dict[str, object]]:
    for table in told.cim.values():
        yield from table if isinstance(table, list) else ()


def words_of_wmi() -> set[str]:
    """The properties of every row that the full machine has, private ones and references included."""
    found = {name for row in rows(FULL) for name in row}
    return found | {name for row in rows(FULL) for value in row.values() if isinstance(value, dict) for name in value}


# The stand-ins


def test_the_functions_that_are_taken_out_are_those_that_never_ran_off_windows() -> None:
    assert sorted(REPLACED_FUNCTIONS) == sorted(each.function for each in allowed.ONE_LINERS.values())


@pytest.mark.parametrize("name", REPLACED_FUNCTIONS)
def test_a_stand_in_takes_the_arguments_of_what_it_replaces(name: str) -> None:
    replaced, stand_in = text(functions(SCRIPT)[name]), text(functions(STANDING_IN)[name])
    assert stand_in.partition("{")[0] == replaced.partition("{")[0]


def test_a_stand_in_is_for_a_command_that_the_script_may_call() -> None:
    shadowing = set(functions(STANDING_IN)) & {*allowed.COMMANDS, *allowed.CONFINED}
    assert shadowing == {"Get-CimInstance", "Invoke-CimMethod", "New-Object", "Add-Type", "secedit.exe"}


def test_the_stand_ins_replace_nothing_else_of_the_script() -> None:
    assert set(functions(SCRIPT)) & set(functions(STANDING_IN)) == set(REPLACED_FUNCTIONS)


@pytest.mark.parametrize("command", ["Get-CimInstance", "Invoke-CimMethod", "New-Object", "Add-Type"])
def test_a_stand_in_knows_the_parameters_that_the_script_gives(command: str) -> None:
    known = set(re.findall(r"\$(\w+)", text(functions(STANDING_IN)[command]).split("param(")[1].split("\n")[0]))
    given = {
        argument.removeprefix("-")
        for node in nodes(SCRIPT)
        if node.type == "command" and text(node.children[0]) == command
        for argument in arguments(node)
        if re.fullmatch(r"-[A-Z]\w+", argument)
    }
    assert given <= known


def test_a_stand_in_makes_every_object_that_the_script_makes() -> None:
    rest = with_stand_ins().partition(BEHIND)[2].replace(STANDING_IN, "")
    made = {given[0] for name, given in commands(rest) if name == "New-Object"}
    assert made
    assert made <= set(re.findall(r"'([\w.]+)'", text(functions(STANDING_IN)["New-Object"])))


def test_the_stand_ins_stay_small() -> None:
    assert len(STANDING_IN.splitlines()) <= 250


def test_the_script_uses_no_variable_of_the_stand_ins() -> None:
    # Names of variables know no capitals.
    theirs = {name.casefold() for name in ("Primitives", "RegistryKeys", "primitive")}
    assert theirs & {text(node).casefold().lstrip("$") for node in nodes(SCRIPT) if node.type == "variable"} == set()


def test_every_answer_that_a_stand_in_asks_for_is_fed() -> None:
    asked = set(re.findall(r"\$Primitives\.(\w+)", STANDING_IN))
    fed = FULL.primitives()
    assert isinstance(fed, dict)
    assert asked == set(fed)
    assert set(KINDS) == set(re.findall(r"Get-Answer \$Primitives\.(\w+)", STANDING_IN))


@pytest.mark.parametrize("gone", [*REPLACED_FUNCTIONS, *REPLACED_EXPRESSIONS])
def test_what_is_to_be_replaced_must_be_there(gone: str) -> None:
    with pytest.raises(ValueError, match="the script has no"):
        with_stand_ins(SCRIPT.replace(gone, "Something-Else"))


def test_the_place_of_the_stand_ins_must_be_there() -> None:
    with pytest.raises(ValueError, match="has no line"):
        with_stand_ins(SCRIPT.replace("$LocalMachine = ", "$Machine = "))


# The primitives


@pytest.mark.parametrize("name", SHAPES)
def test_a_machine_is_told_in_json_with_every_text_tagged(name: str) -> None:
    machine = shown(SHAPES[name])
    told = json.loads(json.dumps({**parameters(machine), "primitives": windows(machine).primitives()}))
    assert [each for each in texts(told["primitives"]) if not re.match(r"(?s)[stub]:", each)] == []


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_shown_is_shown_again(name: str) -> None:
    machine = shown(SHAPES[name])
    assert shown(machine) == machine


@pytest.mark.parametrize("trouble", list(troubles()), ids=lambda trouble: f"{trouble.topic.topic}: {trouble.name}")
def test_a_trouble_changes_what_is_told_or_asked(trouble: Any) -> None:
    told = windows(shown(healthy().machines[NODES[0]]))
    before = json.dumps(told.primitives())
    trouble.change(told)
    assert (json.dumps(told.primitives()) != before) is not bool(trouble.asked)


def test_every_topic_but_the_auditors_own_is_in_trouble_once() -> None:
    assert {topic.topic for topic in TOPICS} - {trouble.topic.topic for trouble in troubles()} == {"env"}


def test_every_class_that_the_script_asks_is_fed() -> None:
    assert {name for _, name in FULL.cim} == set(allowed.CIM_CLASSES) - {"StdRegProv"}
    assert {(each.namespace, name) for name, each in allowed.CIM_CLASSES.items()} >= set(FULL.cim)


def test_every_property_of_wmi_that_the_script_takes_is_fed() -> None:
    of_wmi = [names for kind, names in allowed.PROPERTIES.items() if re.match("`(MS|Micro|Win32)|the cluster", kind)]
    taken = {name for names in of_wmi for name in names} - {"Expression"}
    assert taken - words_of_wmi() - OF_THE_SELF_TEST == set()
    assert {name.strip("'") for name in allowed.PRIVATE_PROPERTIES} - words_of_wmi() == set()


def test_every_property_that_is_fed_is_taken_but_for_what_must_not_be() -> None:
    taken = {name for names in allowed.PROPERTIES.values() for name in names}
    taken |= {name.strip("'") for name in allowed.PRIVATE_PROPERTIES}
    asked_for = {"IPEnabled", "LocalAccount"}
    assert words_of_wmi() - taken - asked_for == {"CommandLine", "ResourceData"}


def test_every_registry_value_that_the_script_names_is_fed() -> None:
    fed = {name for values in FULL.registry.keys.values() for name in values}
    fed |= {
        name
        for told in map(windows, map(shown, SHAPES.values()))
        for key in told.registry.keys.values()
        for name in key
    }
    named = {name.strip("'") for name in allowed.VALUES if not name.startswith("$")}
    assert named - fed - OF_THE_SELF_TEST == set()


def test_every_registry_key_that_the_script_names_is_fed_or_missing_on_purpose() -> None:
    fed = {path for told in map(windows, map(shown, SHAPES.values())) for path in told.registry.keys}
    fed |= set(FULL.registry.keys)
    whole = {path.rstrip("\\") for path in allowed.KEYS if "$" not in path}
    assert whole - fed - OF_THE_SELF_TEST == set()


def test_every_property_of_an_event_that_the_script_takes_is_fed() -> None:
    records = [record for log in FULL.logs.values() for record in log]
    assert records
    taken = set(allowed.PROPERTIES["an event"]) - {"IsEnabled"}
    assert [record for record in records if not taken <= set(record)] == []


def test_each_event_stands_once_in_the_records_and_in_their_xml() -> None:
    fed = FULL.primitives()
    assert isinstance(fed, dict)
    for log in fed["logs"]:
        entries = ET.fromstring(log["xml"].removeprefix("s:"))  # noqa: S314 - our own
        told = [(entry.findtext("System/EventID"), entry.get("place")) for entry in entries]
        assert told == [(str(record["Id"]), str(place)) for place, record in enumerate(log["records"])]


def test_a_token_that_could_not_be_read_has_no_inverse() -> None:
    machine = healthy().machines[NODES[0]]
    identities = machine.facts["identities"]
    token: dict[str, Any] = {"account": "CONTOSO\\x", "user_sid": None, "group_sids": [], "error": "x"}
    broken = type(identities).read({**identities.model_dump(mode="json"), "tokens": [token]})
    with pytest.raises(ValueError, match="CONTOSO"):
        windows(machine.alter(broken))


def test_the_registry_lists_what_is_below_a_key() -> None:
    registry = Registry()
    registry.add(r"A\B\C", Text="x", Number=1, Bytes=b"\x00", Texts=("a", "b"), Nothing=None)
    registry.add(r"A\D")
    told = {str(key["path"]): key for key in registry.primitives()}
    assert told["A"]["subkeys"] == ["B", "D"]
    assert told[r"A\B"]["names"] is None
    assert (told[r"A\B\C"]["names"], told[r"A\B\C"]["types"]) == (["Text", "Number", "Bytes", "Texts"], [1, 4, 3, 7])
    registry.remove("A\\B")
    assert set(registry.keys) == {"A", r"A\D"}


def test_what_two_facts_tell_is_told_alike() -> None:
    machine: Machine = SHAPES["BTSAPP01, ENTSSO runs as LocalSystem on a BizTalk server"]
    services = shown(machine).facts["services"]
    assert isinstance(services, Services)
    assert "ENTSSO" not in {each.service for each in services.own_accounts}


def test_exported_rights_are_lines_that_secedit_writes() -> None:
    told = windows(shown(SHAPES["logon rights by secedit.exe"]))
    rights = SHAPES["logon rights by secedit.exe"].facts["logon_rights"]
    assert isinstance(rights, LogonRights)
    assert "SeServiceLogonRight = " + ",".join(f"*{sid}" for sid in rights.service) in told.exported
    assert told.compiler is not None
