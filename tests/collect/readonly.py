"""The proof that the node script changes nothing: its syntax tree holds only what the allow-list names."""

import re
from collections.abc import Callable, Iterator, Mapping

import compiled
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

COMMANDS: Mapping[str, frozenset[str]] = {
    "ConvertFrom-Json": frozenset(),
    "ConvertTo-Json": frozenset({"-InputObject", "-Depth", "-Compress"}),
    "ForEach-Object": frozenset(),
    "Get-CimInstance": frozenset({"-Namespace", "-ClassName", "-Filter", "-OperationTimeoutSec"}),
    "Invoke-CimMethod": frozenset(
        {"-Namespace", "-ClassName", "-InputObject", "-MethodName", "-Arguments", "-OperationTimeoutSec"}
    ),
    "New-Object": frozenset(),
    "Where-Object": frozenset(),
}
"""The commands of PowerShell, and the parameters that may be given by name."""

CONFINED: Mapping[str, tuple[str, str]] = {
    "Add-Type": ("Initialize-Lsa", "-TypeDefinition $CSharp"),
    "Get-Content": ("Get-ExportedRights", "-LiteralPath $export"),
    "Remove-Item": ("Get-ExportedRights", "-LiteralPath $export, $log"),
    "secedit.exe": ("Get-ExportedRights", "/export /areas USER_RIGHTS /cfg $export /log $log /quiet"),
}
"""The commands that do more than read, each allowed once, in one function and with these very arguments.

`$CSharp` stands for a literal here-string, of which `compiled` says whether it only reads."""
ASSIGNED_ONCE: Mapping[str, str] = {
    "$export": "[IO.Path]::GetTempFileName()",
    "$log": "[IO.Path]::GetTempFileName()",
}
"""The variables of those commands, in the one function that has them, and what alone they are set to."""
ONE_LINERS: Mapping[str, str] = {
    "[SsoAuditLsa]::Holders()": "Get-RightHolders",
    "[SsoAuditLsa]::Kind()": "Get-AccountKind",
    "Security.Principal.NTAccount": "Get-Sid",
    "Security.Principal.WindowsIdentity": "Get-TokenSids",
}
"""Calls and objects that no command can stand in for, each with the function of one line that has it to itself."""

CIM_METHODS = frozenset({"EnumKey", "EnumValues", "GetDependencies", "GetMultiStringValue", "GetStringValue"})
CIM_CLASSES = frozenset(
    {
        "MSCluster_Cluster",
        "MSCluster_Node",
        "MSCluster_Resource",
        "MSCluster_ResourceGroup",
        "MSCluster_ResourceToPossibleOwner",
        "StdRegProv",
        "Win32_Service",
        "Win32_UserAccount",
    }
)
NAMESPACES = frozenset({"root/cimv2", "root/MSCluster"})

NEW_OBJECTS = frozenset(
    {
        "Security.Principal.NTAccount",
        "Security.Principal.WindowsIdentity",
        "Security.Principal.WindowsPrincipal",
        "Text.UTF8Encoding",
        "UnauthorizedAccessException",
    }
)
TYPES = frozenset(
    {
        "BitConverter",
        "Collections.IDictionary",
        "ComponentModel.Win32Exception",
        "Console",
        "Convert",
        "DateTime",
        "Diagnostics.Stopwatch",
        "Environment",
        "Globalization.CultureInfo",
        "IO.Path",
        "Security.Cryptography.SHA256",
        "Security.Principal.SecurityIdentifier",
        "Security.Principal.WindowsBuiltInRole",
        "Security.Principal.WindowsIdentity",
        "SsoAuditLsa",
        "byte[]",
        "hashtable",
        "int64",
        "ordered",
        "string",
        "uint32",
    }
)
MEMBERS = frozenset(
    {
        "$Compiled.Contains()",
        "$Holder.StartsWith()",
        "$Holder.Substring()",
        "$Utf8.GetBytes()",
        "$Utf8.GetString()",
        "$_.Trim()",
        "$data[].Contains()",
        "$exception.GetType()",
        "$failure.Remove()",
        "$identity.Dispose()",
        "$parts[].Trim()",
        "$principal.IsInRole()",
        "$thrown.Contains()",
        "(…).Translate()",
        "[BitConverter]::ToString()",
        "[BitConverter]::ToString().Replace()",
        "[BitConverter]::ToString().Replace().ToLower()",
        "$Matches[].Substring()",
        "$Matches[].Substring().ToUpper()",
        "[Console]::Out",
        "[Console]::Out.Flush()",
        "[Console]::Out.WriteLine()",
        "[Convert]::FromBase64String()",
        "[Convert]::ToBase64String()",
        "[DateTime]::UtcNow",
        "[DateTime]::UtcNow.ToString()",
        "[Diagnostics.Stopwatch]::StartNew()",
        "[Environment]::Is64BitProcess",
        "[Globalization.CultureInfo]::CurrentCulture",
        "[IO.Path]::GetTempFileName()",
        "[Security.Cryptography.SHA256]::Create()",
        "[Security.Cryptography.SHA256]::Create().ComputeHash()",
        "[Security.Principal.WindowsBuiltInRole]::Administrator",
        "[Security.Principal.WindowsIdentity]::GetCurrent()",
        "[SsoAuditLsa]::Holders()",
        "[SsoAuditLsa]::Kind()",
    }
)
"""Static members, and every method call with what it is called on; arguments are left out."""

