"""Which servers belong to the BizTalk group."""

from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class BizTalkServerRow(Part):
    """A server by its NetBIOS name."""

    Id: int
    Name: str


class BizTalkServers(SqlFact):
    """The servers of the BizTalk group.

    Source: table `adm_Server` of the BizTalk management database, at most 1000 rows; needs SELECT on the columns named.
    """

    topic: ClassVar[str] = "biztalk_servers"
    scope: ClassVar[Scope] = Scope.BIZTALK_DATABASE
    source: ClassVar[str] = "table `adm_Server`"
    privilege: ClassVar[str] = "SELECT on the columns named"
    unseen: ClassVar[str] = "whether the servers still exist"
    maximum_rows: ClassVar[int] = 1000

    rows: tuple[BizTalkServerRow, ...]
