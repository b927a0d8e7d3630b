"""What a topic read from SQL Server is made of."""

from typing import ClassVar

from ssoaudit.facts.fact import Fact


class SqlFact(Fact):
    """The rows that one SELECT gave; the statement stands beside the model, in `<topic>.sql`.

    The fields of `rows` are the statement's column names, in its order. A statement that may give many rows asks
    for one more than `maximum_rows`: with that one the reading is refused as too large. Times are the SQL Server's
    local time, without a zone; ids are upper-case GUIDs.
    """

    maximum_rows: ClassVar[int]
