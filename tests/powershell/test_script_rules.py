"""What was learned from a real PowerShell, as rules over the syntax tree: they hold where there is none."""

import re
import typing
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from ssoaudit.collect.script import SHARED, reader_name, script
from ssoaudit.facts import PILOT_TOPICS, TOPICS, Fact
from ssoaudit.facts.fact import Part
from tests.powershell import syntax
from tests.powershell.assembled import STAND_INS, with_stand_ins
from tests.powershell.grammar import arguments, commands, flaws, functions, nodes, text, walk

SCRIPT = script()
READERS = {name: files("ssoaudit.facts").joinpath(f"{name}.ps1").read_text() for name in SHARED} | {
    topic.topic: files("ssoaudit.facts").joinpath(f"{topic.topic}.ps1").read_text()
    for topic in (*TOPICS, *PILOT_TOPICS)
}
PARTS = {name: files("ssoaudit.collect").joinpath(f"{name}.ps1").read_text() for name in ("prologue", "loop")}
OTHERS = {
    "stand-ins": STAND_INS.read_text(),
    "script with stand-ins": with_stand_ins(),
    "parse": syntax.PARSE,
    "analyse": syntax.ANALYSE,
    "compile": syntax.COMPILE,
}
ALL: dict[str, str] = {**READERS, **PARTS, **OTHERS}
ALIAS = re.compile(r"[a-z%?]{1,7}")
SILENT = frozenset({"Initialize-Lsa", "Invoke-EndpointMapper", "Stop-Absent", "Remove-Item", "Write-Frame"})
"""The commands that put nothing out, or what is not the reader's."""


@pytest.mark.parametrize("name", ALL)
def test_the_parser_understands_every_text(name: str) -> None:
    assert flaws(ALL[name]) == []


@pytest.mark.parametrize("name", ALL)
def test_every_text_is_ascii_without_tabs(name: str) -> None:
    assert ALL[name].isascii()
    assert "\t" not in ALL[name]


@pytest.mark.parametrize("name", ALL)
def test_no_command_is_an_alias_and_no_number_has_a_suffix(name: str) -> None:
    names = [command for command, _ in commands(ALL[name])]
    assert [command for command in names if ALIAS.fullmatch(command)] == []
    # tree-sitter takes `123L` for a command.
    assert [command for command in names if command[:1].isdigit()] == []


@pytest.mark.parametrize("name", [*READERS, *PARTS])
def test_lists_are_made_without_commas(name: str) -> None:
    unary = [node for node in nodes(ALL[name]) if node.type == "expression_with_unary_operator"]
    assert [text(node) for node in unary if text(node).startswith(",")] == []


def list_fields(topic: type[Fact]) -> set[str]:
    """The fields of a topic and its parts that are lists."""
    parts = [topic, *(part for part in vars(__import__(topic.__module__, fromlist=["x"])).values() if is_part(part))]
    return {name for part in parts for name, field in part.model_fields.items() if "tuple[" in str(field.annotation)}


def is_part(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Part) and not issubclass(value, Fact)


@cache
def assignments(source: str) -> list[tuple[str, str]]:
    """What is assigned to what, in tables and elsewhere; of a member its name alone. Caps and reasons are left out."""
    found = []
    for node in nodes(source):
        if node.type == "hash_entry" and not text(node.children[2]).isdigit() and not tells_reasons(node):
            found.append((text(node.children[0]), text(node.children[2])))
        elif node.type == "assignment_expression" and not text(node).casefold().startswith("$lacking"):
            found.append((text(node.children[0]).rpartition(".")[2], text(node.children[2])))
    return found


def tells_reasons(node: typing.Any) -> bool:
    """Whether a table is one of what is lacking."""
    while node is not None and node.type != "assignment_expression":
        node = node.parent
    return node is not None and text(node.children[0]).casefold().endswith("lacking")


def is_list(value: str, source: str) -> bool:
    """Whether a value is a list whatever comes: `@(...)`, or a variable that is nothing but one, or nothing at all."""
    if value.startswith("@(") or value == "$null":
        return True
    assigned = [other for name, other in assignments(source) if name == value] if value.startswith("$") else []
    return bool(assigned) and all(other.startswith("@(") for other in assigned)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.topic)
