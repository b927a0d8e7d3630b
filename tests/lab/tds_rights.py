"""A login's rights on columns, as GRANT statements give them and as statements need them."""

import re
from collections.abc import Iterator, Mapping

import sqlglot
from sqlglot import exp

from ssoaudit.lab.tds.answers import Answers, Refusal, Table

Rights = Mapping[str, frozenset[str]]
"""The columns that may be read, by table, in lower case."""

_USE = re.compile(r"^USE \[(.+)\];$", re.MULTILINE)
_GRANT = re.compile(r"^GRANT SELECT ON dbo\.(\w+) \(([\w, ]+)\) TO \w+;$", re.MULTILINE)


def granted(script: str) -> Mapping[str, Rights]:
    """The rights that the GRANT statements of a script give, by the database that is in use where they stand."""
    before, *parts = _USE.split(script)
    assert not _GRANT.findall(before)
    return {database: _granted(part) for database, part in zip(parts[::2], parts[1::2], strict=True)}


def _granted(part: str) -> Rights:
    return {
        table.lower(): frozenset(column.strip().lower() for column in columns.split(","))
        for table, columns in _GRANT.findall(part)
    }


def reads(statement: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The tables of the schema dbo that a SELECT reads, with the columns of each that it names, wherever it does."""
    for select in sqlglot.parse_one(statement, read="tsql").find_all(exp.Select):
        named = {alias.alias for alias in select.expressions if isinstance(alias, exp.Alias)}
        columns = {column.name for column in select.find_all(exp.Column)}
        for table in select.find_all(exp.Table):
            if table.db.lower() == "dbo":
                yield table.name.lower(), frozenset(column.lower() for column in columns - named)


def allowed(answers: Answers, rights: Rights) -> Answers:
    """What a login with these rights is answered: for a table or a column beyond them, a refusal."""
    return {statement: _refused(statement, rights) or answer for statement, answer in answers.items()}


def _refused(statement: str, rights: Rights) -> Table | Refusal | None:
    for table, columns in reads(statement):
        if table not in rights:
            return Refusal(229, f"The SELECT permission was denied on the object '{table}'.")
        beyond = columns - rights[table]
        if beyond:
            return Refusal(230, f"The SELECT permission was denied on the column '{min(beyond)}'.")
    return None
