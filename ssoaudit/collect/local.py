"""PowerShell on the machine that ssoaudit runs on, with the command line and the input that WinRM would carry."""

import contextlib
import logging
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ssoaudit.collect import script
from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.winrm.clixml import clean
from ssoaudit.collect.winrm.limits import DEFAULTS, Limits
from ssoaudit.collect.winrm.shell import Output

_LOG = logging.getLogger(__name__)

_PIECE = 65_536
_PERIOD = 0.1
_INHERITED = (
    "COMPUTERNAME", "ComSpec", "NUMBER_OF_PROCESSORS", "OS", "PATH", "PATHEXT", "PROCESSOR_ARCHITECTURE", "ProgramData",
    "ProgramFiles", "SystemDrive", "SystemRoot", "TEMP", "TMP", "USERDOMAIN", "USERNAME", "USERPROFILE", "windir",
)  # fmt: skip
"""What Windows and the C# compiler need. No profile's module path, and nothing of the operator's own."""

if sys.platform == "win32":
    _NEW_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _NEW_GROUP = 0


def run(
    target: str,
    arguments: Sequence[str],
    stdin: bytes,
    *,
    limits: Limits = DEFAULTS,
    cancelled: threading.Event | None = None,
    on_stdout: Callable[[bytes], None] = lambda _: None,
) -> Output:
    """Run powershell.exe here, without a shell around it, and wait for its end.

    `target` is the server that this machine is, for messages; `on_stdout` is given each piece of output as it comes.
    Raises a `Fault`, and nothing else. A process that did not end by itself is ended then, with all it started.
    """
    started = time.monotonic()
    process = _start(target, _powershell(target), arguments)
    streams = _Streams(process, stdin, limits)
    try:
        _follow(target, streams, started + limits.deadline, limits, cancelled or threading.Event(), on_stdout)
        exit_code = process.wait(max(0.0, started + limits.deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise _late(target, limits) from None
    finally:
        _end(process)
        streams.close(limits.cleanup)
    return Output(bytes(streams.stdout), clean(bytes(streams.stderr)), exit_code, time.monotonic() - started)


def _powershell(target: str) -> str:
    """Windows PowerShell of this machine. On Windows never one that merely lies on the path or in this directory."""
    root = os.environ.get("SystemRoot")  # noqa: SIM112 - as Windows spells it
    if sys.platform == "win32" and root:
        # A 32-bit Python is shown a 32-bit System32, and finds the real one under this name.
        folders = (Path(root, name, "WindowsPowerShell", "v1.0") for name in ("Sysnative", "System32"))
        found = next((str(folder / script.COMMAND) for folder in folders if (folder / script.COMMAND).is_file()), None)
    else:
        found = shutil.which(script.COMMAND)
    if found is None:
        raise Fault(
            FaultStage.CONFIGURE,
            "no-powershell",
            f"{target} is to be read on the spot, and this machine has no {script.COMMAND}.",
            "Run ssoaudit on that server itself, or leave out transport: local so that it is asked over WinRM.",
        )
    return found


def _start(target: str, command: str, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603 - our own command line
            [command, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: os.environ[name] for name in _INHERITED if name in os.environ},
            start_new_session=True,
            creationflags=_NEW_GROUP,
        )
    except OSError as error:
        raise Fault(
            FaultStage.CONFIGURE,
            "no-powershell",
            f"{script.COMMAND} of {target} cannot be started: {(error.strerror or type(error).__name__).lower()}.",
            "Look at what may be run on this machine, or ask it over WinRM.",
        ) from None


@dataclass
class _Streams:
    """The three pipes of a process, each with a thread of its own: none of them may keep the others waiting."""

    process: "subprocess.Popen[bytes]"
    stdin: bytes
    limits: Limits
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    pieces: "queue.Queue[bytes]" = field(default_factory=lambda: queue.Queue(maxsize=8))

    def __post_init__(self) -> None:
        self._closing = threading.Event()
        work = (self._write, self._read_stdout, self._read_stderr)
        self._threads = [threading.Thread(target=each, name=f"powershell{each.__name__}", daemon=True) for each in work]
        for thread in self._threads:
            thread.start()

    def close(self, seconds: float) -> None:
        """Wait for the threads, which end with the pipes, and close these."""
        self._closing.set()
        due = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, due - time.monotonic()))
        if not any(thread.is_alive() for thread in self._threads):
            for stream in (self.process.stdout, self.process.stderr):
                _opened(stream).close()

    def _write(self) -> None:
        stream = _opened(self.process.stdin)
        with contextlib.suppress(OSError):
            stream.write(self.stdin)
            stream.flush()
        with contextlib.suppress(OSError):
            stream.close()

    def _read_stdout(self) -> None:
        descriptor = _opened(self.process.stdout).fileno()
        while piece := os.read(descriptor, _PIECE):
            self._hand_over(piece)
        self._hand_over(b"")

    def _hand_over(self, piece: bytes) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(queue.Full):
                self.pieces.put(piece, timeout=_PERIOD)
                return

    def _read_stderr(self) -> None:
        descriptor = _opened(self.process.stderr).fileno()
        while piece := os.read(descriptor, _PIECE):
            self.stderr += piece[: self.limits.stderr_bytes - len(self.stderr)]


def _opened(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise TypeError("the process was started without a pipe")
    return stream


def _follow(  # noqa: PLR0917 - of one conversation
    target: str,
    streams: _Streams,
    due: float,
    limits: Limits,
    cancelled: threading.Event,
    on_stdout: Callable[[bytes], None],
) -> None:
    """Hand on what is printed, to its end. Raises a `Fault` where it does not come in time or is too much."""
    while True:
        left = due - time.monotonic()
        if cancelled.is_set():
            raise Fault(FaultStage.RUN, "cancelled", f"Reading {target} was interrupted.", "Run again.")
        if left <= 0:
            raise _late(target, limits)
        try:
            piece = streams.pieces.get(timeout=min(_PERIOD, left))
        except queue.Empty:
            continue
        if not piece:
            return
        if len(streams.stdout) + len(piece) > limits.stdout_bytes:
            hint = "Look at what prints on PowerShell's standard output there."
            raise Fault(FaultStage.RUN, "too-large", f"{target} printed more than is accepted.", hint)
        streams.stdout += piece
        on_stdout(piece)


def _late(target: str, limits: Limits) -> Fault:
    return Fault(
        FaultStage.RUN,
        "deadline",
        f"{target} did not finish in time.",
        "PowerShell was ended. Look at the machine's load, or allow more time.",
        f"{limits.deadline:g} s",
    )


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the process and whatever it started. Of one that was waited for, the number may be another's by now."""
    if process.returncode is not None:
        return
    if sys.platform == "win32":
        taskkill = str(Path(os.environ.get("SystemRoot", r"C:\Windows"), "System32", "taskkill.exe"))  # noqa: SIM112
        ended = subprocess.run(  # noqa: S603 - Windows' own
            [taskkill, "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False
        )
        _LOG.debug("taskkill: %d", ended.returncode)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.wait()
