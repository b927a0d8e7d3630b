"""What a client sent, read from front to back; every number is little-endian."""


class MalformedError(Exception):
    """A client's bytes that are none of the protocol's, or more than is accepted: the connection is closed."""


class Payload:
    """Bytes with a place in them.

    Each reading raises `MalformedError` where the bytes end too early.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    @property
    def is_read(self) -> bool:
        """Whether nothing is left."""
        return self._place >= len(self._data)

    def take(self, length: int) -> bytes:
        """The next bytes."""
        taken = self._data[self._place : self._place + length]
        if len(taken) != length:
            raise MalformedError("The message ends too early.")
        self._place += length
        return taken

    def number(self, size: int, *, signed: bool = False) -> int:
        """An integer of so many bytes."""
        return int.from_bytes(self.take(size), "little", signed=signed)

    def text(self, characters: int) -> str:
        """So many UTF-16 code units."""
        return text(self.take(2 * characters))

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._data) - self._place)

    def skip_headers(self) -> None:
        """Pass over the ALL_HEADERS block in front of a request."""
        length = self.number(4)
        self.take(max(length - 4, 0))


def text(raw: bytes) -> str:
    """The text that these bytes are in UTF-16.

    Raises:
        MalformedError: they are not UTF-16.
    """
    try:
        return raw.decode("utf-16-le")
    except UnicodeDecodeError:
        raise MalformedError("The text is not UTF-16.") from None
