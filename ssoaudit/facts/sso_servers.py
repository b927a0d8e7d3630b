"""Which SSO servers registered themselves in SSODB."""

from datetime import datetime
from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class SsoServerRow(Part):
    """A server's name, long and in lower case; when its registration ends; and what time it was when it was read."""

    srv_server_name: str
    srv_expire_timestamp: datetime
    local_time: datetime

    @property
    def is_current(self) -> bool:
        """Whether the server registered within the last ten days. Older rows stay until another registers."""
        return self.srv_expire_timestamp > self.local_time


class SsoServers(SqlFact):
    """The servers that run ENTSSO with this SSODB: each registers itself, and its row lasts ten days.

    Source: table `SSOX_Servers` of SSODB, at most 1000 rows; needs SELECT on `srv_server_name` and
    `srv_expire_timestamp`.
    """

    topic: ClassVar[str] = "sso_servers"
    scope: ClassVar[Scope] = Scope.SSODB
    source: ClassVar[str] = "table `SSOX_Servers`"
    privilege: ClassVar[str] = "SELECT on `srv_server_name` and `srv_expire_timestamp`"
    unseen: ClassVar[str] = "servers that have not registered within ten days"
    maximum_rows: ClassVar[int] = 1000

    rows: tuple[SsoServerRow, ...]

    @property
    def current(self) -> tuple[str, ...]:
        """The servers whose registration has not ended."""
        return tuple(row.srv_server_name for row in self.rows if row.is_current)
