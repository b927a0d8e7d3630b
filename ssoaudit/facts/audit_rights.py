"""What the auditor's login could do in SSODB beyond reading what is audited."""

from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class AuditRightsRow(Part):
    """Roles and rights: 1 for one that the login has, 0 for one that it has not.

    None where SQL Server knows no such role, table or column, or hides it from the login, which has no right to it.
    """

    is_sysadmin: int | None
    is_securityadmin: int | None
    is_db_owner: int | None
    is_db_securityadmin: int | None
    is_db_datareader: int | None
    is_db_datawriter: int | None
    is_db_ddladmin: int | None
    is_db_backupoperator: int | None
    is_bts_backup_user: int | None
    controls_database: int | None
    executes_procedures: int | None
    reads_ec_password_with_sync: int | None
    reads_ec_password_no_sync: int | None
    reads_wp_password: int | None
    inserts_global_info: int | None
    updates_global_info: int | None
    deletes_global_info: int | None
    inserts_external_credentials: int | None
    updates_external_credentials: int | None
    deletes_external_credentials: int | None
    inserts_windows_password: int | None
    updates_windows_password: int | None
    deletes_windows_password: int | None


class AuditRights(SqlFact):
    """The rights of the login that audits which reading does not take: one row.

    Source: `HAS_PERMS_BY_NAME`, `IS_SRVROLEMEMBER` and `IS_MEMBER`, which answer any login about itself. The encrypted
    columns are asked for by name; none of them is read.
    """

    topic: ClassVar[str] = "audit_rights"
    scope: ClassVar[Scope] = Scope.SSODB
    source: ClassVar[str] = "`HAS_PERMS_BY_NAME`, `IS_SRVROLEMEMBER` and `IS_MEMBER`"
    privilege: ClassVar[str] = "none but to connect"
    unseen: ClassVar[str] = "rights that the login could take, and those that other logins have"
    maximum_rows: ClassVar[int] = 1

    rows: tuple[AuditRightsRow, ...]
