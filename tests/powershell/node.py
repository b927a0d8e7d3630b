"""A WinRM node of the lab, in a process of its own, on which powershell.exe is a real PowerShell."""

import asyncio
import json
import secrets
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from ssoaudit.collect.faults import Fault
from ssoaudit.collect.script import ARGUMENTS, COMMAND
from ssoaudit.collect.winrm import shell
from ssoaudit.collect.winrm.endpoint import endpoint
from ssoaudit.collect.winrm.limits import Limits
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.credentials import Secret
from ssoaudit.inventory import WinrmSettings
from ssoaudit.lab.winrm import Node, Reply
from tests.powershell.process import Ran, run

USER = "CONTOSO\\auditor"
ROOT = Path(__file__).parents[2]
NOT_ENDED = b"PowerShell did not end in time and was ended."


class PowershellNode:
    """A running node; a context manager."""

    def __init__(self, powershell: str, seconds: float) -> None:
        self._powershell = powershell
        self._seconds = seconds
        self._password = Secret(secrets.token_urlsafe(24))
        self._process: subprocess.Popen[str] | None = None
        self._port = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.powershell.node"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin
        assert self._process.stdout
        order = {"powershell": self._powershell, "seconds": self._seconds, "password": self._password.reveal()}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        self._port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.communicate()

    def run(self, stdin: bytes) -> Ran:
        """Send what the collector sends, over the wire, and run it with the collector's command line."""
        settings = WinrmSettings(auth="ntlm", user=USER, port=self._port)
        where = endpoint("LAB", "127.0.0.1", settings)
        # The node answers nobody while PowerShell runs.
        limits = Limits(operation=self._seconds + 30, deadline=2 * self._seconds + 60)
        printed = bytearray()
        try:
            output = shell.run(
                where,
                settings,
                Logon(USER, self._password),
                COMMAND,
                ARGUMENTS,
                stdin,
                limits=limits,
                on_stdout=printed.extend,
            )
        except Fault as fault:
            return Ran(bytes(printed), str(fault).encode(), None)
        stderr = output.stderr.encode()
        return Ran(output.stdout, stderr, None if NOT_ENDED in stderr else output.exit_code)


async def serve(order: dict[str, object]) -> None:
    """Serve until stdin ends."""
    powershell, seconds = str(order["powershell"]), float(str(order["seconds"]))

    def answer(command: str, arguments: tuple[str, ...], stdin: bytes) -> Reply:
        if command != COMMAND:
            return Reply(b"", f"there is no {command}".encode(), 1)
        ran = run(powershell, arguments, stdin, seconds)
        ended = ran.exit_code is not None
        return Reply(ran.stdout, ran.stderr if ended else NOT_ENDED, ran.exit_code or 0)

    node = Node("LAB", answer, USER, Secret(str(order["password"])))
    sys.stdout.write(f"{await node.start()}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await node.stop()


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.stdin.readline())))
