"""Every statement that is ever sent to SQL Server, and the guard that lets no other through."""

import re
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import get_args

from ssoaudit.facts.columns import COLUMNS
from ssoaudit.facts.external_credential_secrets import ExternalCredentialSecrets
from ssoaudit.facts.fact import Part
from ssoaudit.facts.global_info import GlobalInfo
from ssoaudit.facts.sql_fact import SqlFact
from ssoaudit.facts.sql_server import SqlServer
from ssoaudit.facts.sql_session import SqlSession
from ssoaudit.facts.windows_password_secrets import WindowsPasswordSecrets

TOPICS: tuple[type[SqlFact], ...] = (
    SqlServer,
    SqlSession,
    GlobalInfo,
    ExternalCredentialSecrets,
    WindowsPasswordSecrets,
)
"""What SSODB is asked, in this order."""

SETTINGS = ("SET LOCK_TIMEOUT 5000", "SET DEADLOCK_PRIORITY LOW")
KEYWORDS = frozenset({"select", "top", "from", "group", "order", "by", "as"})
TYPES = frozenset({"int", "nvarchar"})
FUNCTIONS = frozenset(
    {
        "convert",
        "serverproperty",
        "databasepropertyex",
        "connectionproperty",
        "db_name",
        "suser_sname",
        "getdate",
        "getutcdate",
        "count_big",
        "min",
        "max",
    }
)

_TOKEN = re.compile(r"N?'[A-Za-z_]*'(?!')|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[(),.]| +")
_WORD = re.compile(r"[A-Za-z_]\w*")


class ForbiddenStatementError(ValueError):
    """A statement that is none of the project's own."""


@dataclass(frozen=True)
class Statement:
    """A text that may be sent. None other can be made: `ForbiddenStatementError`."""

    text: str

    def __post_init__(self) -> None:
        if self.text not in SETTINGS:
            check(self.text)


@dataclass(frozen=True)
class Query(Statement):
    """The SELECT of a topic."""

    model: type[SqlFact]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns, in order: the fields of the model's rows."""
        return tuple(_row(self.model).model_fields)

    @cached_property
    def table(self) -> str | None:
        """The table of SSODB that it reads, if it reads one."""
        return next((table for table in COLUMNS if f"dbo.{table}" in self.text), None)


def check(text: str) -> None:
    """Let pass what is one SELECT on the readable columns; raise `ForbiddenStatementError` for all else.

    Every word must be on a list, so that no verb of SQL needs to be known to be refused. A schema and a table stand
    only as `dbo.<table>`, once; text is ASCII without comments, quoted names, semicolons, parameters or operators.
    """
    tokens = [token.lower() for token in _tokens(text)]
    words = [token for token in tokens if _WORD.fullmatch(token)]
    if tokens[:1] != ["select"] or words.count("select") != 1:
        raise ForbiddenStatementError("not one SELECT")
    for word in words:
        if word not in WORDS:
            raise ForbiddenStatementError(f"the word {word} is not allowed")
    source = tokens[tokens.index("from") + 1 :][:3] if "from" in tokens else []
    table = source[-1] if source[:2] == ["dbo", "."] else None
    if (source and table is None) or [token for token in tokens if token in _SOURCE_TOKENS] != source:
        raise ForbiddenStatementError("reads something other than one table of SSODB")
    foreign = (_NAMES & set(words)) - _READABLE.get(table or "", frozenset())
    if foreign:
        raise ForbiddenStatementError(f"{min(foreign)} is no readable column of the table")


def _tokens(text: str) -> list[str]:
    tokens, end = [], 0
    for match in _TOKEN.finditer(text):
        if match.start() != end:
            break
        end = match.end()
        if not match.group().isspace():
            tokens.append(match.group())
    if end != len(text):
        raise ForbiddenStatementError("a character that no statement has")
    return tokens


def _row(model: type[SqlFact]) -> type[Part]:
    """The model of one row: `rows` is a tuple of it."""
    row: type[Part] = get_args(model.model_fields["rows"].annotation)[0]
    return row


def _query(model: type[SqlFact]) -> Query:
    text = files("ssoaudit.facts").joinpath(f"{model.topic}.sql").read_text(encoding="ascii")
    return Query(" ".join(text.split()), model)


_READABLE = {table.lower(): frozenset(column.lower() for column in columns) for table, columns in COLUMNS.items()}
_NAMES = frozenset[str]().union(*_READABLE.values())
_SOURCE_TOKENS = {"dbo", "."} | _READABLE.keys()
_OUTPUTS = {name.lower() for model in TOPICS for name in _row(model).model_fields}

WORDS = KEYWORDS | TYPES | FUNCTIONS | _READABLE.keys() | _NAMES | _OUTPUTS | {"dbo"}
"""Every word that a statement may have outside quotes, in lower case."""

SESSION = tuple(Statement(text) for text in SETTINGS)
"""Sent first: wait at most five seconds for another's lock, and in a deadlock be the one that gives way."""

CATALOGUE = tuple(_query(model) for model in TOPICS)
