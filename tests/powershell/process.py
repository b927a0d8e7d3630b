"""A PowerShell that is started, fed and, if need be, ended."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PATIENCE = 120.0
"""Seconds that a PowerShell may take for one case."""


@dataclass(frozen=True)
class Ran:
    """What a process left; `exit_code` is None where it did not end by itself."""

    stdout: bytes
    stderr: bytes
    exit_code: int | None

    def __str__(self) -> str:
        how = "did not end" if self.exit_code is None else f"exit code {self.exit_code}"
        return f"{how}; stdout: {_shown(self.stdout)}; stderr: {_shown(self.stderr)}"


def find(environment: Mapping[str, str]) -> str | None:
    """The PowerShell to test with: the one that `SSOAUDIT_PWSH` names, else `pwsh` where it is on the path."""
    return environment.get("SSOAUDIT_PWSH") or shutil.which("pwsh", path=environment.get("PATH"))


def run(
    program: str,
    arguments: Sequence[str],
    stdin: bytes,
    seconds: float,
    *,
    leaves_stdin_open: bool = False,
    folder: Path | None = None,
) -> Ran:
    """Start a program and wait for its end, or end it with all that it started; what it printed till then is kept."""
    feeding = _open_ended(stdin) if leaves_stdin_open else _whole(stdin)
    with feeding as fed, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(  # noqa: S603 - the PowerShell that the developer names
                [program, *arguments],
                stdin=fed,
                stdout=out,
                stderr=err,
                cwd=folder,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            return Ran(b"", f"{program} cannot be started: {error}".encode(), 127)
        exit_code = _wait(process, seconds)
        return Ran(_read(out), _read(err), exit_code)


def _environment() -> dict[str, str]:
    """Without the path of modules, which another PowerShell may have left: each finds its own."""
    return {name: value for name, value in os.environ.items() if name.upper() != "PSMODULEPATH"}


@contextmanager
def _whole(stdin: bytes) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as fed:
        fed.write(stdin)
        fed.seek(0)
        yield fed


@contextmanager
def _open_ended(stdin: bytes) -> Iterator[IO[bytes]]:
    """A pipe with all of it and no end; a pipe of Windows holds 4 KB that nobody has read yet."""
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as fed, os.fdopen(writer, "wb", buffering=0) as kept:
        kept.write(stdin)
        yield fed


def _wait(process: "subprocess.Popen[bytes]", seconds: float) -> int | None:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.returncode is None:
            _end(process)
            process.wait()


def _end(process: "subprocess.Popen[bytes]") -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)


def _read(stream: IO[bytes]) -> bytes:
    stream.seek(0)
    return stream.read()


def _shown(printed: bytes) -> str:
    text = printed.decode("utf-8", "replace").strip()
    return "nothing" if not text else ascii(text if len(text) <= 1000 else f"{text[:500]} ... {text[-500:]}")
