"""The remote shells of a node (MS-WSMV): Create, Command, Send, Receive, Signal, Delete."""

import asyncio
import base64
import uuid
import xml.etree.ElementTree as ET
from functools import partial
from typing import Protocol

from ssoaudit.lab import wsman
from ssoaudit.lab.command import Command, Reply
from ssoaudit.lab.counters import Counters
from ssoaudit.lab.wsman import NAMESPACES, SHELL, TRANSFER, Envelope, WSManError

CMD = f"{SHELL}/cmd"
SHELLS_PER_USER = 30
STDIN_LIMIT = 8 * 1024 * 1024
RECEIVE_BYTES = 98_304
"""How much raw output one Receive carries at most, if the client's MaxEnvelopeSize has room for it."""

ENVELOPE_OVERHEAD = 4_096


class _Run(Protocol):
    def __call__(self, stdin: bytes, /) -> Reply: ...


class Process:
    """A command in its shell: it runs when its input has ended, and its output waits to be received.

    `progress` is set while there is output or an end to tell of.
    """

    def __init__(self, run: _Run, *, reads_stdin: bool) -> None:
        self._run = run
        self._reads_stdin = reads_stdin
        self._stdin = bytearray()
        self._unsent: dict[str, bytes] = {"stdout": b"", "stderr": b""}
        self.exit_code = 0
        self.progress = asyncio.Event()
        self._has_run = False
        self._ended = False

    def feed(self, data: bytes, *, end: bool) -> None:
        """Take a piece of stdin; the last one runs the command."""
        if self._has_run or self._ended:
            raise wsman.invalid("The command's input has ended.")
        if len(self._stdin) + len(data) > STDIN_LIMIT:
            raise wsman.too_large("The command's input is too large.")
        self._stdin += data
        if end:
            self._has_run = True
            self._take_over(self._run(bytes(self._stdin) if self._reads_stdin else b""))

    def terminate(self) -> None:
        """End a command that has not ended by itself."""
        if not self._ended:
            self._take_over(Reply(b"", exit_code=1))

    def take(self, room: int) -> list[tuple[str, bytes]]:
        """Up to `room` bytes of output, by stream, that were not taken before; empty when all is out."""
        pieces = []
        for name, unsent in self._unsent.items():
            if piece := unsent[:room]:
                pieces.append((name, piece))
                self._unsent[name] = unsent[len(piece) :]
                room -= len(piece)
        if not self._ended and not any(self._unsent.values()):
            self.progress.clear()
        return pieces

    def _take_over(self, reply: Reply) -> None:
        self._unsent = {"stdout": reply.stdout, "stderr": reply.stderr}
        self.exit_code = reply.exit_code
        self._ended = reply.ended
        if self._ended or reply.stdout or reply.stderr:
            self.progress.set()


