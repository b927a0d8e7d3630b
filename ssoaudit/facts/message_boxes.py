"""Where the MessageBox databases of the BizTalk group are."""

from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class MessageBoxRow(Part):
    """A MessageBox database: its SQL Server as BizTalk connects to it, and its name."""

    Id: int
    DBServerName: str
    DBName: str
    IsMasterMsgBox: int | None
    ConfigurationState: int | None


class MessageBoxes(SqlFact):
    """The MessageBox databases of the BizTalk group.

    Source: table `adm_MessageBox` of the BizTalk management database, at most 100 rows; needs SELECT on the columns
    named, which no role of BizTalk's own has.
    """

    topic: ClassVar[str] = "message_boxes"
    scope: ClassVar[Scope] = Scope.BIZTALK_DATABASE
    source: ClassVar[str] = "table `adm_MessageBox`"
    privilege: ClassVar[str] = "SELECT on the columns named, which no role of BizTalk's own has"
    unseen: ClassVar[str] = "whether the databases can be reached"
    maximum_rows: ClassVar[int] = 100

    rows: tuple[MessageBoxRow, ...]
