"""When, from where and through which server the global settings of Enterprise SSO were last changed."""

from datetime import datetime
from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.guid import guid
from ssoaudit.facts.sql_fact import SqlFact


class GlobalInfoChangeRow(Part):
    """The newest change of one thing from one machine through another.

    The audit id of what was changed, when, the machine that asked, and the one that carried it out.
    """

    at_audit_id: str
    newest: datetime
    at_client_machine: str | None
    at_server_machine: str | None


class GlobalInfoChange(SqlFact):
    """The last change of the global settings. Who made it is not read.

    Source: table `SSOX_AuditTable` of SSODB, the rows of type 1 (last change) about `SSOX_GlobalInfo`, summed up by
    the server, at most 1000; needs SELECT on the columns named, and on `at_audit_type` and `at_source_table`.
    """

    topic: ClassVar[str] = "global_info_change"
    scope: ClassVar[Scope] = Scope.SSODB
    source: ClassVar[str] = "the rows of table `SSOX_AuditTable` about `SSOX_GlobalInfo`"
    privilege: ClassVar[str] = "SELECT on the columns named"
    unseen: ClassVar[str] = "who made the change, and every change but the last"
    maximum_rows: ClassVar[int] = 1000

    rows: tuple[GlobalInfoChangeRow, ...]

    def of(self, audit_id: str) -> GlobalInfoChangeRow | None:
        """The newest change of the row of `SSOX_GlobalInfo` with that `gi_audit_id`; None if there is none."""
        wanted = guid(audit_id)
        changes = [row for row in self.rows if guid(row.at_audit_id) == wanted]
        return max(changes, key=lambda row: row.newest, default=None)