class Shells:
    """All shells of one node and the operations on them."""

    def __init__(self, run: Command, counters: Counters, *, may_open: bool = True) -> None:
        self._run = run
        self._counters = counters
        self._may_open = may_open
        self._shells: dict[str, dict[str, Process]] = {}
        self._operations = {
            f"{TRANSFER}/Create": self._create,
            f"{SHELL}/Command": self._command,
            f"{SHELL}/Send": self._send,
            f"{SHELL}/Receive": self._receive,
            f"{SHELL}/Signal": self._signal,
            f"{TRANSFER}/Delete": self._delete,
        }

    async def perform(self, request: Envelope) -> str:
        """Do what the request asks; the XML of the reply's body.

        Raises:
            WSManError: the request is answered by this fault.
        """
        operation = self._operations.get(request.action)
        if not operation:
            raise WSManError(2150858753, "a:ActionNotSupported", "The action is not supported.")
        if request.resource != CMD:
            raise WSManError(2150858754, "a:DestinationUnreachable", "There is no such resource.")
        return await operation(request)

    async def _create(self, _: Envelope) -> str:
        if not self._may_open:
            raise wsman.access_denied()
        if len(self._shells) >= SHELLS_PER_USER:
            raise WSManError(2150859173, "w:QuotaLimit", f"The user has {SHELLS_PER_USER} shells open.")
        identity = _identity()
        self._shells[identity] = {}
        self._counters.shells_opened += 1
        return (
            f"<x:ResourceCreated><a:Address>http://localhost/wsman</a:Address><a:ReferenceParameters>"
            f"<w:ResourceURI>{CMD}</w:ResourceURI><w:SelectorSet>"
            f'<w:Selector Name="ShellId">{identity}</w:Selector></w:SelectorSet></a:ReferenceParameters>'
            f"</x:ResourceCreated><rsp:Shell><rsp:ShellId>{identity}</rsp:ShellId></rsp:Shell>"
        )

    async def _command(self, request: Envelope) -> str:
        processes = self._of(request)
        if processes:
            raise wsman.invalid("The shell has a command already.")
        line = _element(request, "rsp:CommandLine")
        executable = line.findtext("rsp:Command", "", NAMESPACES)
        arguments = tuple(node.text or "" for node in line.findall("rsp:Arguments", NAMESPACES))
        skips_cmd = _is_true(request.options.get("WINRS_SKIP_CMD_SHELL", "FALSE"))
        console = _is_true(request.options.get("WINRS_CONSOLEMODE_STDIN", "TRUE"))
        run = partial(self._run, executable, arguments) if skips_cmd else _no_cmd_shell
        identity = _identity()
        processes[identity] = Process(run, reads_stdin=not console)
        return f"<rsp:CommandResponse><rsp:CommandId>{identity}</rsp:CommandId></rsp:CommandResponse>"

    async def _send(self, request: Envelope) -> str:
        stream = _element(request, "rsp:Send/rsp:Stream")
        _, process = self._process(request, stream)
        if stream.get("Name") != "stdin":
            raise wsman.invalid("Only stdin can be sent to.")
        try:
            data = base64.b64decode("".join((stream.text or "").split()), validate=True)
        except ValueError:
            raise wsman.invalid("The stream is not Base64.") from None
        process.feed(data, end=_is_true(stream.get("End", "false")))
        return "<rsp:SendResponse/>"

    async def _receive(self, request: Envelope) -> str:
        identity, process = self._process(request, _element(request, "rsp:Receive/rsp:DesiredStream"))
        room = min(RECEIVE_BYTES, (request.max_envelope_size - ENVELOPE_OVERHEAD) * 3 // 4)
        if room <= 0:
            raise wsman.too_large("MaxEnvelopeSize leaves no room for output.")
        try:
            await asyncio.wait_for(process.progress.wait(), request.operation_timeout)
        except asyncio.TimeoutError:
            raise wsman.timed_out() from None
        pieces = process.take(room)
        if pieces:
            streams = "".join(
                f'<rsp:Stream Name="{name}" CommandId="{identity}">{base64.b64encode(piece).decode()}</rsp:Stream>'
                for name, piece in pieces
            )
            state = f'<rsp:CommandState CommandId="{identity}" State="{SHELL}/CommandState/Running"/>'
        else:
            streams = "".join(
                f'<rsp:Stream Name="{name}" CommandId="{identity}" End="true"/>' for name in ("stdout", "stderr")
            )
            state = (
                f'<rsp:CommandState CommandId="{identity}" State="{SHELL}/CommandState/Done">'
                f"<rsp:ExitCode>{process.exit_code}</rsp:ExitCode></rsp:CommandState>"
            )
        return f"<rsp:ReceiveResponse>{streams}{state}</rsp:ReceiveResponse>"

    async def _signal(self, request: Envelope) -> str:
        identity, process = self._process(request, _element(request, "rsp:Signal"))
        process.terminate()
        del self._of(request)[identity]
        return "<rsp:SignalResponse/>"

    async def _delete(self, request: Envelope) -> str:
        for process in self._of(request).values():
            process.terminate()
        del self._shells[request.shell_id]
        self._counters.shells_closed += 1
        return ""

    def _of(self, request: Envelope) -> dict[str, Process]:
        try:
            return self._shells[request.shell_id]
        except KeyError:
            raise wsman.not_found("shell", request.shell_id) from None

    def _process(self, request: Envelope, element: ET.Element) -> tuple[str, Process]:
        processes = self._of(request)
        identity = element.get("CommandId", "")
        try:
            return identity, processes[identity]
        except KeyError:
            raise wsman.not_found("command", identity) from None


def _no_cmd_shell(_: bytes, /) -> Reply:
    return Reply(b"", b"The lab has no cmd.exe: ask with WINRS_SKIP_CMD_SHELL.\r\n", 1)


def _element(request: Envelope, path: str) -> ET.Element:
    element = request.body.find(path, NAMESPACES)
    if element is None:
        raise wsman.invalid(f"The body lacks {path}.")
    return element


def _identity() -> str:
    return str(uuid.uuid4()).upper()


def _is_true(text: str) -> bool:
    return text.strip().lower() in {"true", "1"}
