"""What a logged-on client asks, and what it is told: messages in, tokens out."""

import secrets
from collections.abc import Callable, Mapping

from ssoaudit.lab.tds import rpc, tokens
from ssoaudit.lab.tds.answers import Refusal
from ssoaudit.lab.tds.catalogue import Catalogue, Result
from ssoaudit.lab.tds.packets import Message, PacketType
from ssoaudit.lab.tds.payload import MalformedError, Payload, text
from ssoaudit.lab.tds.rpc import Value
from ssoaudit.lab.tds.session import Session
from ssoaudit.lab.tds.tokens import Change, Done

FATAL = 20
"""The severity from which on SQL Server ends the connection with the error."""
PREPARED_LIMIT = 1000

_NO_SUCH_HANDLE = Refusal(8179, "Could not find the prepared statement.", severity=16)
_TOO_MANY_PREPARED = Refusal(701, "There are too many prepared statements.", severity=17)
_CHANGES = {5: Change.BEGIN, 7: Change.COMMIT, 8: Change.ROLLBACK}
_DESCRIPTOR_SIZE = 8


class Conversation:
    """A logged-on client's requests, answered one by one. `is_over` is set where an error ends the connection."""

    def __init__(self, session: Session, catalogue: Catalogue, server: str) -> None:
        self.is_over = False
        self._session = session
        self._catalogue = catalogue
        self._server = server
        self._prepared: dict[int, str] = {}
        self._transaction = b""
        self._answers: Mapping[PacketType, Callable[[Payload], bytes]] = {
            PacketType.SQL_BATCH: self._batch,
            PacketType.RPC: self._call,
            PacketType.TRANSACTION: self._change_transaction,
        }
        self._procedures: Mapping[str, Callable[[tuple[Value, ...]], bytes]] = {
            "sp_executesql": self._execute_sql,
            "sp_prepare": self._prepare,
            "sp_execute": self._execute,
            "sp_prepexec": self._prepare_and_execute,
            "sp_unprepare": self._unprepare,
        }

    def answer(self, message: Message) -> bytes:
        """The tokens that answer a message.

        Raises:
            MalformedError: it is no request, or not readable as one.
        """
        if message.type == PacketType.ATTENTION:
            return tokens.done(attention=True)
        if message.type not in self._answers:
            raise MalformedError("The message is no request.")
        payload = Payload(message.data)
        payload.skip_headers()
        return self._answers[message.type](payload)

    def _batch(self, payload: Payload) -> bytes:
        outcome = self._asked(text(payload.rest()))
        if isinstance(outcome, Refusal):
            return self._refused(outcome) + tokens.done(error=True)
        return outcome.tokens + tokens.done(rows=outcome.rows)

    def _call(self, payload: Payload) -> bytes:
        call = rpc.parse(payload)
        if procedure := self._procedures.get(call.procedure.lower()):
            return procedure(call.values)
        return self._in_procedure(self._asked(call.text))

    def _execute_sql(self, values: tuple[Value, ...]) -> bytes:
        return self._in_procedure(self._asked(_statement(values, 0)))

    def _prepare(self, values: tuple[Value, ...]) -> bytes:
        if len(self._prepared) >= PREPARED_LIMIT:
            return self._in_procedure(_TOO_MANY_PREPARED)
        return _returned(self._keep(_statement(values, 2)))

    def _execute(self, values: tuple[Value, ...]) -> bytes:
        statement = self._prepared.get(_handle(values))
        return self._in_procedure(_NO_SUCH_HANDLE if statement is None else self._asked(statement))

    def _prepare_and_execute(self, values: tuple[Value, ...]) -> bytes:
        if len(self._prepared) >= PREPARED_LIMIT:
            return self._in_procedure(_TOO_MANY_PREPARED)
        statement = _statement(values, 2)
        outcome = self._asked(statement)
        handle = None if isinstance(outcome, Refusal) else self._keep(statement)
        return self._in_procedure(outcome, handle)

    def _unprepare(self, values: tuple[Value, ...]) -> bytes:
        known = self._prepared.pop(_handle(values), None)
        return self._in_procedure(_NO_SUCH_HANDLE) if known is None else _returned()

    def _asked(self, statement: str) -> Result | Refusal:
        self._session.statements.append(statement)
        return self._catalogue.outcome(statement)

    def _keep(self, statement: str) -> int:
        handle = max(self._prepared, default=0) + 1
        self._prepared[handle] = statement
        return handle

    def _in_procedure(self, outcome: Result | Refusal, handle: int | None = None) -> bytes:
        if isinstance(outcome, Refusal):
            refused = self._refused(outcome) + tokens.return_status(outcome.number)
            return refused + tokens.done(Done.PROCEDURE, error=True)
        return outcome.tokens + tokens.done(Done.IN_PROCEDURE, rows=outcome.rows) + _returned(handle)

    def _refused(self, refusal: Refusal) -> bytes:
        self.is_over = refusal.severity >= FATAL
        return tokens.error(refusal, self._server)

    def _change_transaction(self, payload: Payload) -> bytes:
        change = _CHANGES.get(payload.number(2))
        if not change:
            raise MalformedError("The transaction request is not one that is answered.")
        self._session.transactions += 1
        before = self._transaction
        self._transaction = secrets.token_bytes(_DESCRIPTOR_SIZE) if change == Change.BEGIN else b""
        return tokens.changed_bytes(change, self._transaction, before) + tokens.done()


def _returned(handle: int | None = None) -> bytes:
    output = b"" if handle is None else tokens.return_value(handle)
    return tokens.return_status(0) + output + tokens.done(Done.PROCEDURE)


def _statement(values: tuple[Value, ...], place: int) -> str:
    statement = values[place] if place < len(values) else None
    if not isinstance(statement, str):
        raise MalformedError("The call carries no statement.")
    return statement


def _handle(values: tuple[Value, ...]) -> int:
    handle = values[0] if values else None
    if not isinstance(handle, int):
        raise MalformedError("The call carries no handle.")
    return handle
