"""What a SQL Server should not do, by name: refuse, hang, drip, close, answer late; and what is none at all."""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal, TypeVar

from ssoaudit.collect.sql.address import Address
from ssoaudit.lab.tds.answers import Answers, Refusal, Table
from ssoaudit.lab.tds.packets import HEADER, PacketType
from ssoaudit.lab.tds.server import SqlServer

T = TypeVar("T")

_CHUNK = 65_536
_TURNS = 5
_BROWSER_PORT = 1434
_RESET = struct.pack("ii", 1, 0)

FAILED = Refusal(18456, "Login failed for user 'auditor'.")
LOGINS: Mapping[int, tuple[Refusal, ...]] = {
    18456: (FAILED,),
    18452: (Refusal(18452, "Login failed. The login is from an untrusted domain."),),
    18470: (Refusal(18470, "Login failed for user 'auditor'. Reason: the account is disabled."),),
    18486: (Refusal(18486, "Login failed for user 'auditor' because the account is locked out."),),
    18487: (Refusal(18487, "Login failed for user 'auditor'. Reason: the password has expired."),),
    18488: (Refusal(18488, "Login failed for user 'auditor'. Reason: the password must be changed."),),
    4060: (Refusal(4060, 'Cannot open database "SSODB" requested by the login.', severity=11), FAILED),
    916: (Refusal(916, "The server principal 'auditor' cannot access the database 'SSODB'."),),
    942: (Refusal(942, "Database 'SSODB' cannot be opened because it is offline."),),
    927: (Refusal(927, "Database 'SSODB' cannot be opened. It is in the middle of a restore."),),
    924: (Refusal(924, "Database 'SSODB' is open already and takes one user at a time."),),
    945: (Refusal(945, "Database 'SSODB' cannot be opened due to inaccessible files."),),
    976: (Refusal(976, "The target database 'SSODB' is in an availability group and not accessible for queries."),),
    978: (Refusal(978, "The target database 'SSODB' takes read-only intent alone."),),
    983: (Refusal(983, "Unable to access the database 'SSODB': its replica has no right role."),),
    17142: (Refusal(17142, "SQL Server service has been paused."),),
    18401: (Refusal(18401, "Login failed. Reason: the server is in script upgrade mode."),),
}
"""What refuses a login, by its number: what is told then, in order."""

QUERIES: Mapping[int, Refusal] = {
    229: Refusal(229, "The SELECT permission was denied on the object 'x', database 'SSODB', schema 'dbo'."),
    230: Refusal(230, "The SELECT permission was denied on the column 'x' of the object 'y'."),
    208: Refusal(208, "Invalid object name 'x'.", severity=16),
    207: Refusal(207, "Invalid column name 'x'.", severity=16),
    1222: Refusal(1222, "Lock request time out period exceeded.", severity=16),
    1205: Refusal(1205, "The transaction was chosen as the deadlock victim.", severity=13),
    596: Refusal(596, "Cannot continue the execution: the session is being killed.", severity=21),
    3906: Refusal(3906, "Failed to update the database because it is read-only.", severity=16),
}
"""What refuses a statement, by its number."""


def secondary(answers: Answers) -> Answers:
    """What a secondary that may be read answers: the same, and that it takes no update."""
    return {text: _read_only(answer) if isinstance(answer, Table) else answer for text, answer in answers.items()}


def _read_only(table: Table) -> Table:
    names = [column.name for column in table.columns]
    rows = (
        ("READ_ONLY" if name == "updateability" else value for name, value in zip(names, row, strict=True))
        for row in table.rows
    )
    return Table(table.columns, tuple(tuple(row) for row in rows))


@dataclass(frozen=True)
class Mischief:
    """What is done, from which of the client's messages on, which hold these words.

    hang: nothing passes any more; close and reset: the connection ends, in order or not; drip: the answers come byte
    by byte, `pause` seconds apart; slow: each piece of an answer comes after `pause` seconds.
    """

    deed: Literal["hang", "close", "reset", "drip", "slow"]
    at: PacketType | None = None
    words: str = ""
    pause: float = 0.0

    def begins(self, data: bytes) -> bool:
        """Whether this is where it begins. A first statement comes as a batch or, as pyodbc sends it, as a call."""
        kind = PacketType.SQL_BATCH if data[0] == PacketType.RPC else data[0]
        return self.at in {None, kind} and self.words.encode("utf-16-le") in data


@contextmanager
def serving(server: SqlServer, host: str = "127.0.0.1") -> Iterator[Address]:
    """The address of a server that runs in a thread of its own."""
    with _loop() as run:
        port = run(server.start(host))
        try:
            yield Address(f"{host},{port}", "SSODB")
        finally:
            run(server.stop())


