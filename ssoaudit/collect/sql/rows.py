"""What a query gave, as the data of its topic: checked column by column, bounded row by row."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.sql.catalogue import Query

MAXIMUM_TEXT = 4000
MAXIMUM_CHARACTERS = 1_000_000

_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_KINDS = (str, int, bool, datetime)


def data(query: Query, cursor: Any) -> dict[str, Any]:  # noqa: ANN401 - a cursor of pyodbc
    """`{"rows": [{column: value}]}`: times in ISO format, ids in upper case.

    Raises the `Fault` malformed for other columns than the query's or a value of another kind, and too-large for more
    rows than the topic's maximum or more text than is sane.
    """
    _check_columns(query, cursor.description)
    rows: list[Mapping[str, Any]] = []
    characters = 0
    for row in cursor:
        rows.append({name: _plain(query, value) for name, value in zip(query.columns, row, strict=True)})
        characters += sum(len(value) for value in rows[-1].values() if isinstance(value, str))
        if len(rows) > query.model.maximum_rows or characters > MAXIMUM_CHARACTERS:
            raise _too_large(query)
    return {"rows": rows}


def _check_columns(query: Query, description: Any) -> None:  # noqa: ANN401 - as pyodbc has it
    """Before a value is fetched: a column without a bound, or of bytes, is not what was asked for."""
    if tuple(column[0] for column in description or ()) != query.columns:
        raise _malformed(query)
    for _, kind, _, size, *_ in description:
        if kind not in _KINDS or (kind is str and not 0 < size <= MAXIMUM_TEXT):
            raise _malformed(query)


def _plain(query: Query, value: object) -> str | int | None:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        text = _LONE_SURROGATE.sub("\ufffd", value)
        return text.upper() if _GUID.fullmatch(text) else text
    if value is None or isinstance(value, int):
        return value
    raise _malformed(query)


def _malformed(query: Query) -> Fault:
    return Fault(
        FaultStage.READ,
        "malformed",
        f"SQL Server's answer about {query.model.topic} is not what was asked for.",
        "Check that it is the SSO database, then report it with the log.",
    )


def _too_large(query: Query) -> Fault:
    return Fault(
        FaultStage.READ,
        "too-large",
        f"SQL Server's answer about {query.model.topic} is larger than {query.model.maximum_rows} rows or a million "
        "characters.",
        "Check that it is the SSO database that is read.",
    )
