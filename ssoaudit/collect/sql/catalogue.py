"""Every statement that is ever sent to SQL Server, and the guard that lets no other through."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import get_args

from ssoaudit.facts import BIZTALK_TOPICS, MESSAGE_BOX_TOPICS, MSDB_TOPICS, SSODB_TOPICS
from ssoaudit.facts.columns import COLUMNS, OWN_ROW, Database
from ssoaudit.facts.fact import Part
from ssoaudit.facts.sql_fact import SqlFact

TOPICS: tuple[type[SqlFact], ...] = tuple(
    dict.fromkeys((*SSODB_TOPICS, *MSDB_TOPICS, *BIZTALK_TOPICS, *MESSAGE_BOX_TOPICS))
)
"""What SQL Servers are asked, each topic once."""

SETTINGS = ("SET LOCK_TIMEOUT 5000", "SET DEADLOCK_PRIORITY LOW")
KEYWORDS = frozenset({"select", "top", "from", "where", "and", "group", "order", "by", "as"})
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
        "object_id",
        "has_perms_by_name",
        "is_srvrolemember",
        "is_member",
        "quotename",
    }
)
BARE_FUNCTIONS = frozenset({"db_name", "suser_sname", "getdate", "getutcdate"})
"""Those that are called without an argument: about the session and its database, never about another."""

_TOKEN = re.compile(r"N?'[A-Za-z_.]*'(?!')|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[(),.=]| +")
_WORD = re.compile(r"[A-Za-z_]\w*")
_LITERAL = r"n?'[a-z_.]*'|[0-9]+"
_NAME = rf"(?!(?:{'|'.join(KEYWORDS | TYPES | FUNCTIONS)})\b)[a-z_]\w*"
_VALUE = rf"(?:{_NAME}|{_LITERAL}|@)"
_CALLS = (
    re.compile(rf"\b(?:{'|'.join(BARE_FUNCTIONS)}) \( \)"),
    re.compile(rf"\bconvert \( (?:int|nvarchar \( [0-9]+ \)) , {_VALUE} \)"),
    re.compile(rf"\b(?:{'|'.join(FUNCTIONS - BARE_FUNCTIONS - {'convert'})}) \( {_VALUE}(?: , {_VALUE})* \)"),
)
"""A call whose arguments are no calls any more. `@`, which no statement has, stands for one that was read."""
_LIST = re.compile(rf"(?:{_NAME}|@)(?: as {_NAME})?(?: , (?:{_NAME}|@)(?: as {_NAME})?)*")
_STATEMENT = re.compile(
    r"select (?P<top>top \( [0-9]+ \) )?(?P<list>.+?)(?: from (?P<schema>\w+) \. (?P<table>\w+)(?: (?P<rest>.+))?)?"
)
_CONDITION = rf"{_NAME} = (?:{_LITERAL})"
_ORDER = rf"{_NAME}(?: , {_NAME})*"
_REST = re.compile(
    rf"(?: where {_CONDITION}(?: and {_CONDITION})*)?(?: group by {_ORDER})?(?: order by {_ORDER})?", re.ASCII
)
_OWN_DATABASE = "where name = db_name ( )"


class ForbiddenStatementError(ValueError):
    """A statement that is none of the project's own."""


@dataclass(frozen=True)
class Statement:
    """A text that may be sent: a setting of the session, or a `Query`. None other can be made."""

    text: str

    def __post_init__(self) -> None:
        if self.text not in SETTINGS:
            raise ForbiddenStatementError("no setting of a session")


@dataclass(frozen=True)
class Query(Statement):
    """The SELECT of a topic, in the database whose tables it may read; in None it reads no table."""

    model: type[SqlFact]
    database: Database | None

    def __post_init__(self) -> None:
        check(self.text, self.database)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns, in order: the fields of the model's rows."""
        return tuple(_row(self.model).model_fields)

    @cached_property
    def table(self) -> str | None:
        """The table that it reads and that takes a right to read, if there is one."""
        source = re.search(r"(?<= FROM dbo\.)\w+", self.text)
        return source[0] if source else None


