"""The one spelling in which GUIDs are compared."""

import re

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOBODY = "00000000-0000-0000-0000-000000000000"


def guid(text: str | None) -> str | None:
    """A GUID in lower case and without braces; None for what is none, and for the one of all zeros."""
    spelling = (text or "").strip("{}").lower()
    return spelling if _GUID.fullmatch(spelling) and spelling != NOBODY else None
