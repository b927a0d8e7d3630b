"""The operator's defaults: `ssoaudit.toml`, or `[tool.ssoaudit]` in `pyproject.toml`, as click's `default_map`.

An option of the program stands at the top, an option of a command in the command's table; dashes and
underscores mean the same:

    log-file = "ssoaudit.jsonl"

    [run]
    profile = "compliance"
"""

import os
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ssoaudit.documents import (
    CREDENTIAL_HINT,
    DocumentError,
    Problem,
    did_you_mean,
    invisible,
    names_password,
    read_text,
    visible,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT_FILE = "pyproject.toml"
OWN_FILE = "ssoaudit.toml"

_HEADER = re.compile(r"\s*\[\[?([^\[\]]+)\]\]?\s*(#.*)?")
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_AS_TABLE = "write a table header in brackets above its keys"
_PROJECT_TABLE = ("tool", "ssoaudit")


def defaults(start: Path, explicit: Path | None, allowed: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """The defaults in force, shaped for click: option names with underscores, one nested dict per command.

    `explicit` is read if given, else `ssoaudit.toml` in the directory `start`, else `pyproject.toml` there; without
    any of them the result is empty. `allowed` maps a command ("run", "checks list", "" for the program itself)
    to the names of its options. Raises `DocumentError` for every key that is not among them.
    """
    path = explicit or _found(start)
    if path is None:
        return {}
    text = read_text(path)
    if path.name != PROJECT_FILE:
        return _Reading(path, text, (), allowed).result(_parsed(text, path))
    if explicit is None and "ssoaudit" not in text:
        return {}
    table = _own_table(_parsed(text, path))
    if table is None and explicit:
        raise DocumentError(Problem(path, "the file has no table [tool.ssoaudit]", "add it, or name another file"))
    return _Reading(path, text, _PROJECT_TABLE, allowed).result(table or {})


def _found(start: Path) -> Path | None:
    own, project = start / OWN_FILE, start / PROJECT_FILE
    if os.path.lexists(own):  # a directory or a broken link of that name is an error to be told
        return own
    return project if project.is_file() else None


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        lines = text.split("\n")
        line, column = (int(place[1]), int(place[2])) if place and place[1] else (len(lines), len(lines[-1]) + 1)
        reason = visible(_PLACE.sub("", str(error)))
        message = f"TOML syntax: {reason[:1].lower()}{reason[1:]}"
        hint = "check quotes, brackets and the equals sign"
        raise DocumentError(Problem(path, message, hint, line, column)) from None
    except (RecursionError, ValueError):
        hint = "check brackets and numbers"
        raise DocumentError(Problem(path, "a value is nested too deeply or too large", hint)) from None


def _own_table(document: Mapping[str, Any]) -> dict[str, Any] | None:
    tool = document.get("tool")
    own = tool.get("ssoaudit") if isinstance(tool, dict) else None
    return own if isinstance(own, dict) else None


class _Reading:
    """One file being turned into defaults; collects what is wrong with it."""

    def __init__(self, path: Path, text: str, root: tuple[str, ...], allowed: Mapping[str, Collection[str]]) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._root = root
        self._allowed = allowed
        self._problems: list[Problem] = []

    def result(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """The defaults of that table, or `DocumentError` with all problems."""
        found = self._table(table, ())
        if self._problems:
            raise DocumentError(*sorted(self._problems, key=lambda problem: problem.line or 0))
        return found

    def _table(self, table: Mapping[str, Any], command: tuple[str, ...]) -> dict[str, Any]:
        """`command` is the command as its words, `()` for the program itself."""
        options = {_normal(name) for name in self._allowed.get(" ".join(command), ())}
        commands = {_normal(name): name for name in self._commands_below(command)}
        found: dict[str, Any] = {}
        for key, value in table.items():
            name = _normal(key)
            if names_password(key):
                self._note(command, key, "a password is never written here", CREDENTIAL_HINT)
            elif name in commands and isinstance(value, dict):
                found[commands[name]] = self._table(value, (*command, commands[name]))
            elif name in commands and name not in options:
                self._note(command, key, f"'{visible(key)}' must be a table", _AS_TABLE)
            elif name not in options:
                self._unknown(command, key, [*options, *commands])
            elif name in found:
                self._note(command, key, f"'{visible(key)}' is given twice", "remove one spelling")
            else:
                found[name] = self._value(command, key, value)
        return found

    def _commands_below(self, command: tuple[str, ...]) -> Iterator[str]:
        for name in self._allowed:
            words = tuple(name.split())
            if len(words) > len(command) and words[: len(command)] == command:
                yield words[len(command)]

    def _unknown(self, command: tuple[str, ...], key: str, known: list[str]) -> None:
        names = sorted(name.replace("_", "-") for name in known)
        hint = did_you_mean(key.replace("_", "-"), names) or f"known here: {', '.join(names) or 'nothing'}"
        self._note(command, key, f"unknown key '{visible(key)}'", hint)

    def _value(self, command: tuple[str, ...], key: str, value: object) -> object:
        values = value if isinstance(value, list) else [value]
        for single in values:
            if not isinstance(single, str | int | float | bool):
                kind = "a table" if isinstance(single, dict) else "a date or a nested list"
                message = f"'{visible(key)}' must be text, a number, true or false, or a list of them, found {kind}"
                self._note(command, key, message, "quote it if it is meant as text")
                break
            bad = invisible(single) if isinstance(single, str) else None
            if bad:
                self._note(command, key, f"'{visible(key)}' holds the control character {bad}", "remove it")
                break
        return value

    def _note(self, command: tuple[str, ...], key: str, message: str, hint: str) -> None:
        line, column = self._place(command, key)
        self._problems.append(Problem(self._path, message, hint, line, column))

    def _place(self, command: tuple[str, ...], key: str) -> tuple[int | None, int | None]:
        """Where the key stands, by its looks, since the TOML reader keeps no places; None where it hides."""
        wanted = tuple(_normal(step) for step in (*self._root, *command))
        assignment = re.compile(rf"""(?:^|[{{,]|\.)\s*(["']?){re.escape(key)}\1\s*[.=]""")
        header: tuple[str, ...] = ()
        nearby: tuple[int | None, int | None] = (None, None)
        for number, line in enumerate(self._lines, 1):
            opened = _HEADER.fullmatch(line)
            if opened:
                header = tuple(_normal(step.strip(" \t\"'")) for step in opened[1].split("."))
                if header[: len(wanted) + 1] == (*wanted, _normal(key)):
                    return number, line.index("[") + 1
                continue
            match = assignment.search(line)
            if match:
                column = line.index(key, match.start()) + 1
                if header == wanted:
                    return number, column
                nearby = nearby if nearby[0] else (number, column)
        return nearby


def _normal(name: str) -> str:
    return name.replace("-", "_")
