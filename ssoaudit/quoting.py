"""The one place where a value enters a suggested command.

An administrator pastes these commands, and the values come from the machines under audit: quoting is a security
boundary. A value that cannot be quoted, or that would not look like what it is, is left open for the reader.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Shell = Literal["powershell", "cmd", "tsql"]

_POWERSHELL_QUOTES = "'\u2018\u2019\u201a\u201b"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# All but the first four turn into a double quote or a backslash where a program converts them to its code page.
_CMD_SPECIAL = frozenset('"%!^\u02ba\u201c\u201d\u201e\u201f\u2033\u2036\uff02\u00a5\u20a9\u2216\uff3c')


class Unquotable(ValueError):  # noqa: N818 - the value's property, as ValueError's own children are named
    """No quoting makes this value safe, or the reader could not see what it is."""


@dataclass(frozen=True)
class Command:
    """A command for one shell: only `{name}` with a value of that name is a placeholder, all else is literal."""

    shell: Shell
    template: str
    values: tuple[tuple[str, str], ...]

    def render(self) -> tuple[str, bool]:
        """The command's text, and whether it is complete: a value that cannot be quoted shows as `<NAME>`."""
        quote, values, complete = _QUOTES[self.shell], dict(self.values), True

        def fill(match: re.Match[str]) -> str:
            nonlocal complete
            name = match.group(1)
            if name not in values:
                return match.group(0)
            try:
                return quote(values[name])
            except Unquotable:
                complete = False
                return f"<{name.upper().replace('_', '-')}>"

        return _PLACEHOLDER.sub(fill, self.template), complete


def command(shell: Shell, template: str, values: Mapping[str, object]) -> Command:
    """A command; `ValueError` if a value has no placeholder, which is a slip of the check's author."""
    unused = values.keys() - set(_PLACEHOLDER.findall(template))
    if unused:
        raise ValueError(f"no placeholder for {', '.join(sorted(unused))} in {template!r}")
    return Command(shell, template, tuple((name, str(value)) for name, value in values.items()))


def quote_powershell(value: str) -> str:
    """The single-quoted literal that PowerShell reads back as `value`.

    PowerShell takes four typographic quotes for a single quote: all five are doubled.
    """
    _refuse_unseen(value)
    return "'" + "".join(char * 2 if char in _POWERSHELL_QUOTES else char for char in value) + "'"


def quote_cmd(value: str) -> str:
    """The double-quoted argument for `cmd.exe`; what it would expand inside double quotes is refused."""
    _refuse_unseen(value)
    if _CMD_SPECIAL & set(value):
        raise Unquotable("cmd.exe or the program it starts would change this value even in quotes")
    trailing = len(value) - len(value.rstrip("\\"))
    return f'"{value}{chr(92) * trailing}"'


def quote_tsql(value: str) -> str:
    """The Unicode string literal of Transact-SQL."""
    _refuse_unseen(value)
    return "N'" + value.replace("'", "''") + "'"


def _refuse_unseen(value: str) -> None:
    for char in value:
        if unicodedata.category(char) in _UNSEEN:
            raise Unquotable(f"U+{ord(char):04X} does not show")


_QUOTES: Mapping[Shell, Callable[[str], str]] = {
    "powershell": quote_powershell,
    "cmd": quote_cmd,
    "tsql": quote_tsql,
}
