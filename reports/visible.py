"""Text from outside, made fit to be read: nothing in it stays hidden or steers the page or the terminal."""

import re
from typing import NamedTuple

LIMIT = 2000
"""How many characters of one text a report shows."""

_HIDDEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL and C1 controls, ESC among them
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, Hangul and Khmer fillers
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero-width, separators, embeddings, isolates
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"  # blanks, variation selectors, byte order mark
    "\ud800-\udfff"  # lone surrogates
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # musical controls, tags
    "]"
)


class Segment(NamedTuple):
    """A stretch of text; `marked` where it stands for what a reader could not have seen."""

    text: str
    marked: bool


def segments(text: str, *, limit: int = LIMIT, keep: str = "") -> tuple[Segment, ...]:
    """Cut a text into plain stretches and marks such as `U+202E`; the characters of `keep` stay as they are.

    Beyond `limit` characters a mark says how many more there are.
    """
    shown = text[:limit]
    found: list[Segment] = []
    start = 0
    for match in _HIDDEN.finditer(shown):
        if match[0] in keep:
            continue
        found += (Segment(shown[start : match.start()], marked=False), Segment(code_point(match[0]), marked=True))
        start = match.end()
    found.append(Segment(shown[start:], marked=False))
    if len(text) > limit:
        found.append(Segment(f"{len(text) - limit} more characters", marked=True))
    return tuple(segment for segment in found if segment.text)


def visible(text: str, *, limit: int = LIMIT, keep: str = "") -> str:
    """The text with every mark spelt out between angle brackets, as in `SSO<U+202E>1`."""
    return "".join(
        f"<{segment.text}>" if segment.marked else segment.text for segment in segments(text, limit=limit, keep=keep)
    )


def code_point(character: str) -> str:
    """A character's name in Unicode's own notation, such as `U+001B`."""
    return f"U+{ord(character):04X}"
