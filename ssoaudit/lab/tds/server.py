"""A SQL Server on loopback that speaks TDS with real ODBC drivers."""

import asyncio
import ssl
from collections.abc import Mapping
from types import MappingProxyType

from ssoaudit.credentials import Secret
from ssoaudit.lab.tds import connection
from ssoaudit.lab.tds.answers import Answers, Refusal
from ssoaudit.lab.tds.catalogue import Catalogue
from ssoaudit.lab.tds.connection import Terms
from ssoaudit.lab.tds.payload import MalformedError
from ssoaudit.lab.tds.prelogin import Policy
from ssoaudit.lab.tds.session import Session
from ssoaudit.lab.tds.wire import Wire

_TDS_8_0 = "tds/8.0"
"""What TLS calls the protocol."""
_TURNS = 5
"""Of the loop, which a client that came just before the end takes to be turned away: asyncio's server, once closed,
leaves the sockets of those on their way open."""


class SqlServer:
    """One instance with one SQL login, which answers the statements it is given.

    It has one database; `others` are more of them, by name, each with statements of its own.

    `encryption` "off" is a server without TLS, "on" one that leaves it to the client, "required" one that insists,
    "strict" one that speaks TDS 8.0 alone; but for the first they need an `ssl_context`, which is limited to TLS 1.2
    for TDS 7.4, as that knows no later one. With `refusals` every login is refused, and told these.
    `sessions` are those of the clients that logged on, in order; `rejected_logins` counts the other logins.
    """

    def __init__(
        self,
        name: str,
        answers: Answers,
        user: str,
        password: Secret,
        *,
        database: str = "SSODB",
        encryption: Policy = "off",
        ssl_context: ssl.SSLContext | None = None,
        refusals: tuple[Refusal, ...] = (),
        others: Mapping[str, Answers] = MappingProxyType({}),
    ) -> None:
        if encryption != "off" and not ssl_context:
            raise ValueError("Encryption needs an SSL context.")
        if ssl_context and encryption == "strict":
            ssl_context.set_alpn_protocols([_TDS_8_0])
        elif ssl_context:
            ssl_context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.name = name
        self.sessions: list[Session] = []
        self.rejected_logins = 0
        self._catalogue = Catalogue(answers)
        beside = {name: Catalogue(theirs) for name, theirs in others.items()}
        self._terms = Terms(name, user, password, database, encryption, ssl_context, refusals, beside)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; the port, which the system chooses if it is 0."""
        self._server = await asyncio.start_server(self._accept, host, port)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        server, self._server = self._server, None
        if not server:
            return
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await server.wait_closed()

    def _enter(self, session: Session | None) -> None:
        if session:
            self.sessions.append(session)
        else:
            self.rejected_logins += 1

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._server:
            writer.transport.abort()
            return
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(lambda ended: self._leave(ended, writer))

    def _leave(self, task: asyncio.Task[None], writer: asyncio.StreamWriter) -> None:
        """Not left to the task, which does nothing if it is cancelled before its first step."""
        self._connections.discard(task)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await connection.serve(Wire(reader, writer), self._terms, self._catalogue, self._enter)
        except (MalformedError, asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
