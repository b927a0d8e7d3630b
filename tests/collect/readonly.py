"""The proof that the node script changes nothing: its syntax tree holds only what the allow-list names."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from tests.collect import allowed, compiled

CALLED = "$Readers[[string]$topic]"
DISCARDED = "3>$null"
PART_READERS = ("Get-PartNumber", "Get-PartText")
PASS_ON = (*PART_READERS, "Get-AliasTarget")
"""The functions that read the value which they are given, and whose own calls are looked at."""
VALUE_READERS = ("Get-RegistryBytes", "Get-RegistryNumber", "Get-RegistryStrings", "Get-RegistryText")
NAMED_BY_CALLER = frozenset({"$class", "$method"})
VERBS = ("ConvertTo-", "Get-", "Initialize-", "Invoke-", "Read-", "Resolve-", "Stop-", "Write-")
SECRETS = "SSOSS"
NEVER = ("ResourceData", r"\SAM", r"\SECURITY", "SAM\\", "SECURITY\\")
OF_MSDTC = r"MSDTC\Security"
"""A key that is called as a hive is, and is none: it stands below others."""

FORBIDDEN_SYNTAX = frozenset(
    {
        "class_statement",
        "data_statement",
        "enum_statement",
        "generic_type_name",
        "inlinescript_statement",
        "invokation_foreach_expression",
        "parallel_statement",
        "path_command_name",
        "pipeline_chain_tail",
        "redirection",
        "sequence_statement",
        "stop_parsing",
        "switch_filename",
        "trap_statement",
        "verbatim_command_argument",
    }
)

Argument = tuple[str | None, Node | None]
_PARSER = Parser(Language(tree_sitter_powershell.language()))


def is_powershell(source: str) -> bool:
    """Whether the parser finds no error."""
    return not _PARSER.parse(source.encode()).root_node.has_error


def violations(source: str) -> list[str]:
    """What in the script is not on the allow-list; empty for a script that only reads."""
    if not source.isascii():
        return ["the script is not ASCII"]
    nodes = _nodes(source)
    functions = [_text(node.children[1]) for node in nodes if node.type == "function_statement"]
    found = [*_syntax(nodes), *_functions(functions), *_secrets(nodes, source), *_confined(nodes)]
    for node in nodes:
        found.extend(_RULES[node.type](node) if node.type in _RULES else ())
        if node.type == "command":
            found.extend(_command(node, frozenset(functions)))
    return found


@lru_cache(maxsize=1)
def _nodes(source: str) -> tuple[Node, ...]:
    return tuple(_walk(_PARSER.parse(source.encode("ascii")).root_node))


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("ascii") if node is not None else ""


def _syntax(nodes: Collection[Node]) -> Iterator[str]:
    for node in nodes:
        if node.is_error or node.is_missing:
            yield f"line {node.start_point.row + 1} is no PowerShell: {_text(node)!r}"
        elif node.type in FORBIDDEN_SYNTAX:
            yield f"{node.type}: {_text(node)}"


def _functions(names: list[str]) -> Iterator[str]:
    for name in names:
        if not name.startswith(VERBS) or name in allowed.COMMANDS or names.count(name) > 1:
            yield f"function {name}"


def _secrets(nodes: Collection[Node], source: str) -> Iterator[str]:
    """The key of the master secrets is named twice: to list the names below it, and to ask who may read it."""
    for word in NEVER:
        if word.casefold() in source.replace(OF_MSDTC, "").casefold():
            yield f"{word} is never named"
    uses = [node for node in nodes if node.type == "command" and SECRETS.casefold() in _text(node).casefold()]
    mentions = len(re.findall(SECRETS, source, re.IGNORECASE))
    known = [f"Get-KeySecurity '{allowed.SECRET_KEY}'", f"Get-RegistryKeyNames '{allowed.SECRET_KEY}'"]
    if mentions and (mentions > len(known) or sorted(_text(use) for use in uses) != known):
        yield f"{SECRETS} is named otherwise than to list the names below it and to ask who may read it"


def _confined(nodes: Collection[Node]) -> Iterator[str]:
    """What does more than read is there once; where and with which arguments, `_command` looks at."""
    names = [_text(node) for node in nodes if node.type == "command_name"]
    assigned = [_text(node.children[0]).casefold() for node in nodes if node.type == "assignment_expression"]
    for name in (*allowed.CONFINED, *allowed.ASSIGNED_ONCE):
        if names.count(name) + assigned.count(name) > 1:
            yield f"{name} a second time"


def _command(node: Node, functions: frozenset[str]) -> Iterator[str]:
    operator = next((child for child in node.children if child.type == "command_invokation_operator"), None)
    if operator is not None:
        called = next((_text(child) for child in node.children if child.type == "command_name_expr"), "")
        if _text(operator) != "&" or called != CALLED:
            yield f"call of {called or _text(node)}"
        return
    name = _text(next((child for child in node.children if child.type == "command_name"), None))
    if name in allowed.CONFINED:
        yield from _confined_command(node, name)
        return
    if name not in functions and name not in allowed.COMMANDS:
        yield f"command {name or _text(node)}"
        return
    arguments = _arguments(node)
    for parameter, _ in arguments:
        if parameter is not None and parameter not in (
            allowed.COMMANDS[name].parameters if name in allowed.COMMANDS else ()
        ):
            yield f"parameter {parameter} of {name}"
    if name in _ARGUMENTS and not _ARGUMENTS[name](node, arguments):
        yield f"arguments of {_text(node)}"


def _confined_command(node: Node, name: str) -> Iterator[str]:
    function, arguments, _ = allowed.CONFINED[name]
    here_string = re.search(r"@'\n(.*?)\n'@", _text(node), re.DOTALL) if "$CSharp" in arguments else None
    given = _text(node) if here_string is None else _text(node).replace(here_string[0], "$CSharp")
    if given != f"{name} {arguments}" or not _inside(node, function) or ("$CSharp" in given and here_string is None):
        yield f"command {given}"
    if here_string is not None:
        yield from compiled.violations(here_string[1])


def _arguments(command: Node) -> list[Argument]:
    """The arguments of a command in their order, each with the parameter before it."""
    found: list[Argument] = []
    parameter: str | None = None
    for elements in (child for child in command.children if child.type == "command_elements"):
        for element in elements.children:
            if element.type == "command_parameter":
                if parameter is not None:
                    found.append((parameter, None))
                parameter = _text(element)
            elif element.type != "command_argument_sep":
                found.append((parameter, element))
                parameter = None
            elif (value := _value(element)) is not None:
                found.append((parameter, value))
                parameter = None
    return found if parameter is None else [*found, (parameter, None)]


def _value(separator: Node) -> Node | None:
    """The grammar hangs an argument that is an expression below the blank before it."""
    return next((child for child in separator.children if child.is_named), None)


def _inside(node: Node, function: str) -> bool:
    parent = node.parent
    while parent is not None and parent.type != "function_statement":
        parent = parent.parent
    return parent is not None and _text(parent.children[1]) == function


def _strays(node: Node, name: str) -> bool:
    return name in allowed.ONE_LINERS and not _inside(node, allowed.ONE_LINERS[name].function)


def _of_confined(elements: Node) -> bool:
    """Whether these are arguments of a confined command, which are looked at as a whole."""
    command = elements.parent
    return command is not None and command.type == "command" and _text(command.children[0]) in allowed.CONFINED


def _first_is(words: Callable[[], Collection[str]]) -> Callable[[Node, list[Argument]], bool]:
    return lambda _, arguments: bool(arguments) and arguments[0][0] is None and _text(arguments[0][1]) in words()


def _second_is(words: Callable[[], Collection[str]], count: int = 2) -> Callable[[Node, list[Argument]], bool]:
    """Whether the second argument is one of the words, or a parameter of the function that passes it on."""

    def is_one(node: Node, arguments: list[Argument]) -> bool:
        given = [_text(value) for parameter, value in arguments if parameter is None]
        return len(given) == len(arguments) == count and given[1] in words()

    return is_one


def _is_value(node: Node, arguments: list[Argument]) -> bool:
    given = [_text(value) for parameter, value in arguments if parameter is None]
    passed_on = given == ["$Key", "$Name"] and any(_inside(node, function) for function in PASS_ON)
    return passed_on or _second_is(lambda: allowed.VALUES)(node, arguments)


def _is_one_block(_: Node, arguments: list[Argument]) -> bool:
    return len(arguments) == 1 and _text(arguments[0][1]).startswith("{")


def _is_cim_query(node: Node, arguments: list[Argument]) -> bool:
    given = {parameter: _text(value) for parameter, value in arguments}
    of_caller = given.get("-ClassName") == "$Class" and _inside(node, "Get-ClusterRows")
    return (
        "-OperationTimeoutSec" in given
        and given.get("-Namespace") in _namespaces()
        and (of_caller or given.get("-ClassName") in allowed.CIM_CLASSES)
        and given.get("-Filter") in {None, *allowed.FILTERS}
        and given.get("-Property") == allowed.PROJECTED.get(given.get("-ClassName", ""))
    )


def _is_cim_call(node: Node, arguments: list[Argument]) -> bool:
    given = {parameter: _text(value) for parameter, value in arguments}
    registry = _inside(node, "Invoke-Registry") and given.get("-MethodName") == "$Method"
    cluster = given.get("-MethodName") == "GetDependencies" and given.get("-InputObject") == "$Resource"
    return "-OperationTimeoutSec" in given and (
        (registry and given.get("-ClassName") == "StdRegProv") or (cluster and "-ClassName" not in given)
    )


def _of_the_same_log(callers: Collection[str]) -> Callable[[Node, list[Argument]], bool]:
    """Whether the log is the one that a function was given, whose own calls are looked at."""
    return lambda node, arguments: (
        any(_inside(node, caller) for caller in callers) and bool(arguments) and _text(arguments[0][1]) == "$Log"
    )


def _is_new_object(node: Node, arguments: list[Argument]) -> bool:
    name = _text(arguments[0][1]) if arguments and arguments[0][0] is None else ""
    if name in allowed.OF_A_LOG:
        return _text(node) == f"New-Object {name} {allowed.OF_A_LOG[name]}" and any(
            _inside(node, function) for function in ("Get-LogReader", "Get-LogSettings")
        )
    return name in allowed.NEW_OBJECTS


_ARGUMENTS: Mapping[str, Callable[[Node, list[Argument]], bool]] = {
    "ForEach-Object": _is_one_block,
    "Where-Object": _is_one_block,
    "New-Object": _is_new_object,
    "Get-ClusterRows": _first_is(lambda: allowed.CIM_CLASSES),
    "Invoke-Registry": _first_is(lambda: allowed.CIM_METHODS),
    "Get-CimInstance": _is_cim_query,
    "Get-Events": _first_is(lambda: allowed.LOGS),
    **{function: _of_the_same_log(callers) for function, callers in allowed.LOG_READERS.items()},
    "Invoke-CimMethod": _is_cim_call,
    "Get-PrivateProperty": _second_is(lambda: allowed.PRIVATE_PROPERTIES),
    **dict.fromkeys(VALUE_READERS, _is_value),
    **dict.fromkeys(PART_READERS, _second_is(lambda: allowed.VALUES, 4)),
    "Get-AliasTarget": _second_is(lambda: allowed.VALUES),
}


def _type(node: Node) -> Iterator[str]:
    if _text(node)[1:-1] not in allowed.TYPES:
        yield f"type {_text(node)}"


def _chain(node: Node) -> str:
    """A member with what it is taken of, arguments and indices left out."""
    if node.type in ("member_access", "invokation_expression"):
        target, operator, member = node.children[:3]
        call = "()" if node.type == "invokation_expression" else ""
        return f"{_chain(target)}{_text(operator)}{_text(member)}{call}"
    if node.type == "element_access":
        return f"{_chain(node.children[0])}[]"
    return _text(node) if node.type in ("variable", "type_literal") else "(…)"


def _invocation(node: Node) -> Iterator[str]:
    chain = _chain(node)
    if chain not in allowed.MEMBERS or _strays(node, chain) or allowed.EXACT.get(chain, _text(node)) != _text(node):
        yield f"method {chain}"


def _member(node: Node) -> Iterator[str]:
    operator, name = _text(node.children[1]), _text(node.children[2])
    if operator == "::" and _chain(node) not in allowed.MEMBERS:
        yield f"member {_chain(node)}"
    # What begins with a small letter is of a table of the script's own, but for what StdRegProv answers.
    is_own = re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None
    if operator == "." and not is_own and not any(name in names for names in allowed.PROPERTIES.values()):
        yield f"property {_chain(node)}"


def _bare_word(node: Node) -> Iterator[str]:
    confined = node.parent is not None and _of_confined(node.parent)
    if (_text(node) not in _bare_words() and not confined) or _strays(node, _text(node)):
        yield f"word {_text(node)}"


def _namespaces() -> frozenset[str]:
    return frozenset(each.namespace for each in allowed.CIM_CLASSES.values())


def _bare_words() -> frozenset[str]:
    return _namespaces().union(allowed.CIM_METHODS, allowed.CIM_CLASSES, allowed.NEW_OBJECTS, {DISCARDED})


def _string(node: Node) -> Iterator[str]:
    value = _text(node)[1:-1]
    if "\\" in value and not any(value in known for known in (allowed.KEYS, allowed.MESSAGES, allowed.PATTERNS)):
        yield f"path {value}"


def _variable(node: Node) -> Iterator[str]:
    name = _text(node)
    reads_function = re.fullmatch(r"\$\{function:Read-\w+\}", name)
    if not (re.fullmatch(r"\$\w+", name) or name == "$env:COMPUTERNAME" or reads_function):
        yield f"variable {name}"


def _assignment(node: Node) -> Iterator[str]:
    target = _text(node.children[0])
    simple = re.fullmatch(r"\$\w+", target) and target.casefold() not in NAMED_BY_CALLER
    if not simple and target not in allowed.SET_MEMBERS:
        yield f"assignment to {target}"
    only = allowed.ASSIGNED_ONCE.get(target.casefold())
    if only is not None and (_text(node) != f"{target} = {only}" or not _inside(node, "Get-ExportedRights")):
        yield f"assignment of {_text(node)}"


def _foreach(node: Node) -> Iterator[str]:
    for child in node.children:
        if child.type == "variable" and _text(child).casefold() in NAMED_BY_CALLER | allowed.ASSIGNED_ONCE.keys():
            yield f"loop over {_text(child)}"


_RULES: Mapping[str, Callable[[Node], Iterator[str]]] = {
    "type_literal": _type,
    "invokation_expression": _invocation,
    "member_access": _member,
    "generic_token": _bare_word,
    "string_literal": _string,
    "variable": _variable,
    "assignment_expression": _assignment,
    "foreach_statement": _foreach,
}
