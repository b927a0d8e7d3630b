"""What PowerShell means by what it writes to stderr."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import cast

from ssoaudit.collect.text import visible

_LIMIT = 65536
_OPEN, _CLOSE = "<Objs", "</Objs>"
_UNREADABLE = "(an error record that cannot be read)\n"

_MARKER = re.compile(r"#< CLIXML(?:\r\n?|\n)?")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def clean(stderr: bytes) -> str:
    """The errors in a stream that mixes CLIXML documents and plain text, at most 64 KB.

    Of a CLIXML document the error records are kept (`<S S="Error">`, or the `<ToString>` of `<Obj S="Error">`);
    warnings, verbose, debug, information and progress records are dropped. What is not CLIXML is kept as it is.
    Control characters and terminal escapes are removed.
    """
    text = visible("".join(_meanings(stderr.decode("utf-8", "replace")))).strip()
    return text if len(text) <= _LIMIT else text[: _LIMIT - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _meanings(text: str) -> Iterator[str]:
    position = 0
    while (start := text.find(_OPEN, position)) >= 0:
        yield _MARKER.sub("", text[position:start])
        end = text.find(_CLOSE, start)
        position = len(text) if end < 0 else end + len(_CLOSE)
        yield from _errors(text[start:position])
    yield _MARKER.sub("", text[position:])


def _errors(document: str) -> Iterator[str]:
    """The error records of one document; of one cut short, those that came whole."""
    if "<!" in document:
        yield _UNREADABLE
        return
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(("start", "end"))
    parser.feed(document)
    depth = 0
    try:
        for event, element in cast("Iterator[tuple[str, ET.Element]]", parser.read_events()):
            depth += 1 if event == "start" else -1
            if event == "end" and depth == 1 and element.get("S", "").casefold() == "error":
                yield _message(element)
    except ET.ParseError:
        yield _UNREADABLE


def _message(record: ET.Element) -> str:
    if record.tag.endswith("}S"):
        return _unescape(record.text or "")
    return _unescape(record.findtext("{*}ToString") or "") + "\n"


def _unescape(text: str) -> str:
    """Undo `_xHHHH_`, which stands for a UTF-16 code unit; half a pair becomes a replacement character."""
    units = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