KEYS = frozenset(
    {
        r"$Key\$guid\Description",
        r"$key\SQL",
        r"Cluster\Resources",
        r"Cluster\Resources\$resource\MSDTCPRIVATE\CID",
        r"SOFTWARE\Classes\CID",
        r"SOFTWARE\Classes\CID.Local",
        r"SOFTWARE\Microsoft\ENTSSO",
        r"SOFTWARE\Microsoft\ENTSSO\SSOSS",
        r"SOFTWARE\Microsoft\MSSQLServer\Client\ConnectTo",
        r"SYSTEM\CurrentControlSet\Services\ClusSvc\Parameters",
        "SYSTEM\\CurrentControlSet\\Services\\",
    }
)
MESSAGES = frozenset({r"HKLM\$Key cannot be read", r"StdRegProv.$Method of HKLM\$Key gave $code"})
PATTERNS = frozenset({"$env:COMPUTERNAME\\", r"\\", r"^\.\\"})
"""Strings with a backslash: nothing else in the script may look like a path."""

CALLED = "$Readers[[string]$topic]"
DISCARDED = "3>$null"
BARE_WORDS = CIM_METHODS | CIM_CLASSES | NAMESPACES | NEW_OBJECTS | {DISCARDED}
SET_MEMBERS = frozenset(
    {
        "$Compiled.fault",
        "$answer.error",
        "$answer.expression",
        "$data.clustered",
        "$data.lacking",
        "$data.local",
        "$data.machine_sid",
        "$data.tokens",
        "$lacking.machine_sid",
        "$lacking.tokens",
    }
)
NAMED_BY_CALLER = frozenset({"$class", "$method"})
VERBS = ("ConvertTo-", "Get-", "Initialize-", "Invoke-", "Read-", "Resolve-", "Stop-", "Write-")
SECRETS = "SSOSS"
NEVER = ("ResourceData", r"\SAM", r"\SECURITY", "SAM\\", "SECURITY\\")

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
    root = _PARSER.parse(source.encode("ascii")).root_node
    nodes = list(_walk(root))
    functions = [_text(node.children[1]) for node in nodes if node.type == "function_statement"]
    found = [*_syntax(nodes), *_functions(functions), *_secrets(nodes, source), *_confined(nodes)]
    for node in nodes:
        found.extend(_RULES[node.type](node) if node.type in _RULES else ())
        if node.type == "command":
            found.extend(_command(node, frozenset(functions)))
    return found


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("ascii") if node is not None else ""


