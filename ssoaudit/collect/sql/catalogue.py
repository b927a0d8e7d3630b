"""Every statement that is ever sent to SQL Server, and the guard that lets no other through."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import get_args

from ssoaudit.facts import BIZTALK_TOPICS, MESSAGE_BOX_TOPICS, MSDB_TOPICS, SSODB_TOPICS
from ssoaudit.facts.columns import COLUMNS, OWN_ROW
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
    }
)

_TOKEN = re.compile(r"N?'[A-Za-z_.]*'(?!')|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[(),.=]| +")
_WORD = re.compile(r"[A-Za-z_]\w*")
_CONDITION = r"\w+ = (?:n?'[a-z_.]*'|[0-9]+|db_name \( \))"
_WHERE = re.compile(rf"(?<= )where {_CONDITION}(?: and {_CONDITION})*(?= group by | order by |$)")
_OWN_ROW = "from sys . databases where name = db_name ( )"


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
        """The table that it reads and that takes a right to read, if there is one."""
        source = re.search(r"(?<= FROM dbo\.)\w+", self.text)
        return source[0] if source else None


def check(text: str) -> None:
    """Let pass what is one SELECT on the readable columns; raise `ForbiddenStatementError` for all else.

    Every word must be on a list, so that no verb of SQL needs to be known to be refused. A schema and a table stand
    only as `dbo.<table>`, once, or as `sys.databases` with the condition for the database's own row; a column is named
    only beside its table, a new name only behind AS; a condition compares a column with a text or a number. The text is
    ASCII without comments, quoted names, semicolons, parameters or other operators.
    """
    tokens = [token.lower() for token in _tokens(text)]
    words = [token for token in tokens if _WORD.fullmatch(token)]
    if tokens[:1] != ["select"] or words.count("select") != 1:
        raise ForbiddenStatementError("not one SELECT")
    for word in words:
        if word not in WORDS:
            raise ForbiddenStatementError(f"the word {word} is not allowed")
    table = _source(tokens)
    _check_condition(tokens)
    _check_names(tokens, _READABLE.get(table or "", frozenset()))


def _source(tokens: Sequence[str]) -> str | None:
    """The one table that is read; None where nothing is read from a table."""
    source = list(tokens[tokens.index("from") + 1 :][:3]) if "from" in tokens else []
    schema, table = (source[0], source[-1]) if source[1:2] == ["."] else ("", None)
    known = table in _TABLES if schema == "dbo" else schema == "sys" and " ".join(tokens).endswith(_OWN_ROW)
    if (source and not known) or [token for token in tokens if token in _SOURCE_TOKENS] != source:
        raise ForbiddenStatementError("reads something other than one readable table")
    return table


def _check_condition(tokens: Sequence[str]) -> None:
    rest = _WHERE.sub("", " ".join(tokens), count=1).split(" ")
    if {"where", "and", "="} & set(rest):
        raise ForbiddenStatementError("has a condition that no statement has")


def _check_names(tokens: Sequence[str], readable: frozenset[str]) -> None:
    for before, token in zip(("", *tokens), tokens, strict=False):
        if before == "as" and token not in _OUTPUTS:
            raise ForbiddenStatementError(f"{token} is no name for a column")
        if before != "as" and token in (_NAMES | _OUTPUTS) - readable:
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


def _query(model: type[SqlFact]) -> Query:
    text = files("ssoaudit.facts").joinpath(f"{model.topic}.sql").read_text(encoding="ascii")
    return Query(" ".join(text.split()), model)


_READABLE: Mapping[str, frozenset[str]] = {
    "databases": frozenset(OWN_ROW),
    **{
        table.lower(): frozenset(column.lower() for column in columns)
        for tables in COLUMNS.values()
        for table, columns in tables.items()
    },
}
_TABLES = _READABLE.keys() - {"databases"}
_NAMES = frozenset[str]().union(*_READABLE.values())
_SOURCE_TOKENS = {"dbo", "sys", "."} | _READABLE.keys()
_OUTPUTS = frozenset(name.lower() for model in TOPICS for name in _row(model).model_fields)
_SYNTAX = KEYWORDS | TYPES | FUNCTIONS

WORDS = _SYNTAX | _READABLE.keys() | _NAMES | _OUTPUTS | {"dbo", "sys"}
"""Every word that a statement may have outside quotes, in lower case."""

SESSION = tuple(Statement(text) for text in SETTINGS)
"""Sent first: wait at most five seconds for another's lock, and in a deadlock be the one that gives way."""

CATALOGUE = tuple(_query(model) for model in TOPICS)


def queries(topics: Sequence[type[SqlFact]]) -> tuple[Query, ...]:
    """The queries of these topics, in their order."""
    by_model = {query.model: query for query in CATALOGUE}
    return tuple(by_model[topic] for topic in topics)


SSODB = queries(SSODB_TOPICS)
MSDB = queries(MSDB_TOPICS)
BIZTALK = queries(BIZTALK_TOPICS)
MESSAGE_BOX = queries(MESSAGE_BOX_TOPICS)
