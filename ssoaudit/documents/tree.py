"""A YAML document as a tree that remembers where each value stands."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

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

from ssoaudit.documents.file import position
from ssoaudit.documents.problem import DocumentError, Problem
from ssoaudit.documents.scalar import Scalar, resolved
from ssoaudit.documents.text import invisible, names_password, quoted, visible

MAX_NODES = 50_000
MAX_DEPTH = 32
CREDENTIAL_HINT = "remove it; store it with keyring, set SSOAUDIT_PASSWORD or let ssoaudit ask"

_ESCAPE_HINT = "inside double quotes a backslash starts an escape: use single quotes, as in 'DOMAIN\\name'"
_UNCLOSED = "what begins here is never closed"
_SYNTAX = (
    ("escape", "unknown escape in double quotes", _ESCAPE_HINT),
    ("'\\t'", "a tab where only spaces may stand", "indent with spaces"),
    ("mapping values are not allowed", "a colon where none may stand", "quote a value that holds a colon and a space"),
    ("stream end", _UNCLOSED, "add the closing quote or bracket"),
    ("end of stream", _UNCLOSED, "add the closing quote or bracket"),
)


@dataclass(frozen=True)
class Node:
    """A value with its place. `written` is a scalar as the file spells it; `size` and `height` count aliases too."""

    line: int
    column: int
    content: "Scalar | tuple[Node, ...] | dict[str, Node]"
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

    def child(self, step: int | str) -> "Node | None":
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
            return f"the text {quoted(self.content)}"
        return f"the number {visible(self.written)}"


class Composer:
    """Builds the tree of a single document from events, within the caps on nodes and depth."""

    def __init__(self, path: Path, events: Iterator[Event]) -> None:
        self.problems: list[Problem] = []
        self._path = path
        self._events = events
        self._anchors: dict[str, Node] = {}
        self._nodes = 0

    def document(self) -> Node:
        """The root, a mapping; raises `DocumentError` where going on makes no sense."""
        root: Node | None = None
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

    def _node(self, event: Event, depth: int) -> Node:
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

    def _alias(self, event: AliasEvent, depth: int) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            self._refuse(event, f"the alias {quoted(event.anchor)} names no finished anchor above", "")
        self._count(event, node.size)
        if depth + node.height - 1 > MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels", "flatten the file")
        return node

    def _mapping(self, start: Event, depth: int) -> Node:
        content: dict[str, Node] = {}
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
                self._note(here, f"duplicate key {quoted(key)}", hint)
            else:
                content[key], keys[key] = value, here
        line, column = _place(start)
        nodes = content.values()
        return Node(line, column, content, keys=keys, size=_size(nodes), height=_height(nodes))

    def _key(self, event: Event, depth: int) -> str:
        node = self._node(event, depth + 1)
        if isinstance(node.content, dict | tuple):
            self._refuse(event, f"a key must be text, found {node.found()}", "check braces and brackets")
        return node.content if isinstance(node.content, str) else node.written

    def _sequence(self, start: Event, depth: int) -> Node:
        content = tuple(self._node(event, depth + 1) for event in self._until_end())
        line, column = _place(start)
        return Node(line, column, content, size=_size(content), height=_height(content))

    def _scalar(self, event: ScalarEvent) -> Node:
        text: str = event.value
        line, column = _place(event)
        bad = invisible(text.replace("\n", "").replace("\t", ""))
        if bad:
            hint = _ESCAPE_HINT if event.style == '"' else "remove it"
            self._note((line, column), f"the text holds the control character {bad}", hint)
            text = text.encode("utf-8", "replace").decode()
        return Node(line, column, text if event.style else resolved(text), text)

    def _until_end(self) -> Iterator[Event]:
        for event in self._events:
            if isinstance(event, CollectionEndEvent):
                return
            yield event

    def _untagged(self, event: Event) -> None:
        if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag:
            hint = "remove it; quote the value if it is meant as text"
            self._note(_place(event), f"the tag {quoted(event.tag)} is not accepted", hint)

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


def _size(nodes: Iterable[Node]) -> int:
    return 1 + sum(node.size for node in nodes)


def _height(nodes: Iterable[Node]) -> int:
    return 1 + max((node.height for node in nodes), default=0)


def events(text: str, path: Path) -> Iterator[Event]:
    """The parser's events; its errors in one sentence each."""
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        raise DocumentError(_syntax_problem(error, path)) from None
    except ReaderError as error:
        line, column = position(text[: error.position])
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
