"""The lab's facts of databases as the tables that a SQL Server answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from ssoaudit.collect.sql.catalogue import CATALOGUE
from ssoaudit.facts import SqlFact

_TYPES = {bool: "bit", int: "int", str: "nvarchar", datetime: "datetime"}
_IDS = frozenset(
    {"gi_audit_id", "at_audit_id", "ec_pws_msid", "ec_pns_msid", "wp_msid", "group_database_id", "replica_id"}
)
_BIG = frozenset({"number"})


def table(fact: SqlFact) -> Mapping[str, Any]:
    """What SQL Server answers to the topic's statement: columns in the model's order, times as ISO 8601 text."""
    statement = next(query.text for query in CATALOGUE if query.model is type(fact))
    fields = get_args(type(fact).model_fields["rows"].annotation)[0].model_fields
    return {
        "statement": statement,
        "columns": [{"name": name, "type": _type(name, field.annotation)} for name, field in fields.items()],
        "rows": [list(row.values()) for row in fact.model_dump(mode="json")["rows"]],
    }


def _type(name: str, annotation: object) -> str:
    if name in _IDS:
        return "uniqueidentifier"
    if name in _BIG:
        return "bigint"
    kinds = get_args(annotation) or (annotation,)
    return next(_TYPES[kind] for kind in kinds if kind in _TYPES)
