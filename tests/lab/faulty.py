"""A node that logs clients on and answers honestly, except where a trick is played."""

import asyncio
import base64
import ssl
import threading
from collections.abc import Callable, Mapping
from types import TracebackType

from ssoaudit.lab import encryption, wsman
from ssoaudit.lab.authentication import Account, Logon
from ssoaudit.lab.command import Command, Reply
from ssoaudit.lab.counters import Counters
from ssoaudit.lab.encryption import SealError
from ssoaudit.lab.shells import Shells
from ssoaudit.lab.wsman import Envelope, WSManError
from tests.lab.wire import Request, Server, Wire

NAME = "NODE9"
ANY = "*"
"""The name under which a trick is played on every action that has none of its own."""

SPNEGO_CHALLENGES = ('Basic realm="WSMAN"', "Negotiate", "Kerberos")
FINAL_TOKEN = base64.b64encode(b"\xa1\x1b\x30\x19\xa0\x03\x0a\x01\x00\xa3\x12\x04\x10" + bytes(16)).decode()


class Turn:
    """One request of someone who has logged on, and the means to answer it well or badly."""

    def __init__(self, node: "FaultyNode", wire: Wire, logon: Logon, request: Envelope) -> None:
        self.node = node
        self.wire = wire
        self.request = request
        self._logon = logon
        self._honest: tuple[int, bytes] | None = None

    @property
    def honest(self) -> tuple[int, bytes]:
        """Status and SOAP of an honest answer; only asking for it does what the request wants."""
        if self._honest is None:
            self._honest = self.node.perform(self.request)
        return self._honest

    @property
    def is_sealed(self) -> bool:
        return self._logon.context is not None

    @property
    def content_type(self) -> str:
        return encryption.CONTENT_TYPE if self.is_sealed else wsman.CONTENT_TYPE

    def body(self, soap: bytes) -> bytes:
        """The SOAP as the session wants it: sealed, or in clear within TLS."""
        return encryption.seal(self._logon.context, soap) if self._logon.context else soap

    def answer(self, soap: bytes, status: int = 200, *headers: str) -> None:
        self.wire.reply(status, self.body(soap), f"Content-Type: {self.content_type}", *headers)

    def answer_honestly(self) -> None:
        status, soap = self.honest
        self.answer(soap, status)

    def fault(self, error: WSManError) -> None:
        self.answer(wsman.fault(error, self.request.message_id, NAME), 500)


Trick = Callable[[Turn], None]
Line = Callable[[Wire], None]


class FaultyNode(Server):
    """Answers honestly except for the actions (Create, Command, …, or `ANY`) that have a trick.

    Over plain HTTP it wants NTLM and sealed messages; with a TLS context Basic. `line`, if given, serves whole
    connections in its place. With `negotiate` it logs on as the other WS-Management server does: three challenges,
    NTLM under the name Negotiate, and a token beside the last answer.
    """

    def __init__(
        self,
        account: Account,
        tricks: Mapping[str, Trick],
        *,
        run: Command = lambda *_: Reply(b"output"),
        line: Line | None = None,
        context: ssl.SSLContext | None = None,
        negotiate: bool = False,
    ) -> None:
        super().__init__(line or self._talk, context)
        self.counters = Counters()
        self.actions: list[str] = []
        self._acted = threading.Condition()
        self.tricks = tricks
        self.kept = b""
        self._account = account
        self._schemes = ("basic",) if context else ("ntlm",)
        self._negotiate = negotiate
        self._shells = Shells(run, self.counters)

    def __enter__(self) -> "FaultyNode":  # noqa: PYI034 - typing.Self is not in Python 3.10
        self._account.open()
        super().__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._account.close()

    def perform(self, request: Envelope) -> tuple[int, bytes]:
        """What an honest node does, and its answer."""
        try:
            return 200, wsman.reply(request, asyncio.run(self._shells.perform(request)))
        except WSManError as error:
            return 500, wsman.fault(error, request.message_id, NAME)

    def wait_for(self, action: str, seconds: float) -> bool:
        """Whether the action is asked for, or was before."""
        with self._acted:
            return self._acted.wait_for(lambda: action in self.actions, seconds)

    def _talk(self, wire: Wire) -> None:
        logon = Logon(self._account, self._schemes, self.counters)
        while request := wire.request():
            self.counters.requests += 1
            sealed = encryption.is_sealed(request.headers.get("content-type", ""))
            if request.body and not sealed and self._schemes == ("ntlm",):
                self.counters.plaintext_bodies += 1
            challenges = self._challenges(logon, request)
            if challenges:
                wire.reply(401, b"", *(f"WWW-Authenticate: {challenge}" for challenge in challenges))
            elif not request.body:
                wire.reply(200, b"", *([f"WWW-Authenticate: Negotiate {FINAL_TOKEN}"] if self._negotiate else []))
            else:
                self._act(wire, logon, request)

    def _challenges(self, logon: Logon, request: Request) -> tuple[str, ...]:
        authorization = request.headers.get("authorization", "")
        if not self._negotiate:
            return logon.challenges(authorization)
        asked = logon.challenges(authorization.replace("Negotiate ", "NTLM ", 1))
        if asked == ("NTLM",):
            return SPNEGO_CHALLENGES
        return tuple(challenge.replace("NTLM ", "Negotiate ", 1) for challenge in asked)

    def _act(self, wire: Wire, logon: Logon, request: Request) -> None:
        try:
            message = encryption.unseal(logon.context, request.body) if logon.context else request.body
        except SealError:
            wire.reply(400)
            return
        self.counters.encrypted_messages += logon.context is not None
        envelope = wsman.parse(message)
        action = envelope.action.rpartition("/")[2]
        with self._acted:
            self.actions.append(action)
            self._acted.notify_all()
        trick = self.tricks.get(action) or self.tricks.get(ANY) or Turn.answer_honestly
        trick(Turn(self, wire, logon, envelope))