@contextmanager
def misbehaving(behind: Address, mischief: Mischief) -> Iterator[Address]:
    """A port that passes all on to that server, which speaks in clear, until the mischief begins."""
    with _loop() as run:
        relay = _Relay(behind.endpoint.port or 0, mischief)
        port = run(relay.start())
        try:
            yield Address(f"127.0.0.1,{port}", behind.database)
        finally:
            run(relay.stop())


@contextmanager
def speaking(words: bytes) -> Iterator[Address]:
    """A port that answers every client's first words with these, and ends the connection."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            if await reader.read(_CHUNK):
                writer.write(words)
                await writer.drain()
        writer.close()

    async def start() -> tuple[asyncio.Server, int]:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        return server, server.sockets[0].getsockname()[1]

    with _loop() as run:
        listening, port = run(start())
        try:
            yield Address(f"127.0.0.1,{port}", "SSODB")
        finally:
            run(_closed(listening))


@contextmanager
def silent() -> Iterator[Address]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield Address(f"127.0.0.1,{listening.getsockname()[1]}", "SSODB")


@contextmanager
def unanswering(host: str = "127.0.0.1") -> Iterator[Address]:
    """A port that drops whoever wants to connect, as a firewall does: its queue is full (on Linux)."""
    with socket.socket() as listening:
        listening.bind((host, 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex((host, port))
        try:
            yield Address(f"{host},{port}", "SSODB")
        finally:
            for each in waiting:
                each.close()


@contextmanager
def refusing() -> Iterator[Address]:
    """A port on which nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield Address(f"127.0.0.1,{bound.getsockname()[1]}", "SSODB")


@dataclass(frozen=True)
class Browser:
    """SQL Browser at a loopback address of its own, and the ports of the instances that it knows there."""

    host: str
    ports: dict[str, int]


@contextmanager
def browsing() -> Iterator[Browser]:
    """A SQL Browser (on Linux, where all of 127.0.0.0/8 is there to be bound)."""
    with _browser_socket() as listening:
        browser = Browser(listening.getsockname()[0], {})

        def serve() -> None:
            while True:
                asked, client = listening.recvfrom(_CHUNK)
                if not asked:
                    return
                listening.sendto(_instances(browser), client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield browser
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", listening.getsockname())
            thread.join(20)


def _instances(browser: Browser) -> bytes:
    told = "".join(
        f"ServerName;SQL01;InstanceName;{name};IsClustered;No;Version;15.0.2000.5;tcp;{port};;"
        for name, port in browser.ports.items()
    )
    return struct.pack("<BH", 5, len(told)) + told.encode("ascii")


def _browser_socket() -> socket.socket:
    """SQL Browser's port is given: tests that run at once each take an address of their own."""
    while True:
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        host = ".".join(["127", *(str(random.randint(1, 254)) for _ in range(3))])  # noqa: S311 - no secret
        try:
            listening.bind((host, _BROWSER_PORT))
        except OSError:
            listening.close()
        else:
            return listening


class _Relay:
    def __init__(self, behind: int, mischief: Mischief) -> None:
        self._behind = behind
        self._mischief = mischief
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        if self._server:
            await _closed(self._server)
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = asyncio.ensure_future(self._serve(reader, writer))
        self._clients.add(client)
        client.add_done_callback(self._clients.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, server = await asyncio.open_connection("127.0.0.1", self._behind)
        begun = asyncio.Event()
        back = asyncio.ensure_future(self._answer(answers, writer, begun))
        try:
            with suppress(OSError):
                await self._ask(reader, writer, server, begun)
        finally:
            back.cancel()
            await asyncio.gather(back, return_exceptions=True)
            for each in (server, writer):
                each.transport.abort() if begun.is_set() and self._mischief.deed == "reset" else each.close()

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        server: asyncio.StreamWriter,
        begun: asyncio.Event,
    ) -> None:
        async for data in _pieces(reader):
            if len(data) >= HEADER.size and self._mischief.begins(data):
                begun.set()
            deed = self._mischief.deed if begun.is_set() else None
            if deed == "reset":
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            if deed in {"close", "reset"}:
                return
            if deed != "hang":
                server.write(data)
                await server.drain()

    async def _answer(self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter, begun: asyncio.Event) -> None:
        async for data in _pieces(answers):
            size = 1 if begun.is_set() and self._mischief.deed == "drip" else len(data)
            for start in range(0, len(data), size):
                if begun.is_set():
                    await asyncio.sleep(self._mischief.pause)
                writer.write(data[start : start + size])
                await writer.drain()
        writer.close()


async def _closed(server: asyncio.Server) -> None:
    """Not before those who have just come are let in, whose sockets asyncio would leave open."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    server.close()


async def _pieces(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while data := await reader.read(_CHUNK):
        yield data


@contextmanager
def _loop() -> Iterator[Callable[[Coroutine[object, object, T]], T]]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result(20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()
