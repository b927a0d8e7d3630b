"""What the BizTalk management database says of its group, the SSO server that it uses above all."""

from datetime import datetime
from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class BizTalkGroupRow(Part):
    """One row of `adm_Group`, whose column names these are. `DateModified` is UTC."""

    Name: str
    SSOServerName: str
    SubscriptionDBServerName: str | None
    SubscriptionDBName: str | None
    BizTalkAdminGroup: str | None
    BizTalkOperatorGroup: str | None
    DateModified: datetime | None


class BizTalkGroup(SqlFact):
    """The BizTalk group: one row is expected, two are read to see that there is no second.

    Source: table `adm_Group` of the BizTalk management database; needs SELECT on the columns named.
    """

    topic: ClassVar[str] = "biztalk_group"
    scope: ClassVar[Scope] = Scope.BIZTALK_DATABASE
    source: ClassVar[str] = "table `adm_Group`"
    privilege: ClassVar[str] = "SELECT on the columns named"
    unseen: ClassVar[str] = "other BizTalk groups"
    maximum_rows: ClassVar[int] = 2

    rows: tuple[BizTalkGroupRow, ...]
