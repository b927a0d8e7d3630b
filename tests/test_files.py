"""Whole or not at all."""

import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from ssoaudit.files import OutputError, write_atomic

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")


def failing(number: int) -> object:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def refused(path: Path, data: bytes = b"new") -> str:
    with pytest.raises(OutputError) as caught:
        write_atomic(path, data)
    assert caught.value.path == path
    return f"{caught.value.message}; {caught.value.hint}"


def test_a_new_file_and_one_that_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_atomic(path, b"old\r\n")
    assert path.read_bytes() == b"old\r\n"
    write_atomic(path, b"")
    assert path.read_bytes() == b""
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_without_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_atomic(Path("report.html"), b"new")
    assert (tmp_path / "report.html").read_bytes() == b"new"


def test_the_longest_name_has_room_for_the_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_the_mode_holds_before_the_first_byte_and_replaces_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    path = tmp_path / "evidence.json"
    path.write_bytes(b"old")
    path.chmod(0o666)
    seen = []
    sync = os.fsync

    def watch(descriptor: int) -> None:
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    umask = os.umask(0)
    try:
        write_atomic(path, b"new", mode)
    finally:
        os.umask(umask)
    assert seen == [mode]
    assert stat.S_IMODE(path.stat().st_mode) == mode


@POSIX
def test_no_moment_lets_others_read_a_private_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []
    real_open = os.open

    def watch(path: str, flags: int, mode: int = 0o777) -> int:
        modes.append(mode)
        assert flags & os.O_EXCL
        return real_open(path, flags, mode)

    monkeypatch.setattr(os, "open", watch)
    write_atomic(tmp_path / "evidence.json", b"new", 0o600)
    assert modes == [0o600]


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "the disk is full; make room"),
        (errno.EDQUOT, "the disk quota is used up; make room"),
        (errno.EIO, "input/output error; choose another path"),
    ],
)
def test_a_failure_while_writing_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, message: str
) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", failing(number))
    assert refused(path).startswith(message)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_another_program_holds_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", failing(errno.EACCES))
    assert "close the program that has it open" in refused(path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"old"


def test_an_interruption_cleans_up_and_passes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "report.html", b"new")
    assert list(tmp_path.iterdir()) == []


def test_places_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refused(tmp_path).startswith("this is a directory; name a file inside it")
    assert refused(tmp_path / "absent" / "x").startswith("the directory does not exist; create it first")
    assert refused(tmp_path / "a\0b").startswith("no file can have this name")
    assert refused(tmp_path / ("n" * 300)).startswith("the file name is too long")


@POSIX
def test_a_path_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refused(tmp_path / "file" / "x").startswith("a part of the path is not a directory")


@POSIX
def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert refused(path).startswith("this is not a regular file")
    assert stat.S_ISFIFO(path.stat().st_mode)


@POSIX
def test_a_pipe_behind_a_link_is_not_replaced(tmp_path: Path) -> None:
    # Never a real device: run as root, a broken guard would remove it from the machine.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to(pipe)
    assert refused(link).startswith("this is not a regular file")
    assert link.is_symlink()
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@POSIX
@pytest.mark.parametrize("old", [b"old", None])
def test_a_link_stays_and_its_target_is_written(tmp_path: Path, old: bytes | None) -> None:
    target = tmp_path / "elsewhere" / "report.html"
    target.parent.mkdir()
    if old:
        target.write_bytes(old)
    link = tmp_path / "latest.html"
    link.symlink_to(target)
    write_atomic(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@POSIX
def test_a_circle_of_links(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.symlink_to(path)
    assert "; choose another path" in refused(path)


def test_the_sentence_names_the_file_and_hides_what_disturbs_a_terminal() -> None:
    error = OutputError(Path("a\x1b[0mb"), "the disk is full", "make room")
    assert str(error) == "a\\x1b[0mb: the disk is full; make room"
