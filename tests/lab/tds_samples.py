"""An answer for every statement of the catalogue, made from the topics' models: a new topic comes in by itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from ssoaudit.collect.sql.catalogue import CATALOGUE, Query
from ssoaudit.facts import SqlFact
from ssoaudit.facts.fact import Part
from ssoaudit.lab.tables import table
from ssoaudit.lab.tds.answers import Column, Table

_ID = "11111111-2222-3333-4444-55555555AAAA"
_THEN = datetime(2026, 11, 20, 6, 30, 15, 120000)  # noqa: DTZ001 - SQL Server's own times have no zone
_VALUES: Mapping[type, object] = {bool: True, int: 7, str: "CONTOSO\\ßso 中", datetime: _THEN}


def fact(query: Query) -> SqlFact:
    """What its topic is: a row with everything, and where more are taken, one without all that may lack."""
    model = query.model
    row: type[Part] = get_args(model.model_fields["rows"].annotation)[0]
    ids = {column["name"] for column in _described(model, ()) if column["type"] == "uniqueidentifier"}
    full = {name: _ID if name in ids else _value(field.annotation) for name, field in row.model_fields.items()}
    sparse = {
        name: None if type(None) in get_args(field.annotation) else full[name]
        for name, field in row.model_fields.items()
    }
    return model.model_validate({"rows": [full, sparse][: model.maximum_rows]})


def sample(query: Query) -> Table:
    """How SQL Server answers it: `fact`."""
    columns = _described(query.model, ())
    rows = tuple(tuple(dict(row).values()) for row in fact(query).rows)  # type: ignore[attr-defined]  # each topic's own
    return Table(tuple(Column(column["name"], column["type"]) for column in columns), rows)


def _described(model: type[SqlFact], rows: tuple[()]) -> list[dict[str, str]]:
    columns: list[dict[str, str]] = table(model.model_validate({"rows": rows}))["columns"]
    return columns


def _value(annotation: Any) -> object:
    kinds = get_args(annotation) or (annotation,)
    return next(_VALUES[kind] for kind in kinds if kind in _VALUES)


SAMPLES: Mapping[str, Table] = {query.text: sample(query) for query in CATALOGUE}
"""The answers by statement."""
