"""The readable columns: the one list behind the statements, their guard and the GRANT script."""

from enum import Enum


class Database(str, Enum):
    """A database that is read, by the name that the command line has for it."""

    SSODB = "ssodb"
    BIZTALK = "biztalk"
    MSDB = "msdb"


COLUMNS: dict[Database, dict[str, tuple[str, ...]]] = {
    Database.SSODB: {
        "SSOX_GlobalInfo": (
            "gi_install_timestamp",
            "gi_update_timestamp",
            "gi_flags",
            "gi_audit_app_delete_max",
            "gi_audit_mapping_delete_max",
            "gi_audit_ntp_lookup_max",
            "gi_audit_xp_lookup_max",
            "gi_ticket_timeout",
            "gi_cred_cache_timeout",
            "gi_SecretServer",
            "gi_SSOAdminGroup",
            "gi_AffiliateAppMgrGroup",
            "gi_audit_id",
        ),
        "SSOX_ExternalCredentials": ("ec_pws_msid", "ec_pns_msid", "ec_timestamp"),
        "SSOX_WindowsPassword": ("wp_msid", "wp_timestamp"),
        "SSOX_Servers": ("srv_server_name", "srv_expire_timestamp"),
        "SSOX_AuditTable": (
            "at_audit_id",
            "at_audit_type",
            "at_timestamp",
            "at_source_table",
            "at_client_machine",
            "at_server_machine",
        ),
    },
    Database.BIZTALK: {
        "adm_Group": (
            "Name",
            "SSOServerName",
            "SubscriptionDBServerName",
            "SubscriptionDBName",
            "BizTalkAdminGroup",
            "BizTalkOperatorGroup",
            "DateModified",
        ),
        "adm_Server": ("Id", "Name"),
        "adm_Host": ("Id", "Name", "HostType", "ClusterResourceGroupName", "NTGroupName"),
        "adm_Server2HostMapping": ("Id", "ServerId", "HostId", "IsMapped"),
        "adm_HostInstance": ("Id", "Svr2HostMappingId", "Name", "DisableHostInstance", "ConfigurationState"),
        "adm_MessageBox": ("Id", "DBServerName", "DBName", "IsMasterMsgBox", "ConfigurationState"),
        "admv_BackupDatabases": ("ServerName", "DatabaseName"),
        "adm_OtherBackupDatabases": ("DefaultDatabaseName", "DatabaseName", "ServerName"),
        "adm_BackupHistory": ("DatabaseName", "ServerName", "BackupType", "SetComplete", "BackupDateTime"),
    },
    Database.MSDB: {
        "backupset": (
            "database_name",
            "server_name",
            "type",
            "is_copy_only",
            "backup_start_date",
            "backup_finish_date",
        ),
    },
}
"""Database → table or view (schema dbo) → the columns that may be read. No encrypted column is among them."""

OWN_ROW: tuple[str, ...] = (
    "name",
    "state_desc",
    "recovery_model_desc",
    "user_access_desc",
    "is_read_only",
    "compatibility_level",
    "collation_name",
    "group_database_id",
    "replica_id",
)
"""The columns of `sys.databases` that may be read, in the connected database's own row, which all its users see."""