def check(text: str, database: Database | None) -> None:
    """Let pass one SELECT on the columns that may be read there; raise `ForbiddenStatementError` for all else.

    Every word must be on a list, so that no verb of SQL needs to be known to be refused. Its order is this alone: at
    most one TOP, which a table of the database demands; names and calls, each with a new name behind AS or none; one
    source; columns compared with a text or a number, to group by, to order by. The source is `dbo.<table>` of that
    database, or `sys.databases` with the condition for the database's own row. The text is ASCII without comments,
    quoted names, semicolons, parameters or other operators.
    """
    tokens = [token.lower() for token in _tokens(text)]
    for word in (token for token in tokens if _WORD.fullmatch(token)):
        if word not in WORDS:
            raise ForbiddenStatementError(f"the word {word} is not allowed")
    parts = _STATEMENT.fullmatch(" ".join(tokens))
    if parts is None:
        raise ForbiddenStatementError("not one SELECT")
    if not _LIST.fullmatch(_without_calls(parts["list"])):
        raise ForbiddenStatementError("does not list columns and calls")
    _check_names(tokens, _source(parts, database))


def _source(parts: re.Match[str], database: Database | None) -> frozenset[str]:
    """The columns of the one table that is read; none where nothing is read from a table."""
    schema, table, rest = parts["schema"], parts["table"], parts["rest"] or ""
    if schema is None:
        return frozenset()
    if (schema, table) == ("sys", "databases") and rest == _OWN_DATABASE:
        return frozenset(OWN_ROW)
    readable = _READABLE[database].get(table) if database is not None else None
    if schema != "dbo" or readable is None:
        raise ForbiddenStatementError("reads something other than one readable table")
    if parts["top"] is None or not _REST.fullmatch(f" {rest}" if rest else ""):
        raise ForbiddenStatementError("has a condition or an order that no statement has, or no TOP")
    return readable


def _without_calls(listed: str) -> str:
    """What is left where every call is one sign: from the inside to the outside."""
    before = None
    while before != listed:
        before = listed
        for call in _CALLS:
            listed = call.sub("@", listed)
    return listed


def _check_names(tokens: Sequence[str], readable: frozenset[str]) -> None:
    outside = (_TABLES | _NAMES | _OUTPUTS | {"dbo", "sys"}) - readable
    for before, token in zip(("", *tokens), tokens, strict=False):
        if before == "as" and token not in _OUTPUTS:
            raise ForbiddenStatementError(f"{token} is no name for a column")
        if before not in ("as", ".", "from") and token in outside:
            raise ForbiddenStatementError(f"{token} is no readable column of the table")


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


def _query(model: type[SqlFact], database: Database | None) -> Query:
    text = files("ssoaudit.facts").joinpath(f"{model.topic}.sql").read_text(encoding="ascii")
    return Query(" ".join(text.split()), model, database)


_READABLE: Mapping[Database, Mapping[str, frozenset[str]]] = {
    database: {table.lower(): frozenset(column.lower() for column in columns) for table, columns in tables.items()}
    for database, tables in COLUMNS.items()
}
_TABLES = frozenset(table for tables in _READABLE.values() for table in tables) | {"databases"}
_NAMES = frozenset(OWN_ROW).union(*(columns for tables in _READABLE.values() for columns in tables.values()))
_OUTPUTS = frozenset(name.lower() for model in TOPICS for name in _row(model).model_fields)

WORDS = KEYWORDS | TYPES | FUNCTIONS | _TABLES | _NAMES | _OUTPUTS | {"dbo", "sys"}
"""Every word that a statement may have outside quotes, in lower case."""

SESSION = tuple(Statement(text) for text in SETTINGS)
"""Sent first: wait at most five seconds for another's lock, and in a deadlock be the one that gives way."""

SSODB = tuple(_query(model, Database.SSODB) for model in SSODB_TOPICS)
MSDB = tuple(_query(model, Database.MSDB) for model in MSDB_TOPICS)
BIZTALK = tuple(_query(model, Database.BIZTALK) for model in BIZTALK_TOPICS)
MESSAGE_BOX = tuple(_query(model, None) for model in MESSAGE_BOX_TOPICS)

CATALOGUE = tuple({query.model: query for query in (*MESSAGE_BOX, *SSODB, *MSDB, *BIZTALK)}.values())
"""Every query, each topic once."""
