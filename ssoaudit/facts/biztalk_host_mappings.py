"""Which host is mapped to which server of the BizTalk group."""

from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class BizTalkHostMappingRow(Part):
    """A pair of a server (`BizTalkServers`) and a host (`BizTalkHosts`) by their ids. `IsMapped` is 0 where not."""

    Id: int
    ServerId: int
    HostId: int
    IsMapped: int | None


class BizTalkHostMappings(SqlFact):
    """The mappings of hosts to servers.

    Source: table `adm_Server2HostMapping` of the BizTalk management database, at most 10 000 rows; needs SELECT on the
    columns named, which no role of BizTalk's own has.
    """

    topic: ClassVar[str] = "biztalk_host_mappings"
    scope: ClassVar[Scope] = Scope.BIZTALK_DATABASE
    source: ClassVar[str] = "table `adm_Server2HostMapping`"
    privilege: ClassVar[str] = "SELECT on the columns named, which no role of BizTalk's own has"
    unseen: ClassVar[str] = "whether the servers still exist"
    maximum_rows: ClassVar[int] = 10_000

    rows: tuple[BizTalkHostMappingRow, ...]
