"""Remote procedure calls: the form in which a driver prepares and executes."""

from dataclasses import dataclass

from ssoaudit.lab.tds.payload import MalformedError, Payload, text

_BY_NUMBER = {10: "sp_executesql", 11: "sp_prepare", 12: "sp_execute", 13: "sp_prepexec", 15: "sp_unprepare"}
_NUMBERED = 0xFFFF
_INTN, _BITN, _NTEXT, _VARCHAR, _NVARCHAR = 0x26, 0x68, 0x63, 0xA7, 0xE7
_FIXED = {0x30: 1, 0x32: 1, 0x34: 2, 0x38: 4, 0x7F: 8}
_NULL, _NULL_PARTS = 0xFFFF, 0xFFFF_FFFF_FFFF_FFFF
_IN_PARTS = 0xFFFF

Value = int | str | None


@dataclass(frozen=True)
class Call:
    """A procedure's name, and its parameters' values in the order given."""

    procedure: str
    values: tuple[Value, ...]

    @property
    def text(self) -> str:
        """The call as a statement."""
        return " ".join([f"EXEC {self.procedure}", ", ".join(map(_literal, self.values))]).rstrip()


def parse(payload: Payload) -> Call:
    """Read the one call of a request, behind its headers.

    Raises:
        MalformedError: it is none, or has parameters other than integers and text.
    """
    length = payload.number(2)
    procedure = _procedure(payload.number(2)) if length == _NUMBERED else payload.text(length)
    payload.take(2)
    values = []
    while not payload.is_read:
        payload.text(payload.number(1))
        payload.take(1)
        values.append(_value(payload))
    return Call(procedure, tuple(values))


def _procedure(number: int) -> str:
    return _BY_NUMBER.get(number, f"sp_{number}")


def _literal(value: Value) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "N'" + value.replace("'", "''") + "'"


def _value(payload: Payload) -> Value:
    kind = payload.number(1)
    if kind in _FIXED:
        return payload.number(_FIXED[kind], signed=True)
    if kind in {_INTN, _BITN}:
        payload.take(1)
        size = payload.number(1)
        return payload.number(size, signed=True) if size else None
    if kind == _NTEXT:
        payload.take(4 + 5)
        size = payload.number(4, signed=True)
        return text(payload.take(size)) if size >= 0 else None
    if kind in {_VARCHAR, _NVARCHAR}:
        longest = payload.number(2)
        payload.take(5)
        raw = _in_parts(payload) if longest == _IN_PARTS else _whole(payload)
        if raw is None:
            return None
        return text(raw) if kind == _NVARCHAR else raw.decode("latin-1")
    raise MalformedError(f"A parameter of type 0x{kind:02X} is not read.")


def _whole(payload: Payload) -> bytes | None:
    size = payload.number(2)
    return None if size == _NULL else payload.take(size)


def _in_parts(payload: Payload) -> bytes | None:
    if payload.number(8) == _NULL_PARTS:
        return None
    parts = []
    while size := payload.number(4):
        parts.append(payload.take(size))
    return b"".join(parts)
