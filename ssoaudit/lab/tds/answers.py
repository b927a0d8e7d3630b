"""What a SQL Server of the lab answers: tables and refusals, by the statement's text."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column; `type` is int, bigint, bit, datetime, uniqueidentifier, nvarchar or varbinary."""

    name: str
    type: str


@dataclass(frozen=True)
class Table:
    """What a SELECT gives. A datetime is given without zone, a uniqueidentifier as text, NULL as None."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[object | None, ...], ...]


@dataclass(frozen=True)
class Refusal:
    """An error of SQL Server, by its number there. One of severity 20 or more ends the connection."""

    number: int
    message: str
    state: int = 1
    severity: int = 14


Answers = Mapping[str, Table | Refusal]
"""By the statement's exact text, but for white space."""


def folded(statement: str) -> str:
    """The statement with each run of white space made one space, as answers are looked up."""
    return " ".join(statement.split())
