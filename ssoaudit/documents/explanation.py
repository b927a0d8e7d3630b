"""What pydantic objects to in a document, in sentences with places."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from ssoaudit.documents.problem import FlawError, Location, Problem
from ssoaudit.documents.scalar import resolved
from ssoaudit.documents.text import did_you_mean, quoted, visible
from ssoaudit.documents.tree import Node

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


class Explanation:
    """Turns what pydantic objects to into sentences with places."""

    def __init__(self, path: Path, root: Node, model: type[BaseModel]) -> None:
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
        return Problem(self._path, f"unknown key {quoted(key)}", hint, line, column)

    def _wrong_value(self, error: ErrorDetails, node: Node) -> tuple[str, str]:
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

    def _node(self, loc: Location) -> Node:
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


def _type_hint(kind: str, node: Node) -> str:
    if node.content is None:
        return "fill it in or leave the key out"
    if isinstance(node.content, dict | tuple):
        return ""
    if kind == "string_type":
        return f"quote it: '{visible(node.written)}'"
    if kind == "int_type" and isinstance(resolved(node.written), int):
        return "leave out the quotes"
    return _HINTS.get(_EXPECTED[kind], "")


def _dotted(loc: Location) -> str:
    """The place as `servers[2].port`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return visible("".join(steps).removeprefix("."))


def _within(loc: Location) -> str:
    return f" in {_dotted(loc)}" if loc else ""