def test_every_list_is_one_at_its_assignment(topic: type[Fact]) -> None:
    source = READERS[topic.topic]
    fields = list_fields(topic)
    bare = [(name, value) for name, value in assignments(source) if name in fields and not is_list(value, source)]
    assert bare == []


def statements(function_node: typing.Any) -> list[typing.Any]:
    """The statements of a function's body."""
    (body,) = [node for node in walk(function_node) if node.type == "script_block_body"][:1]
    return [child for child in body.children[0].children if child.is_named]


def is_silent(statement: typing.Any) -> bool:
    """Whether a statement puts nothing out: an assignment, a call that returns nothing, a leap."""
    if statement.type in {"flow_control_statement", "comment"}:
        return True
    if statement.type == "pipeline":
        whole = text(statement)
        command = re.match(r"[\w.-]+", whole)
        assigns = any(child.type == "assignment_expression" for child in statement.children)
        return assigns or (command is not None and command[0] in SILENT) or ".Remove(" in whole
    inner = [node for node in walk(statement) if node.type == "statement_list"]
    lists = [node for node in inner if nearest(node, statement)]
    return bool(lists) and all(is_silent(child) for node in lists for child in node.children if child.is_named)


def nearest(node: typing.Any, statement: typing.Any) -> bool:
    """Whether a list of statements is a control statement's own, and not one of an expression in it."""
    parent = node.parent
    while parent is not None and parent.id != statement.id:
        if parent.type in {"statement_list", "pipeline"}:
            return False
        parent = parent.parent
    return parent is not None


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.topic)
def test_a_reader_puts_out_one_thing_and_that_last(topic: type[Fact]) -> None:
    *before, last = statements(functions(READERS[topic.topic])[reader_name(topic.topic)])
    assert [text(statement) for statement in before if not is_silent(statement)] == []
    assert re.match(r"\[ordered\]@\{|\$data$|ConvertTo-Capped |Get-Events ", text(last)), text(last)


def test_a_stray_expression_in_a_reader_is_noticed() -> None:
    stray = "function Read-X {\n    $a = 1\n    if ($a) { 'stray' }\n    Get-Text $a\n    [ordered]@{}\n}"
    first, second, third, last = statements(functions(stray)["Read-X"])
    assert [is_silent(statement) for statement in (first, second, third, last)] == [True, False, False, False]


def test_a_call_of_wmi_has_a_time_limit_and_ends_at_its_first_error() -> None:
    assert "\n$ErrorActionPreference = 'Stop'\n" in SCRIPT
    assert [
        given for name, given in commands(SCRIPT) if name.endswith(("CimInstance", "CimMethod")) and not limited(given)
    ] == []
    # The preference Stop counts for every command: nothing asks for less.
    assert re.findall(r"(?i)-ErrorAction\b|-EA\b|SilentlyContinue'?\s*\|", SCRIPT) == []
    assert re.findall(r"\$ErrorActionPreference\s*=\s*(.*)", SCRIPT) == ["'Stop'"]


def limited(given: list[str]) -> bool:
    return "-OperationTimeoutSec" in given


def test_the_hive_is_an_unsigned_number() -> None:
    assert re.findall(r"hDefKey\s*=\s*(\S+?);", SCRIPT) == ["$LocalMachine"]
    assert re.findall(r"(?m)^\$LocalMachine = (.*)$", SCRIPT) == ["[uint32]2147483650"]


def test_answers_are_written_deep_enough_and_not_from_the_pipeline() -> None:
    (given,) = [given for name, given in commands(SCRIPT) if name == "ConvertTo-Json"]
    assert given == ["-InputObject", "$Data", "-Depth", "8", "-Compress"]


def test_the_tree_tells_the_arguments_of_a_command() -> None:
    (node,) = [node for node in nodes("Get-X -A 1 'b' $c") if node.type == "command"]
    assert arguments(node) == ["-A", "1", "'b'", "$c"]


def test_the_texts_are_where_they_are_looked_for() -> None:
    assert {Path(str(path)).stem for path in files("ssoaudit.facts").iterdir() if str(path).endswith(".ps1")} == set(
        READERS
    )
