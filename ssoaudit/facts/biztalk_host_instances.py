"""The host instances of the BizTalk group."""

from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact

INSTALLED = 1


class BizTalkHostInstanceRow(Part):
    """An instance of a mapping (`BizTalkHostMappings`).

    `ConfigurationState` is 1 for installed, 5 for not installed; 2, 3 and 4 are a failed installation, removal and
    update. `DisableHostInstance` is other than 0 where it is kept from starting.
    """

    Id: int
    Svr2HostMappingId: int
    Name: str | None
    DisableHostInstance: int | None
    ConfigurationState: int | None


class BizTalkHostInstances(SqlFact):
    """The instances of hosts on servers. The accounts that they run as are not read.

    Source: table `adm_HostInstance` of the BizTalk management database, at most 10 000 rows; needs SELECT on the
    columns named, which no role of BizTalk's own has.
    """

    topic: ClassVar[str] = "biztalk_host_instances"
    scope: ClassVar[Scope] = Scope.BIZTALK_DATABASE
    source: ClassVar[str] = "table `adm_HostInstance`"
    privilege: ClassVar[str] = "SELECT on the columns named, which no role of BizTalk's own has"
    unseen: ClassVar[str] = "the accounts of the instances, and whether they run"
    maximum_rows: ClassVar[int] = 10_000

    rows: tuple[BizTalkHostInstanceRow, ...]
