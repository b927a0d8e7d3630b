"""The bytes of a connection, in clear or through TLS."""

import asyncio
import ssl

from ssoaudit.lab.tds.packets import PacketType, packets, read_packet

_CHUNK = 65_536


class Wire:
    """A connection's two directions."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._tls: _Tls | None = None

    async def readexactly(self, n: int) -> bytes:
        """So many bytes.

        Raises:
            asyncio.IncompleteReadError: the client is gone.
            ssl.SSLError: what came is not of this TLS connection.
        """
        if not self._tls:
            return await self._reader.readexactly(n)
        while len(self._tls.clear) < n:
            if not self._tls.decrypt():
                self._tls.incoming.write(await self._some())
        taken = bytes(self._tls.clear[:n])
        del self._tls.clear[:n]
        return taken

    async def write(self, data: bytes) -> None:
        """Send, waiting while the client does not take it."""
        self._writer.write(self._tls.encrypt(data) if self._tls else data)
        await self._writer.drain()

    async def start_tls(self, context: ssl.SSLContext, *, in_packets: bool = True) -> None:
        """Shake hands: within PRELOGIN packets, or as TDS 8.0 does before anything else.

        Raises:
            MalformedError: the client sends something other than packets.
            asyncio.IncompleteReadError: the client is gone.
            ssl.SSLError: the client does not come to terms.
        """
        tls = _Tls(context)
        while not tls.shake_hands():
            await self._send_handshake(tls, in_packets=in_packets)
            tls.incoming.write((await read_packet(self._reader)).data if in_packets else await self._some())
        await self._send_handshake(tls, in_packets=in_packets)
        self._tls = tls

    def stop_tls(self) -> None:
        """Go on in clear, as both sides do after the login where only that was encrypted."""
        self._tls = None

    async def _send_handshake(self, tls: "_Tls", *, in_packets: bool) -> None:
        if records := tls.outgoing.read():
            self._writer.write(b"".join(packets(PacketType.PRELOGIN, records)) if in_packets else records)
            await self._writer.drain()

    async def _some(self) -> bytes:
        data = await self._reader.read(_CHUNK)
        if not data:
            raise asyncio.IncompleteReadError(b"", None)
        return data


class _Tls:
    def __init__(self, context: ssl.SSLContext) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.clear = bytearray()
        self._object = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def shake_hands(self) -> bool:
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def decrypt(self) -> bool:
        """Whether there was a record; otherwise more bytes are needed."""
        try:
            self.clear += self._object.read(_CHUNK)
        except ssl.SSLWantReadError:
            return False
        return True

    def encrypt(self, data: bytes) -> bytes:
        self._object.write(data)
        return self.outgoing.read()
