"""Files that are written whole or not at all."""

import errno
import os
import secrets
import stat
from pathlib import Path

from ssoaudit.documents import visible_path

PRIVATE = 0o600

_REASONS = {
    errno.ENOENT: ("the directory does not exist", "create it first"),
    errno.ENOTDIR: ("a part of the path is not a directory", "check the path"),
    errno.EISDIR: ("this is a directory", "name a file inside it"),
    errno.EACCES: ("no permission to write here", "choose another directory, or close the program that has it open"),
    errno.EPERM: ("no permission to write here", "choose another directory"),
    errno.EROFS: ("the file system is read-only", "choose another directory"),
    errno.ENOSPC: ("the disk is full", "make room or choose another directory"),
    errno.EDQUOT: ("the disk quota is used up", "make room or choose another directory"),
    errno.EFBIG: ("the file would be larger than allowed here", "choose another directory"),
    errno.ENAMETOOLONG: ("the file name is too long", "choose a shorter one"),
}


class OutputError(Exception):
    """A file could not be written; what stood there before still does."""

    def __init__(self, path: Path, message: str, hint: str) -> None:
        super().__init__(path, message, hint)
        self.path = path
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{visible_path(self.path)}: {self.message}; {self.hint}"


def write_atomic(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """Writes the file in one step, so that a reader sees the old content or the new one, never a part.

    A new file takes the place of the old one, with `mode` (less the umask) from its first byte on; unless another
    is given its owner alone can read it. A symbolic link stays and its target is written. Windows knows no modes:
    there the directory's access list decides. Raises `OutputError`.
    """
    try:
        target = Path(os.path.realpath(path))
        _refuse_what_is_no_file(path)
        _replace(target, data, mode)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(path, *_REASONS.get(error.errno or 0, (reason, "choose another path"))) from error
    except ValueError as error:
        raise OutputError(path, "no file can have this name", "choose another path") from error


def _refuse_what_is_no_file(path: Path) -> None:
    """Replacing a device or a pipe, such as /dev/null, would remove it."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise OutputError(path, *_REASONS[errno.EISDIR])
    if not stat.S_ISREG(mode):
        raise OutputError(path, "this is not a regular file", "choose another path")


def _replace(target: Path, data: bytes, mode: int) -> None:
    temporary = target.with_name(f".ssoaudit-{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
