"""Text from outside: shown so that it disturbs no terminal, and looked through for what must not be in it."""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

MAX_SHOWN = 80
MAX_PATH = 4096
MAX_LINE = 8192

_PASSWORD = re.compile(r"pass(word|wd|phrase|code|wort)|kennwort|(^|[^a-z])pwd", re.IGNORECASE)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


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


def quoted(text: str) -> str:
    """The text in quotes, for a sentence; what announces a password is not shown."""
    return "'***'" if names_password(text) else f"'{visible(text)}'"


def _spelled(character: str) -> str:
    code = ord(character)
    if unicodedata.category(character) not in _INVISIBLE:
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004 - two hexadecimal digits
