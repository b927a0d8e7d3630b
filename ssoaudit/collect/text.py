"""Text from outside, made safe to show on a terminal, in a log and in a report."""

import re

_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_]|[ -/]+[0-~])")
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_DISGUISE = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def visible(text: str) -> str:
    """The text without terminal escapes and without control characters other than tab and line feed.

    What reorders or hides its neighbours, and half a surrogate pair, becomes a replacement character.
    """
    plain = _CONTROL.sub("", _LINE_END.sub("\n", _TERMINAL.sub("", text)))
    return _DISGUISE.sub("\N{REPLACEMENT CHARACTER}", plain)


def one_line(text: str, limit: int = 300) -> str:
    """The visible text on one line, cut at `limit` characters."""
    line = " ".join(visible(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "\N{HORIZONTAL ELLIPSIS}"
