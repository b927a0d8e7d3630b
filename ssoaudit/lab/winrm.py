"""A WinRM node on loopback that speaks the real protocol: HTTP, NTLM or Basic, encryption, WS-Management, shells."""

import asyncio
import ssl
from collections.abc import Sequence
from http import HTTPStatus

from ssoaudit.credentials import Secret
from ssoaudit.lab import encryption, wsman
from ssoaudit.lab.authentication import Account, Logon
from ssoaudit.lab.command import Command, Reply
from ssoaudit.lab.counters import Counters
from ssoaudit.lab.encryption import SealError
from ssoaudit.lab.http import HEADER_LIMIT, BadRequestError, Request, Response, read_request
from ssoaudit.lab.shells import Shells
from ssoaudit.lab.wsman import WSManError

__all__ = ["Command", "Counters", "Node", "Reply"]


class Node:
    """One node with one account, whose commands are answered by `run`.

    `schemes` are what it offers: "ntlm", "basic" or both; Basic needs TLS. Over plain HTTP a logged-on client
    must encrypt its messages, as with AllowUnencrypted=false. `may_open_shell=False` is an account that may log
    on but is denied shells. NTLM needs a process of its own, see `ssoaudit.lab.authentication.Account`.
    """

    def __init__(
        self,
        name: str,
        run: Command,
        user: str,
        password: Secret,
        *,
        schemes: Sequence[str] = ("ntlm",),
        ssl_context: ssl.SSLContext | None = None,
        may_open_shell: bool = True,
    ) -> None:
        if not schemes or not set(schemes) <= {"ntlm", "basic"}:
            raise ValueError("A node offers ntlm, basic or both.")
        if "basic" in schemes and not ssl_context:
            raise ValueError("A node offers Basic over TLS only.")
        self.name = name
        self.counters = Counters()
        self._account = Account(user, password)
        self._schemes = tuple(schemes)
        self._ssl_context = ssl_context
        self._shells = Shells(run, self.counters, may_open=may_open_shell)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; the port, which the system chooses if it is 0."""
        self._server = await asyncio.start_server(
            self._accept, host, port, limit=HEADER_LIMIT, ssl=self._ssl_context, start_serving=False
        )
        self._account.open()
        await self._server.start_serving()
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        server, self._server = self._server, None
        if not server:
            return
        server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await server.wait_closed()
        self._account.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.ensure_future(self._serve(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        logon = self._logon()
        try:
            while request := await read_request(reader):
                self.counters.requests += 1
                response = await self._answer(request, logon)
                writer.write(response.encode())
                await writer.drain()
                if response.close:
                    break
        except BadRequestError as error:
            writer.write(Response(error.status, close=True).encode())
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        finally:
            writer.close()

    def _logon(self) -> Logon:
        """Who a new connection is: nobody yet."""
        return Logon(self._account, self._schemes, self.counters)

    async def _answer(self, request: Request, logon: Logon) -> Response:
        sealed = encryption.is_sealed(request.headers.get("content-type", ""))
        if request.body and not sealed and not self._ssl_context:
            self.counters.plaintext_bodies += 1
        if refusal := _refusal(request, logon):
            return refusal
        if not request.body:
            return Response(HTTPStatus.OK)
        if sealed:
            return await self._answer_sealed(request.body, logon)
        if not self._ssl_context:
            return Response(HTTPStatus.INTERNAL_SERVER_ERROR)
        status, message = await self._perform(request.body)
        return Response(status, message, wsman.CONTENT_TYPE)

    async def _answer_sealed(self, body: bytes, logon: Logon) -> Response:
        if not logon.context:
            return Response(HTTPStatus.BAD_REQUEST, close=True)
        try:
            message = encryption.unseal(logon.context, body)
        except SealError:
            return Response(HTTPStatus.BAD_REQUEST, close=True)
        self.counters.encrypted_messages += 1
        status, answer = await self._perform(message)
        return Response(status, encryption.seal(logon.context, answer), encryption.CONTENT_TYPE)

    async def _perform(self, message: bytes) -> tuple[HTTPStatus, bytes]:
        message_id = ""
        try:
            request = wsman.parse(message)
            message_id = request.message_id
            return HTTPStatus.OK, wsman.reply(request, await self._shells.perform(request))
        except WSManError as error:
            return HTTPStatus.INTERNAL_SERVER_ERROR, wsman.fault(error, message_id, self.name)


def _refusal(request: Request, logon: Logon) -> Response | None:
    if request.path.partition("?")[0] != "/wsman":
        return Response(HTTPStatus.NOT_FOUND)
    if request.method != "POST":
        return Response(HTTPStatus.METHOD_NOT_ALLOWED)
    challenges = logon.challenges(request.headers.get("authorization", ""))
    return Response(HTTPStatus.UNAUTHORIZED, challenges=challenges) if challenges else None
