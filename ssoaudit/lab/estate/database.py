"""What SSODB answers, and msdb beside it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ssoaudit.facts.audit_rights import AuditRights, AuditRightsRow
from ssoaudit.facts.availability_group import AvailabilityGroup, AvailabilityGroupRow
from ssoaudit.facts.database_properties import DatabaseProperties, DatabasePropertiesRow
from ssoaudit.facts.external_credential_secrets import ExternalCredentialSecretRow, ExternalCredentialSecrets
from ssoaudit.facts.global_info import GlobalInfo, GlobalInfoRow
from ssoaudit.facts.global_info_change import GlobalInfoChange, GlobalInfoChangeRow
from ssoaudit.facts.schema_version import SchemaVersion, SchemaVersionRow
from ssoaudit.facts.sql_fact import SqlFact
from ssoaudit.facts.sql_server import SqlServer, SqlServerRow
from ssoaudit.facts.sql_session import SqlSession, SqlSessionRow
from ssoaudit.facts.sso_servers import SsoServerRow, SsoServers
from ssoaudit.facts.ssodb_backups import SsodbBackupRow, SsodbBackups
from ssoaudit.facts.windows_password_secrets import WindowsPasswordSecrets
from ssoaudit.lab.estate.names import (
    ADMINISTRATORS,
    AFFILIATES,
    BIZTALK,
    CLOCK,
    DATABASE,
    NETWORK_NAME,
    SECRETS,
    SQL,
    SQL_NODE,
)

AUDIT_ID = "6F9619FF-8B86-D011-B42D-00C04FC964FF"


def database(
    secret_server: str = NETWORK_NAME,
    servers: Sequence[str] = (NETWORK_NAME, *BIZTALK),
    *,
    changed_on: str = BIZTALK[0],
    physical_node: str = SQL_NODE,
) -> dict[str, SqlFact]:
    """A configured SSODB on a clustered SQL Server, re-encrypted, backed up last night, with no Windows password.

    `servers` have registered, `changed_on` is where its settings were last changed.
    """
    local, utc = CLOCK.replace(tzinfo=None), CLOCK.replace(tzinfo=None)
    secret = SECRETS[0].strip("{}").upper()
    nobody = "00000000-0000-0000-0000-000000000000"
    oldest, newest = datetime(2024, 3, 4, 9, 0, 0), datetime(2026, 11, 19, 17, 30, 12, 100000)  # noqa: DTZ001 - as SQL
    facts = (
        SqlServer(
            rows=(
                SqlServerRow(
                    product_version="15.0.4415.2",
                    edition="Enterprise Edition (64-bit)",
                    engine_edition=3,
                    is_clustered=1,
                    is_hadr_enabled=0,
                    machine_name=SQL,
                    physical_node=physical_node,
                    instance_name=None,
                    server_name=SQL,
                ),
            )
        ),
        SqlSession(
            rows=(
                SqlSessionRow(
                    database_name=DATABASE,
                    login_name="ssoaudit",
                    local_time=local,
                    utc_time=utc,
                    updateability="READ_WRITE",
                    transport="TCP",
                    authentication="SQL",
                ),
            )
        ),
        GlobalInfo(
            rows=(
                GlobalInfoRow(
                    gi_install_timestamp=oldest,
                    gi_update_timestamp=newest,
                    gi_flags=0x46,
                    gi_audit_app_delete_max=1000,
                    gi_audit_mapping_delete_max=1000,
                    gi_audit_ntp_lookup_max=1000,
                    gi_audit_xp_lookup_max=1000,
                    gi_ticket_timeout=2,
                    gi_cred_cache_timeout=60,
                    gi_SecretServer=secret_server,
                    gi_SSOAdminGroup=ADMINISTRATORS,
                    gi_AffiliateAppMgrGroup=AFFILIATES,
                    gi_audit_id=AUDIT_ID,
                ),
            )
        ),
        ExternalCredentialSecrets(
            rows=(
                ExternalCredentialSecretRow(
                    ec_pws_msid=nobody, ec_pns_msid=secret, number=45, oldest=oldest, newest=newest
                ),
            )
        ),
        WindowsPasswordSecrets(rows=()),
        GlobalInfoChange(
            rows=(
                GlobalInfoChangeRow(
                    at_audit_id=AUDIT_ID,
                    newest=newest,
                    at_client_machine=changed_on,
                    at_server_machine=secret_server,
                ),
            )
        ),
        _sso_servers(local, servers),
        _properties(),
        AvailabilityGroup(rows=(AvailabilityGroupRow(group_database_id=None, replica_id=None),)),
        _rights(),
        SchemaVersion(
            rows=(
                SchemaVersionRow(
                    global_info_table=245575913,
                    audit_table=261575970,
                    servers_table=1333579789,
                ),
            )
        ),
        _backups(local),
    )
    return {fact.topic: fact for fact in facts}


def _sso_servers(now: datetime, servers: Sequence[str]) -> SsoServers:
    """The servers in use, the first one seen yesterday, and one that was taken out of service last year."""
    registered = {**dict.fromkeys(servers, 8), servers[0]: 9, "BTSOLD01": -300}
    return SsoServers(
        rows=tuple(
            SsoServerRow(
                srv_server_name=f"{name.lower()}.contoso.com",
                srv_expire_timestamp=now + timedelta(days=days),
                local_time=now,
            )
            for name, days in sorted(registered.items())
        )
    )


def _properties() -> DatabaseProperties:
    return DatabaseProperties(
        rows=(
            DatabasePropertiesRow(
                database_name=DATABASE,
                state_desc="ONLINE",
                recovery_model_desc="FULL",
                user_access_desc="MULTI_USER",
                is_read_only=False,
                compatibility_level=150,
                collation_name="Latin1_General_CI_AS",
                updateability="READ_WRITE",
            ),
        )
    )


def _rights() -> AuditRights:
    return AuditRights(
        rows=(
            AuditRightsRow(
                is_sysadmin=0,
                is_securityadmin=0,
                is_db_owner=0,
                is_db_securityadmin=0,
                is_db_datareader=0,
                is_db_datawriter=0,
                is_db_ddladmin=0,
                is_db_backupoperator=0,
                is_bts_backup_user=0,
                controls_database=0,
                executes_procedures=0,
                reads_ec_password_with_sync=0,
                reads_ec_password_no_sync=0,
                reads_wp_password=0,
                inserts_global_info=0,
                updates_global_info=0,
                deletes_global_info=0,
                inserts_external_credentials=0,
                updates_external_credentials=0,
                deletes_external_credentials=0,
                inserts_windows_password=0,
                updates_windows_password=0,
                deletes_windows_password=0,
            ),
        )
    )


def _backups(now: datetime) -> SsodbBackups:
    """A complete backup of last night, and the log a quarter of an hour ago."""
    kinds = {"D": timedelta(hours=6), "L": timedelta(minutes=15)}
    return SsodbBackups(
        rows=tuple(
            SsodbBackupRow(
                database_name=DATABASE,
                server_name=SQL,
                type=kind,
                is_copy_only=False,
                newest_start=now - ago,
                newest_finish=now - ago + timedelta(seconds=20),
                local_time=now,
                asked_server=SQL,
            )
            for kind, ago in kinds.items()
        )
    )
