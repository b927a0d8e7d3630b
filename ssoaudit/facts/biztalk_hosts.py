"""The hosts of the BizTalk group, and which of them are clustered."""

from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact

IN_PROCESS, ISOLATED = 1, 2


class BizTalkHostRow(Part):
    """A host. `HostType` is 1 for in-process, 2 for isolated; `ClusterResourceGroupName` is empty if not clustered."""

    Id: int
    Name: str
    HostType: int
    ClusterResourceGroupName: str | None
    NTGroupName: str | None


class BizTalkHosts(SqlFact):
    """The hosts of the BizTalk group. The accounts that they run as are not read.

    Source: table `adm_Host` of the BizTalk management database, at most 1000 rows; needs SELECT on the columns named.
    """

    topic: ClassVar[str] = "biztalk_hosts"
    scope: ClassVar[Scope] = Scope.BIZTALK_DATABASE
    source: ClassVar[str] = "table `adm_Host`"
    privilege: ClassVar[str] = "SELECT on the columns named"
    unseen: ClassVar[str] = "the accounts that the hosts run as"
    maximum_rows: ClassVar[int] = 1000

    rows: tuple[BizTalkHostRow, ...]
