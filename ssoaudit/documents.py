"""Documents that operators write: YAML in, frozen models out, or every problem with its file, line and column.

Scalars follow the core schema of YAML 1.2: `no` and `2024-01-01` are text, `true` is a truth value, `1e3` a number.
Models are validated strictly, so nothing is converted behind the operator's back.
"""

import difflib
import json
import re
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.reader import ReaderError

MAX_BYTES = 1024 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 32
MAX_PROBLEMS = 20
MAX_SHOWN = 80
MAX_PATH = 4096
MAX_LINE = 8192

M = TypeVar("M", bound=BaseModel)
Scalar = str | int | float | bool | None
Location = tuple[int | str, ...]

_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], int | float]], ...] = (
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), lambda text: float(text.replace(".", ""))),
)
_LONGEST_NUMBER = 300
_PASSWORD = re.compile(r"pass(word|wd|phrase|code|wort)|kennwort|(^|[^a-z])pwd", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_ESCAPE_HINT = "inside double quotes a backslash starts an escape: use single quotes, as in 'DOMAIN\\name'"
_UNCLOSED = "what begins here is never closed"
_SYNTAX = (
    ("escape", "unknown escape in double quotes", _ESCAPE_HINT),
    ("'\\t'", "a tab where only spaces may stand", "indent with spaces"),
    ("mapping values are not allowed", "a colon where none may stand", "quote a value that holds a colon and a space"),
    ("stream end", _UNCLOSED, "add the closing quote or bracket"),
    ("end of stream", _UNCLOSED, "add the closing quote or bracket"),
)
CREDENTIAL_HINT = "remove it; store it with keyring, set SSOAUDIT_PASSWORD or let ssoaudit ask"


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a document. Line and column count from 1; None where the file as a whole is meant."""

    path: Path
    message: str
    hint: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (visible_path(self.path), self.line, self.column) if part is not None)
        return visible(f"{where}: {self.message}; {self.hint}" if self.hint else f"{where}: {self.message}", MAX_LINE)


class DocumentError(Exception):
    """A document cannot be used. `problems` holds every reason in the file's order; the attributes tell the first."""

    def __init__(self, first: Problem, *others: Problem) -> None:
        super().__init__(first, *others)
        self.problems = (first, *others)
        self.path = first.path
        self.line = first.line
        self.column = first.column
        self.message = first.message
        self.hint = first.hint

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:MAX_PROBLEMS]]
        unlisted = len(self.problems) - len(lines)
        if unlisted:
            lines.append(f"{visible_path(self.path)}: and {unlisted} more")
        return "\n".join(lines)


@dataclass(frozen=True)
class Flaw:
    """What a validator objects to; `at` leads from the validated value to the part that is meant."""

    message: str
    hint: str = ""
    at: Location = ()

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class FlawError(ValueError):
    """Raised by the validators of a model, so that each flaw is reported at its own place in the file."""

    def __init__(self, *flaws: Flaw) -> None:
        super().__init__(*flaws)
        self.flaws = flaws

    def __str__(self) -> str:
        return ", ".join(str(flaw) for flaw in self.flaws)


def load(path: Path, model: type[M], context: object = None) -> M:
    """The YAML document in that file as `model`, whose validators see `context`.

    Raises `DocumentError` if it is anything else.
    """
    return parse(read_text(path), path, model, context)


def parse(text: str, path: Path, model: type[M], context: object = None) -> M:
    """The YAML text as `model`; `path` names it in errors. Raises `DocumentError`."""
    composer = _Composer(path, _events(text, path))
    root = composer.document()
    problems = composer.problems
    try:
        result = model.model_validate_json(json.dumps(root.plain()), strict=True, context=context)
    except ValidationError as error:
        known = {(problem.line, problem.column) for problem in problems}
        explained = _Explanation(path, root, model).problems(error.errors(include_url=False))
        problems = [*problems, *(problem for problem in explained if (problem.line, problem.column) not in known)]
    if problems:
        raise DocumentError(*sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))) from None
    return result