def _syntax(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        if node.is_error or node.is_missing:
            yield f"line {node.start_point.row + 1} is no PowerShell: {_text(node)!r}"
        elif node.type in FORBIDDEN_SYNTAX:
            yield f"{node.type}: {_text(node)}"


def _functions(names: list[str]) -> Iterator[str]:
    for name in names:
        if not name.startswith(VERBS) or name in COMMANDS or names.count(name) > 1:
            yield f"function {name}"


def _secrets(nodes: list[Node], source: str) -> Iterator[str]:
    """The key of the master secrets is named once, and only to list the names below it."""
    for word in NEVER:
        if word.casefold() in source.casefold():
            yield f"{word} is never named"
    uses = [node for node in nodes if node.type == "command" and SECRETS.casefold() in _text(node).casefold()]
    mentions = len(re.findall(SECRETS, source, re.IGNORECASE))
    if mentions and (mentions > 1 or [_text(use) for use in uses] != [f"Get-RegistryKeyNames '{_secret_key()}'"]):
        yield f"{SECRETS} is named otherwise than to list the names below it"


def _secret_key() -> str:
    (key,) = [key for key in KEYS if key.endswith(SECRETS)]
    return key


def _confined(nodes: list[Node]) -> Iterator[str]:
    """What does more than read is there once; where and with which arguments, `_command` looks at."""
    names = [_text(node) for node in nodes if node.type == "command_name"]
    assigned = [_text(node.children[0]).casefold() for node in nodes if node.type == "assignment_expression"]
    for name in (*CONFINED, *ASSIGNED_ONCE):
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
    if name in CONFINED:
        yield from _confined_command(node, name)
        return
    if name not in functions and name not in COMMANDS:
        yield f"command {name or _text(node)}"
        return
    arguments = _arguments(node)
    for parameter, _ in arguments:
        if parameter is not None and parameter not in COMMANDS.get(name, ()):
            yield f"parameter {parameter} of {name}"
    if name in _ARGUMENTS and not _ARGUMENTS[name](node, arguments):
        yield f"arguments of {_text(node)}"


def _confined_command(node: Node, name: str) -> Iterator[str]:
    function, arguments = CONFINED[name]
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
    return name in ONE_LINERS and not _inside(node, ONE_LINERS[name])


def _of_confined(elements: Node) -> bool:
    """Whether these are arguments of a confined command, which are looked at as a whole."""
    command = elements.parent
    return command is not None and command.type == "command" and _text(command.children[0]) in CONFINED


def _first_is(words: frozenset[str]) -> Callable[[Node, list[Argument]], bool]:
    return lambda _, arguments: bool(arguments) and arguments[0][0] is None and _text(arguments[0][1]) in words


def _is_one_block(_: Node, arguments: list[Argument]) -> bool:
    return len(arguments) == 1 and _text(arguments[0][1]).startswith("{")


def _is_cim_query(node: Node, arguments: list[Argument]) -> bool:
    given = {parameter: _text(value) for parameter, value in arguments}
    of_caller = given.get("-ClassName") == "$Class" and _inside(node, "Get-ClusterRows")
    return (
        "-OperationTimeoutSec" in given
        and given.get("-Namespace") in NAMESPACES
        and (of_caller or given.get("-ClassName") in CIM_CLASSES)
    )


def _is_cim_call(node: Node, arguments: list[Argument]) -> bool:
    given = {parameter: _text(value) for parameter, value in arguments}
    registry = _inside(node, "Invoke-Registry") and given.get("-MethodName") == "$Method"
    cluster = given.get("-MethodName") == "GetDependencies" and given.get("-InputObject") == "$Resource"
    return "-OperationTimeoutSec" in given and (
        (registry and given.get("-ClassName") == "StdRegProv") or (cluster and "-ClassName" not in given)
    )


_ARGUMENTS: Mapping[str, Callable[[Node, list[Argument]], bool]] = {
    "ForEach-Object": _is_one_block,
    "Where-Object": _is_one_block,
    "New-Object": _first_is(NEW_OBJECTS),
    "Get-ClusterRows": _first_is(CIM_CLASSES),
    "Invoke-Registry": _first_is(CIM_METHODS),
    "Get-CimInstance": _is_cim_query,
    "Invoke-CimMethod": _is_cim_call,
}


def _type(node: Node) -> Iterator[str]:
    if _text(node)[1:-1] not in TYPES:
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
    if _chain(node) not in MEMBERS or _strays(node, _chain(node)):
        yield f"method {_chain(node)}"


def _member(node: Node) -> Iterator[str]:
    if _text(node.children[1]) == "::" and _chain(node) not in MEMBERS:
        yield f"member {_chain(node)}"


def _bare_word(node: Node) -> Iterator[str]:
    confined = node.parent is not None and _of_confined(node.parent)
    if (_text(node) not in BARE_WORDS and not confined) or _strays(node, _text(node)):
        yield f"word {_text(node)}"


def _string(node: Node) -> Iterator[str]:
    value = _text(node)[1:-1]
    if "\\" in value and value not in KEYS | MESSAGES | PATTERNS:
        yield f"path {value}"


def _variable(node: Node) -> Iterator[str]:
    name = _text(node)
    reads_function = re.fullmatch(r"\$\{function:Read-\w+\}", name)
    if not (re.fullmatch(r"\$\w+", name) or name == "$env:COMPUTERNAME" or reads_function):
        yield f"variable {name}"


def _assignment(node: Node) -> Iterator[str]:
    target = _text(node.children[0])
    simple = re.fullmatch(r"\$\w+", target) and target.casefold() not in NAMED_BY_CALLER
    if not simple and target not in SET_MEMBERS:
        yield f"assignment to {target}"
    only = ASSIGNED_ONCE.get(target.casefold())
    if only is not None and (_text(node) != f"{target} = {only}" or not _inside(node, "Get-ExportedRights")):
        yield f"assignment of {_text(node)}"


def _foreach(node: Node) -> Iterator[str]:
    for child in node.children:
        if child.type == "variable" and _text(child).casefold() in NAMED_BY_CALLER | ASSIGNED_ONCE.keys():
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
