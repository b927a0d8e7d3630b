"""One connection to a database: opened once, never again, and asked only what the catalogue holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ssoaudit.collect.sql import catalogue, odbc
from ssoaudit.collect.sql.address import SqlLimits
from ssoaudit.collect.sql.catalogue import Statement
from ssoaudit.collect.sql.classify import Conversation, classify
from ssoaudit.credentials import Secret


@dataclass(frozen=True)
class Session:
    """An open connection with autocommit: no transaction is ever begun."""

    odbc: ModuleType
    connection: Any
    conversation: Conversation

    @contextmanager
    def rows(self, statement: Statement, table: str | None = None) -> Iterator[Any]:
        """The cursor over a statement's rows. Raises a `Fault` for what the driver says, also while rows are read."""
        cursor = None
        try:
            cursor = self.connection.cursor()
            yield cursor.execute(statement.text)
        except self.odbc.Error as error:
            raise classify(error.args, self.conversation, connected=True, table=table) from None
        finally:
            self._close(cursor)

    def _close(self, resource: Any) -> None:  # noqa: ANN401 - a cursor or a connection of pyodbc
        try:
            if resource is not None:
                resource.close()
        except self.odbc.Error:
            # Closing after a lost connection fails; why it was lost is told already.
            return


@contextmanager
def connected(text: Secret, conversation: Conversation, limits: SqlLimits) -> Iterator[Session]:
    """A session that reads only. Raises a `Fault` where it cannot be opened; there is one attempt."""
    pyodbc = odbc.load()
    try:
        connection = pyodbc.connect(text.reveal(), autocommit=True, timeout=limits.login)
    except pyodbc.Error as error:
        raise classify(error.args, conversation, connected=False) from None
    session = Session(pyodbc, connection, conversation)
    try:
        connection.timeout = limits.query
        for setting in catalogue.SESSION:
            with session.rows(setting):
                pass
        yield session
    finally:
        session._close(connection)  # noqa: SLF001 - of this module