def read_text(path: Path) -> str:
    """The text of a UTF-8 file of at most 1 MiB, without its byte order mark. Raises `DocumentError`."""
    data = read_bytes(path, MAX_BYTES)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DocumentError(Problem(path, "the file is UTF-16, not UTF-8", "save it as UTF-8 and try again"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The decoder counts from behind the mark that it removes.
        offset = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        line, column = _position(data[:offset].decode("utf-8-sig", "replace"))
        message = f"byte 0x{data[offset]:02X} at offset {offset} is not UTF-8"
        raise DocumentError(Problem(path, message, "save the file as UTF-8 and try again", line, column)) from None
    bad = _UNPRINTABLE.search(text)
    if bad:
        line, column = _position(text[: bad.start()])
        message = f"the file holds the control character U+{ord(bad.group()):04X}"
        raise DocumentError(Problem(path, message, "remove it", line, column))
    return text


def visible(text: str, limit: int = MAX_SHOWN) -> str:
    """The text in at most `limit` characters, with everything that could disturb a terminal spelled out."""
    spelled = "".join(_spelled(character) for character in text[: limit + 1])
    return spelled if len(spelled) <= limit else spelled[: limit - 3] + "..."


def visible_lines(text: str) -> str:
    """The text as it may go to a terminal: only its line feeds stay what they are."""
    return "\n".join(visible(line, MAX_LINE) for line in text.split("\n"))


def visible_path(path: Path) -> str:
    """The path in full, unless it is absurdly long."""
    return visible(str(path), MAX_PATH)


def invisible(text: str) -> str | None:
    """The first control, formatting or separator character, spelled as `U+XXXX`; line feeds and tabs included."""
    for character in text:
        if unicodedata.category(character) in _INVISIBLE:
            return f"U+{ord(character):04X}"
    return None


def names_password(key: str) -> bool:
    """Whether that key announces a password, which no document may hold."""
    return _PASSWORD.search(key) is not None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The question after the nearest known word, or an empty string if none is near."""
    by_folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold()[:MAX_SHOWN], by_folded, n=1)
    return f"did you mean '{by_folded[near[0]]}'?" if near else ""


def read_bytes(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes; pipes and devices may never end. Raises `DocumentError`."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise DocumentError(Problem(path, "this is a directory, not a file", "name the file inside it"))
        if not stat.S_ISREG(mode):
            raise DocumentError(Problem(path, "this is not a regular file", "save it to a file first"))
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError:
        raise DocumentError(Problem(path, "the file does not exist", "check the path")) from None
    except PermissionError:
        raise DocumentError(Problem(path, "no permission to read the file", "check its owner and mode")) from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise DocumentError(Problem(path, f"the file cannot be read: {reason}", "check the path")) from None
    except ValueError:
        raise DocumentError(Problem(path, "no file can have this name", "check the path")) from None
    if len(data) > limit:
        message = f"the file is larger than {limit // MAX_BYTES} MiB"
        raise DocumentError(Problem(path, message, "check that it is the right file"))
    return data


def _position(before: str) -> tuple[int, int]:
    """Line and column of what follows `before`, the file's beginning."""
    lines = re.split(r"\r\n|\r|\n", before)
    return len(lines), len(lines[-1]) + 1


def _spelled(character: str) -> str:
    code = ord(character)
    if unicodedata.category(character) not in _INVISIBLE:
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004 - two hexadecimal digits


def _events(text: str, path: Path) -> Iterator[Event]:
    """The parser's events; its errors in one sentence each."""
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        raise DocumentError(_syntax_problem(error, path)) from None
    except ReaderError as error:
        line, column = _position(text[: error.position])
        raise DocumentError(Problem(path, "a character is not allowed in YAML", "remove it", line, column)) from None
    except (YAMLError, ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError):
        # The parser stumbles over some broken input instead of refusing it.
        raise DocumentError(Problem(path, "this is not YAML", "check quotes, brackets and indentation")) from None


def _syntax_problem(error: MarkedYAMLError, path: Path) -> Problem:
    reason = " ".join(str(error.problem or "it cannot be parsed").split())
    mark = error.problem_mark or error.context_mark
    message, hint = visible(reason), "check quotes, colons, brackets and indentation here and above"
    for fragment, clearer, advice in _SYNTAX:
        if fragment in reason:
            message, hint = clearer, advice
    if message == _UNCLOSED:
        mark = error.context_mark or mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
    return Problem(path, f"YAML syntax: {message}", hint, line, column)


@dataclass(frozen=True)
class _Node:
    """A value with its place. `written` is a scalar as the file spells it; `size` and `height` count aliases too."""

    line: int
    column: int
    content: "Scalar | tuple[_Node, ...] | dict[str, _Node]"
    written: str = ""
    keys: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    size: int = 1
    height: int = 1

    def plain(self) -> object:
        """The value in Python's own types."""
        if isinstance(self.content, dict):
            return {key: node.plain() for key, node in self.content.items()}
        if isinstance(self.content, tuple):
            return [node.plain() for node in self.content]
        return self.content

    def child(self, step: int | str) -> "_Node | None":
        """The part of that key or index, if there is one."""
        if isinstance(self.content, dict):
            return self.content.get(str(step))
        if isinstance(self.content, tuple) and isinstance(step, int) and step < len(self.content):
            return self.content[step]
        return None

    def found(self) -> str:
        """What stands here, for a sentence."""
        if isinstance(self.content, dict):
            return "a mapping"
        if isinstance(self.content, tuple):
            return "a list"
        if self.content is None:
            return "nothing"
        if isinstance(self.content, bool):
            return self.written
        if isinstance(self.content, str):
            return f"the text {_quoted(self.content)}"
        return f"the number {visible(self.written)}"


class _Composer:
    """Builds the tree of a single document from events, within the caps on nodes and depth."""

    def __init__(self, path: Path, events: Iterator[Event]) -> None:
        self.problems: list[Problem] = []
        self._path = path
        self._events = events
        self._anchors: dict[str, _Node] = {}
        self._nodes = 0

    def document(self) -> _Node:
        """The root, a mapping; raises `DocumentError` where going on makes no sense."""
        root: _Node | None = None
        for event in self._events:
            if isinstance(event, DocumentStartEvent) and root is not None:
                self._refuse(event, "a second document starts here", "keep one document per file; remove the '---'")
            if isinstance(event, NodeEvent):
                root = self._node(event, depth=1)
        if root is None or (root.content is None and not root.written):
            raise DocumentError(Problem(self._path, "the file is empty", "see the documentation for an example"))
        if not isinstance(root.content, dict):
            hint = "begin with a key and a colon, as in 'name: ...'"
            self._refuse_at(root.line, root.column, f"the file must hold a mapping, found {root.found()}", hint)
        return root

    def _node(self, event: Event, depth: int) -> _Node:
        if depth > MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels", "flatten the file")
        if isinstance(event, AliasEvent):
            return self._alias(event, depth)
        self._count(event, 1)
        self._untagged(event)
        if isinstance(event, ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, MappingStartEvent):
            node = self._mapping(event, depth)
        else:
            node = self._sequence(event, depth)
        if isinstance(event, NodeEvent) and event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: AliasEvent, depth: int) -> _Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            self._refuse(event, f"the alias {_quoted(event.anchor)} names no finished anchor above", "")
        self._count(event, node.size)
        if depth + node.height - 1 > MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels", "flatten the file")
        return node

    def _mapping(self, start: Event, depth: int) -> _Node:
        content: dict[str, _Node] = {}
        keys: dict[str, tuple[int, int]] = {}
        for event in self._until_end():
            key, here = self._key(event, depth), _place(event)
            value = self._node(next(self._events), depth + 1)
            if value.content is None and not value.written:
                # The parser places an absent value at whatever comes next, perhaps lines below.
                value = replace(value, line=here[0], column=here[1])
            if names_password(key):
                self._note(here, "a password is never written here", CREDENTIAL_HINT)
            elif key in content:
                hint = f"it stands in line {keys[key][0]} already; remove one"
                self._note(here, f"duplicate key {_quoted(key)}", hint)
            else:
                content[key], keys[key] = value, here
        line, column = _place(start)
        nodes = content.values()
        return _Node(line, column, content, keys=keys, size=_size(nodes), height=_height(nodes))

    def _key(self, event: Event, depth: int) -> str:
        node = self._node(event, depth + 1)
        if isinstance(node.content, dict | tuple):
            self._refuse(event, f"a key must be text, found {node.found()}", "check braces and brackets")
        return node.content if isinstance(node.content, str) else node.written

    def _sequence(self, start: Event, depth: int) -> _Node:
        content = tuple(self._node(event, depth + 1) for event in self._until_end())
        line, column = _place(start)
        return _Node(line, column, content, size=_size(content), height=_height(content))

    def _scalar(self, event: ScalarEvent) -> _Node:
        text: str = event.value
        line, column = _place(event)
        bad = invisible(text.replace("\n", "").replace("\t", ""))
        if bad:
            hint = _ESCAPE_HINT if event.style == '"' else "remove it"
            self._note((line, column), f"the text holds the control character {bad}", hint)
            text = text.encode("utf-8", "replace").decode()
        return _Node(line, column, text if event.style else _resolved(text), text)

    def _until_end(self) -> Iterator[Event]:
        for event in self._events:
            if isinstance(event, CollectionEndEvent):
                return
            yield event

    def _untagged(self, event: Event) -> None:
        if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag:
            hint = "remove it; quote the value if it is meant as text"
            self._note(_place(event), f"the tag {_quoted(event.tag)} is not accepted", hint)

    def _count(self, event: Event, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            self._refuse(event, f"more than {MAX_NODES} values, aliases expanded", "check that it is the right file")

    def _note(self, place: tuple[int, int], message: str, hint: str) -> None:
        self.problems.append(Problem(self._path, message, hint, *place))

    def _refuse(self, event: Event, message: str, hint: str) -> NoReturn:
        self._refuse_at(*_place(event), message, hint)

    def _refuse_at(self, line: int, column: int, message: str, hint: str) -> NoReturn:
        raise DocumentError(*self.problems, Problem(self._path, message, hint, line, column))


def _place(event: Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _size(nodes: Iterable[_Node]) -> int:
    return 1 + sum(node.size for node in nodes)


def _height(nodes: Iterable[_Node]) -> int:
    return 1 + max((node.height for node in nodes), default=0)


def _resolved(text: str) -> Scalar:
    """What an unquoted scalar means in YAML 1.2's core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= _LONGEST_NUMBER:
        for form, number in _NUMBERS:
            if form.fullmatch(text):
                return number(text)
    return text


_EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "tuple_type": "a list",
    "list_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
    "date_type": "a date, YYYY-MM-DD",
    "date_parsing": "a date, YYYY-MM-DD",
    "date_from_datetime_parsing": "a date, YYYY-MM-DD",
}
_HINTS = {"true or false": "write it without quotes", "a list": "put it in brackets, [like, this]"}
_RANGE = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal"})


class _Explanation:
    """Turns what pydantic objects to into sentences with places."""

    def __init__(self, path: Path, root: _Node, model: type[BaseModel]) -> None:
        self._path = path
        self._root = root
        self._schema = model.model_json_schema()

    def problems(self, errors: Iterable[ErrorDetails]) -> Iterator[Problem]:
        """One problem for each error, more where a validator found several flaws."""
        for error in errors:
            loc = error["loc"]
            cause = error.get("ctx", {}).get("error")
            if isinstance(cause, FlawError):
                for flaw in cause.flaws:
                    node = self._node((*loc, *flaw.at))
                    yield Problem(self._path, flaw.message, flaw.hint, node.line, node.column)
            elif error["type"] == "extra_forbidden":
                yield self._unknown_key(loc)
            elif error["type"] == "missing":
                node = self._node(loc[:-1])
                message = f"the key '{loc[-1]}' is missing{_within(loc[:-1])}"
                yield Problem(self._path, message, "add it", node.line, node.column)
            elif not self._only_seems_short(error):
                node = self._node(loc)
                yield Problem(self._path, *self._wrong_value(error, node), node.line, node.column)

    def _only_seems_short(self, error: ErrorDetails) -> bool:
        """Whether a list is called too short only because pydantic does not count its invalid members."""
        return error["type"] == "too_short" and self._node(error["loc"]).content not in ((), {})

    def _unknown_key(self, loc: Location) -> Problem:
        parent, key = self._node(loc[:-1]), str(loc[-1])
        known = list(self._shape(loc[:-1]).get("properties", {}))
        hint = did_you_mean(key, known) or f"known here: {', '.join(known)}"
        line, column = parent.keys.get(key, (parent.line, parent.column))
        return Problem(self._path, f"unknown key {_quoted(key)}", hint, line, column)

    def _wrong_value(self, error: ErrorDetails, node: _Node) -> tuple[str, str]:
        kind, name, shape = error["type"], _dotted(error["loc"]), self._shape(error["loc"])
        if kind in ("enum", "literal_error"):
            words = [str(word) for word in shape.get("enum", ())]
            return f"{name} must be one of {', '.join(words)}, found {node.found()}", did_you_mean(node.written, words)
        if kind in _EXPECTED:
            return f"{name} must be {_EXPECTED[kind]}, found {node.found()}", _type_hint(kind, node)
        if kind in _RANGE and "minimum" in shape and "maximum" in shape:
            return f"{name} must be from {shape['minimum']} to {shape['maximum']}, found {visible(node.written)}", ""
        if kind in ("string_too_short", "too_short"):
            return f"{name} must not be empty", "fill it in or leave the key out"
        if kind == "string_too_long":
            return f"{name} is longer than {shape.get('maxLength')} characters", "shorten it"
        return f"{name} is not valid: {visible(error['msg'])}", ""

    def _node(self, loc: Location) -> _Node:
        """The node there, or the nearest one around it."""
        node = self._root
        for step in loc:
            child = node.child(step)
            if child is None:
                break
            node = child
        return node

    def _shape(self, loc: Location) -> dict[str, Any]:
        """The part of the JSON Schema that speaks of that place; empty if none does."""
        shape = self._resolved(self._schema)
        for step in loc:
            part = shape.get("items") if isinstance(step, int) else shape.get("properties", {}).get(step)
            shape = self._resolved(part if isinstance(part, dict) else {})
        return shape

    def _resolved(self, shape: dict[str, Any]) -> dict[str, Any]:
        """The schema behind references and behind "or null"."""
        if "$ref" in shape:
            return self._resolved(self._schema["$defs"][shape["$ref"].rsplit("/", 1)[-1]])
        branches: list[dict[str, Any]] = shape.get("anyOf") or shape.get("allOf") or []
        branches = [branch for branch in branches if branch.get("type") != "null"]
        return self._resolved(branches[0]) if len(branches) == 1 else shape


def _type_hint(kind: str, node: _Node) -> str:
    if node.content is None:
        return "fill it in or leave the key out"
    if isinstance(node.content, dict | tuple):
        return ""
    if kind == "string_type":
        return f"quote it: '{visible(node.written)}'"
    if kind == "int_type" and isinstance(_resolved(node.written), int):
        return "leave out the quotes"
    return _HINTS.get(_EXPECTED[kind], "")


def _quoted(text: str) -> str:
    return "'***'" if names_password(text) else f"'{visible(text)}'"


def _dotted(loc: Location) -> str:
    """The place as `servers[2].port`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return visible("".join(steps).removeprefix("."))


def _within(loc: Location) -> str:
    return f" in {_dotted(loc)}" if loc else ""
