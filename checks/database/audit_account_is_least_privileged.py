"""The login that audits must be able to read what is audited, and nothing else."""

from ssoaudit.facts import AuditRights, SqlSession
from ssoaudit.plugin import (
    Grade,
    Inventory,
    Missing,
    Outcome,
    Profile,
    Row,
    Severity,
    Stage,
    Step,
    Target,
    check,
    cmd,
    failed,
    not_applicable,
    not_verified,
    passed,
    tsql,
)

SOURCE = "IS_SRVROLEMEMBER, IS_MEMBER, HAS_PERMS_BY_NAME"
ROLES = {
    "is_sysadmin": "is sysadmin",
    "is_securityadmin": "is securityadmin",
    "is_db_owner": "is db_owner",
    "is_db_securityadmin": "is db_securityadmin",
    "is_db_datareader": "is db_datareader",
    "is_db_datawriter": "is db_datawriter",
    "is_db_ddladmin": "is db_ddladmin",
    "is_db_backupoperator": "is db_backupoperator",
    "controls_database": "controls the database",
    "executes_procedures": "executes its procedures",
}
OBJECTS = {
    "is_bts_backup_user": "is in BTS_BACKUP_USERS",
    "reads_ec_password_with_sync": "reads ec_password_with_sync",
    "reads_ec_password_no_sync": "reads ec_password_no_sync",
    "reads_wp_password": "reads wp_password",
    "inserts_global_info": "inserts into SSOX_GlobalInfo",
    "updates_global_info": "updates SSOX_GlobalInfo",
    "deletes_global_info": "deletes from SSOX_GlobalInfo",
    "inserts_external_credentials": "inserts into SSOX_ExternalCredentials",
    "updates_external_credentials": "updates SSOX_ExternalCredentials",
    "deletes_external_credentials": "deletes from SSOX_ExternalCredentials",
    "inserts_windows_password": "inserts into SSOX_WindowsPassword",
    "updates_windows_password": "updates SSOX_WindowsPassword",
    "deletes_windows_password": "deletes from SSOX_WindowsPassword",
}


@check(
    title="The audit account is least privileged",
    each=Target.DATABASE,
    severity=Severity.LOW,
    profiles=(Profile.COMPLIANCE,),
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    references=(
        "https://learn.microsoft.com/biztalk/core/sso-security-recommendations",
        "https://learn.microsoft.com/sql/t-sql/functions/has-perms-by-name-transact-sql",
        "https://learn.microsoft.com/sql/relational-databases/security/authentication-access/database-level-roles",
    ),
)
def audit_account_is_least_privileged(
    rights: AuditRights | Missing, session: SqlSession | Missing, inventory: Inventory
) -> Outcome:
    """Only the rights of the login keep a reader from more than reading: whoever learns its password, or takes over the
    auditing host, has them. With db_datareader it reads the encrypted passwords, as a member of SSO Administrators it
    is db_owner, and who may back the database up can carry it away. What it may do to other tables by a right of their
    own, in msdb, in the BizTalk databases, on the servers and on another replica, this check does not see."""
    if isinstance(rights, Missing):
        if inventory.change == "new" and inventory.stage is Stage.PLANNED:
            return not_applicable("SSODB is still to be made, says the inventory (change: new)")
        return not_verified(f"What the audit login may do is not known: {rights.message}", hint=rights.hint)
    login = (None if isinstance(session, Missing) else session.rows[0].login_name) or "the audit login"
    values: dict[str, int | None] = rights.rows[0].model_dump()
    evidence = tuple(
        Row(login, f"not: {phrase}", _told(values[name]), SOURCE) for name, phrase in {**ROLES, **OBJECTS}.items()
    )
    excess = [phrase for name, phrase in {**ROLES, **OBJECTS}.items() if values[name]]
    if excess:
        return _failed(login, ", ".join(excess), evidence)
    unknown = [phrase for name, phrase in ROLES.items() if values[name] is None]
    if unknown:
        return not_verified(
            f"SQL Server does not say whether {login} {', '.join(unknown)}",
            hint="Have a database administrator look at the roles of the login.",
            evidence=evidence,
        )
    return passed(
        f"{login} has none of the roles that read or change SSODB, and no right to its encrypted columns or to change "
        "the tables that hold its settings and credentials",
        evidence=evidence,
    )


def _told(value: int | None) -> str:
    if value is None:
        return "not known to SQL Server, or hidden from the login"
    return "yes" if value else "no"


def _failed(login: str, excess: str, evidence: tuple[Row, ...]) -> Outcome:
    return failed(
        f"{login} may do more in SSODB than to read what is audited: {excess}",
        why="Who gets hold of the audit login gets hold of encrypted credentials, or can change Enterprise SSO.",
        expected="SELECT on the columns that are read",
        observed=excess,
        evidence=evidence,
        fix=(
            Step(
                "Find out through which groups the login has these rights. For a Windows account:",
                on="the SQL Server that holds SSODB",
                impact="none",
                command=tsql("EXEC xp_logininfo {login}, N'all'", login=login),
            ),
            Step(
                "Audit with an account that is in none of them, and neither in SSO Administrators nor in the local "
                "Administrators of SQL Server; or take this one out of the roles named."
            ),
            Step(
                "Print what it needs instead, and have a database administrator run it.",
                on="the auditing host",
                impact="none",
                command=cmd("ssoaudit sql-grants --login {login} --database ssodb", login=login),
            ),
        ),
    )
