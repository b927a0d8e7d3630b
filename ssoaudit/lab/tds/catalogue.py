"""The statements that a SQL Server of the lab knows, with their answers ready to be sent."""

import re
from dataclasses import dataclass

from ssoaudit.lab.tds import tokens
from ssoaudit.lab.tds.answers import Answers, Refusal, Table, folded
from ssoaudit.lab.tds.datatypes import datatypes

UNKNOWN_STATEMENT = Refusal(208, "The lab's SQL Server has no answer to this statement.", severity=16)

_SETTING = re.compile(
    r"(?:SET (?:LOCK_TIMEOUT \d{1,9}|DEADLOCK_PRIORITY LOW|TEXTSIZE \d{1,10}|ROWCOUNT 0|IMPLICIT_TRANSACTIONS OFF"
    r"|TRANSACTION ISOLATION LEVEL (?:READ (?:UN)?COMMITTED|REPEATABLE READ|SERIALIZABLE|SNAPSHOT)"
    r"|(?:QUOTED_IDENTIFIER|NOCOUNT|CURSOR_CLOSE_ON_COMMIT|ARITHABORT|CONCAT_NULL_YIELDS_NULL"
    r"|ANSI_(?:NULLS|NULL_DFLT_ON|PADDING|WARNINGS|DEFAULTS)) (?:ON|OFF))(?: ?; ?| |$))+",
    re.IGNORECASE,
)
_DATATYPES = re.compile(r"(?:EXEC )?(?:\[sys\]\.)?sp_datatype_info(?:_90|_100)? (-?\d{1,4})(?: ?, ?\d)?", re.IGNORECASE)


@dataclass(frozen=True)
class Result:
    """The tokens of a result set and the number of its rows; None where a statement gives no result set."""

    tokens: bytes = b""
    rows: int | None = None


class Catalogue:
    """Looks statements up. Every value is encoded when the catalogue is made, so one that does not fit shows then."""

    def __init__(self, answers: Answers) -> None:
        self._outcomes = {
            folded(statement): answer if isinstance(answer, Refusal) else _encoded(answer)
            for statement, answer in answers.items()
        }

    def outcome(self, statement: str) -> Result | Refusal:
        """What the statement gives; settings of the session are accepted, everything not known is refused."""
        words = folded(statement)
        if words in self._outcomes:
            return self._outcomes[words]
        if _SETTING.fullmatch(words):
            return Result()
        if asked := _DATATYPES.fullmatch(words):
            return _encoded(datatypes(int(asked[1])))
        return UNKNOWN_STATEMENT


def _encoded(table: Table) -> Result:
    kinds = [column.type for column in table.columns]
    head = tokens.column_metadata([(column.name, column.type) for column in table.columns])
    return Result(head + b"".join(tokens.row(kinds, row) for row in table.rows), len(table.rows))
