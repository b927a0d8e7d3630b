"""The page for a security officer: the prose of `read-only.template`, with the allow-list of the node script in it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ssoaudit.collect.script import BOOTSTRAP
from tests.collect import allowed

TEMPLATE = Path(__file__).with_name("read-only.template")


def page() -> str:
    """The whole page; a line `@name@` of the template stands for the table of that name."""
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, table in _tables().items():
        if text.count(f"\n@{name}@\n") != 1:
            raise ValueError(f"{TEMPLATE.name} has no one line @{name}@")
        text = text.replace(f"\n@{name}@\n", f"\n{table}\n")
    return text


def _tables() -> Mapping[str, str]:
    return {
        "commands": _table(
            ("Command", "Parameters", "What for"),
            (
                (_code(name), " ".join(_code(each) for each in command.parameters) or "none", command.reason)
                for name, command in allowed.COMMANDS.items()
            ),
        ),
        "confined": _table(
            ("Command", "Arguments", "Function", "What for"),
            (
                (_code(name), _code(each.arguments), _code(each.function), each.reason)
                for name, each in allowed.CONFINED.items()
            ),
        ),
        "one-liners": _table(
            ("Function", "Call"),
            sorted((_code(each.function), each.reason) for each in allowed.ONE_LINERS.values()),
        ),
        "types": _reasons("Type", {**allowed.TYPES, **allowed.NEW_OBJECTS}),
        "members": _reasons("Member or method", allowed.MEMBERS),
        "classes": _table(
            ("Class", "Namespace", "What for"),
            ((_code(name), _code(each.namespace), each.reason) for name, each in allowed.CIM_CLASSES.items()),
        ),
        "methods": _table(
            ("Method", "Class", "Returns"),
            ((_code(name), _code(each.class_name), each.reason) for name, each in allowed.CIM_METHODS.items()),
        ),
        "properties": _table(
            ("Of", "Properties"),
            ((kind, " ".join(_code(name) for name in names)) for kind, names in allowed.PROPERTIES.items()),
        ),
        "private": _reasons("Private property", allowed.PRIVATE_PROPERTIES),
        "filters": _reasons("Filter", allowed.FILTERS),
        "keys": _reasons("Key", allowed.KEYS),
        "values": _reasons("Value", allowed.VALUES),
        "logs": _reasons("Log", allowed.LOGS),
        "strings": _reasons("String", {**allowed.MESSAGES, **allowed.PATTERNS}),
        "assigned": _reasons("Place", allowed.SET_MEMBERS),
        "bootstrap": BOOTSTRAP,
    }


def _reasons(heading: str, entries: Mapping[str, str]) -> str:
    return _table((heading, "What for"), ((_code(entry), entries[entry]) for entry in sorted(entries, key=_order)))


def _order(entry: str) -> str:
    return entry.lstrip("$[('\"").casefold()


def _code(text: str) -> str:
    return f"`{text}`"


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
