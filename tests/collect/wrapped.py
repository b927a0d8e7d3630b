"""The proof that the stand-alone script's wrapper writes one file and else changes nothing."""

import re
from collections.abc import Callable, Iterator, Mapping

import readonly
from tree_sitter import Node

COMMANDS: Mapping[str, frozenset[str]] = {
    "Get-Location": frozenset({"-PSProvider FileSystem"}),
    "New-Object": frozenset({"IO.StringWriter", "Text.UTF8Encoding $false"}),
}
"""The commands of PowerShell, each with the arguments that it may have."""

CALLED = "& $NodeScript $Parameters"
"""The one call through a variable; the block that it calls is proved to be the node script."""

TYPES = frozenset(
    {
        "BitConverter",
        "Console",
        "DateTime",
        "Environment",
        "IO.File",
        "IO.Path",
        "NullString",
        "Security.Cryptography.SHA256",
        "string",
        "switch",
    }
)
MEMBERS = frozenset(
    {
        "$text.ToString()",
        "$text.WriteLine()",
        "$utf8.GetBytes()",
        "[BitConverter]::ToString()",
        "[BitConverter]::ToString().Replace()",
        "[BitConverter]::ToString().Replace().ToLower()",
        "[Console]::Out",
        "[Console]::SetOut()",
        "[DateTime]::UtcNow",
        "[DateTime]::UtcNow.ToString()",
        "[Environment]::Is64BitProcess",
        "[IO.File]::Exists()",
        "[IO.Path]::Combine()",
        "[NullString]::Value",
        "[Security.Cryptography.SHA256]::Create()",
        "[Security.Cryptography.SHA256]::Create().ComputeHash()",
    }
)
WRITES = frozenset(
    {
        "[IO.File]::Delete($temporary)",
        "[IO.File]::Move($temporary, $file)",
        "[IO.File]::Replace($temporary, $file, [NullString]::Value)",
        "[IO.File]::WriteAllBytes($temporary, $utf8.GetBytes($text.ToString()))",
        "[IO.File]::WriteAllText($temporary, '')",
    }
)
"""The calls that write, each allowed once and to the letter."""

ASSIGNED: Mapping[str, str] = {
    "$ErrorActionPreference": "'Stop'",
    "$NodeScript": "{ 1 }",
    "$console": "[Console]::Out",
    "$file": '[IO.Path]::Combine((Get-Location -PSProvider FileSystem).ProviderPath, "$env:COMPUTERNAME.ssofacts")',
    "$hash": "[Security.Cryptography.SHA256]::Create().ComputeHash($utf8.GetBytes($text.ToString()))",
    "$isWhole": "$true",
    "$mode": "[string]$ExecutionContext.SessionState.LanguageMode",
    "$null": "& $NodeScript $Parameters",
    "$temporary": '"$file.$PID.tmp"',
    "$text": "New-Object IO.StringWriter",
    "$utf8": "New-Object Text.UTF8Encoding $false",
}
"""The variables, each set once and to this; `$Parameters` and `$ScriptHash` are set to a text without variables."""
TEXTS = frozenset({"$Parameters", "$ScriptHash"})
BARE_WORDS = frozenset({"FileSystem", "IO.StringWriter", "Text.UTF8Encoding"})

_BLOCK = re.compile(r"\{\n# ssoaudit node script: begin\n(.*)\n# ssoaudit node script: end\n\}", re.DOTALL)


def node_script(source: str) -> str:
    """The node script in a stand-alone script with line feeds."""
    (found,) = _BLOCK.findall(source)
    return str(found)


def violations(source: str) -> list[str]:
    """What of a stand-alone script's wrapper is not on the lists; the node script in it is `readonly`'s to judge."""
    if not source.isascii():
        return ["the script is not ASCII"]
    wrapper, blocks = _BLOCK.subn("{ 1 }", source)
    if blocks != 1:
        return ["the node script is not there, or more than once"]
    nodes = list(readonly._walk(readonly._PARSER.parse(wrapper.encode("ascii")).root_node))
    syntax = [each for each in readonly._syntax(nodes) if each != f"path_command_name: {CALLED.split()[1]}"]
    found = [*syntax, *_written_once(nodes)]
    for node in nodes:
        found.extend(_of(node))
    return found


def _of(node: Node) -> Iterator[str]:
    text = readonly._text(node)
    if node.type == "command":
        yield from _command(text)
    elif node.type == "assignment_expression":
        yield from _assignment(text)
    elif node.type in _STRANGE and _STRANGE[node.type](node, text):
        yield f"{node.type} {text}"


_STRANGE: Mapping[str, Callable[[Node, str], bool]] = {
    "foreach_statement": lambda _, __: True,
    "function_statement": lambda _, __: True,
    "generic_token": lambda _, text: text not in BARE_WORDS,
    "invokation_expression": lambda node, text: text not in WRITES and readonly._chain(node) not in MEMBERS,
    "member_access": lambda node, text: "::" in text and readonly._chain(node) not in MEMBERS,
    "string_literal": lambda _, text: "\\" in text,
    "type_literal": lambda _, text: text[1:-1] not in TYPES,
    "variable": lambda _, text: not re.fullmatch(r"\$(\w+|env:COMPUTERNAME)", text),
}


def _command(text: str) -> Iterator[str]:
    name, _, arguments = text.partition(" ")
    if text != CALLED and arguments not in COMMANDS.get(name, ()):
        yield f"command {text}"


def _assignment(text: str) -> Iterator[str]:
    target, _, value = text.partition(" = ")
    if target in TEXTS:
        if not re.fullmatch(r"'[A-Za-z0-9+/=]*'", value):
            yield f"assignment {text}"
    elif ASSIGNED.get(target) != value:
        yield f"assignment {text}"


def _written_once(nodes: list[Node]) -> Iterator[str]:
    calls = [readonly._text(node) for node in nodes if node.type == "invokation_expression"]
    targets = [readonly._text(node.children[0]) for node in nodes if node.type == "assignment_expression"]
    for each in (*WRITES, *ASSIGNED, *TEXTS):
        if calls.count(each) + targets.count(each) > 1:
            yield f"{each} a second time"
