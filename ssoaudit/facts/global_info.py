"""What SSODB says of itself: the master secret server, the groups, the switches."""

from datetime import datetime
from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact

NOT_CONFIGURED = "-----"


class GlobalInfoRow(Part):
    """One row of `SSOX_GlobalInfo`. Group columns may hold several accounts, separated by semicolons."""

    gi_install_timestamp: datetime
    gi_update_timestamp: datetime
    gi_flags: int
    gi_audit_app_delete_max: int
    gi_audit_mapping_delete_max: int
    gi_audit_ntp_lookup_max: int
    gi_audit_xp_lookup_max: int
    gi_ticket_timeout: int
    gi_cred_cache_timeout: int
    gi_SecretServer: str  # noqa: N815 - the column's own name
    gi_SSOAdminGroup: str  # noqa: N815
    gi_AffiliateAppMgrGroup: str  # noqa: N815
    gi_audit_id: str


class GlobalInfo(SqlFact):
    """The global settings of Enterprise SSO: one row is expected, two are read to see that there is no second.

    Source: table `SSOX_GlobalInfo` of SSODB; needs SELECT on it. No column is secret.
    See https://learn.microsoft.com/biztalk/core/how-to-display-the-sso-database-information.
    """

    topic: ClassVar[str] = "global_info"
    scope: ClassVar[Scope] = Scope.SSODB
    source: ClassVar[str] = "table `SSOX_GlobalInfo`"
    privilege: ClassVar[str] = "SELECT on its columns"
    unseen: ClassVar[str] = "when a setting reached each server"
    maximum_rows: ClassVar[int] = 2

    rows: tuple[GlobalInfoRow, ...]
