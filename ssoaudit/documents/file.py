"""A document's file: regular, not too large, and UTF-8 where it is text."""

import re
import stat
from pathlib import Path

from ssoaudit.documents.problem import DocumentError, Problem

MAX_BYTES = 1024 * 1024

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")


def read_text(path: Path) -> str:
    """The text of a UTF-8 file of at most 1 MiB, without its byte order mark. Raises `DocumentError`."""
    data = read_bytes(path, MAX_BYTES)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DocumentError(Problem(path, "the file is UTF-16, not UTF-8", "save it as UTF-8 and try again"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The decoder counts from behind the mark that it removes.
        offset = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        line, column = position(data[:offset].decode("utf-8-sig", "replace"))
        message = f"byte 0x{data[offset]:02X} at offset {offset} is not UTF-8"
        raise DocumentError(Problem(path, message, "save the file as UTF-8 and try again", line, column)) from None
    bad = _UNPRINTABLE.search(text)
    if bad:
        line, column = position(text[: bad.start()])
        message = f"the file holds the control character U+{ord(bad.group()):04X}"
        raise DocumentError(Problem(path, message, "remove it", line, column))
    return text


def read_bytes(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes; pipes and devices may never end. Raises `DocumentError`."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise DocumentError(Problem(path, "this is a directory, not a file", "name the file inside it"))
        if not stat.S_ISREG(mode):
            raise DocumentError(Problem(path, "this is not a regular file", "save it to a file first"))
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError:
        raise DocumentError(Problem(path, "the file does not exist", "check the path")) from None
    except PermissionError:
        raise DocumentError(Problem(path, "no permission to read the file", "check its owner and mode")) from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise DocumentError(Problem(path, f"the file cannot be read: {reason}", "check the path")) from None
    except ValueError:
        raise DocumentError(Problem(path, "no file can have this name", "check the path")) from None
    if len(data) > limit:
        message = f"the file is larger than {limit // MAX_BYTES} MiB"
        raise DocumentError(Problem(path, message, "check that it is the right file"))
    return data


def position(before: str) -> tuple[int, int]:
    """Line and column of what follows `before`, the file's beginning."""
    lines = re.split(r"\r\n|\r|\n", before)
    return len(lines), len(lines[-1]) + 1
