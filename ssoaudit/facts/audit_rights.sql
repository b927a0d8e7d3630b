SELECT
    IS_SRVROLEMEMBER(N'sysadmin') AS is_sysadmin,
    IS_SRVROLEMEMBER(N'securityadmin') AS is_securityadmin,
    IS_MEMBER(N'db_owner') AS is_db_owner,
    IS_MEMBER(N'db_securityadmin') AS is_db_securityadmin,
    IS_MEMBER(N'db_datareader') AS is_db_datareader,
    IS_MEMBER(N'db_datawriter') AS is_db_datawriter,
    IS_MEMBER(N'db_ddladmin') AS is_db_ddladmin,
    IS_MEMBER(N'db_backupoperator') AS is_db_backupoperator,
    IS_MEMBER(N'BTS_BACKUP_USERS') AS is_bts_backup_user,
    HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'CONTROL') AS controls_database,
    HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'EXECUTE') AS executes_procedures,
    HAS_PERMS_BY_NAME(N'dbo.SSOX_ExternalCredentials', N'OBJECT', N'SELECT', N'ec_password_with_sync', N'COLUMN')
        AS reads_ec_password_with_sync,
    HAS_PERMS_BY_NAME(N'dbo.SSOX_ExternalCredentials', N'OBJECT', N'SELECT', N'ec_password_no_sync', N'COLUMN')
        AS reads_ec_password_no_sync,
    HAS_PERMS_BY_NAME(N'dbo.SSOX_WindowsPassword', N'OBJECT', N'SELECT', N'wp_password', N'COLUMN')
        AS reads_wp_password,
    HAS_PERMS_BY_NAME(N'dbo.SSOX_GlobalInfo', N'OBJECT', N'INSERT') AS inserts_global_info,
    HAS_PERMS_BY_NAME(N'dbo.SSOX_GlobalInfo', N'OBJECT', N'UPDATE') AS updates_global_info,
    HAS_PERMS_BY_NAME(N'dbo.SSOX_GlobalInfo', N'OBJECT', N'DELETE') AS deletes_global_info,
    HAS_PERMS_BY_NAME(N'dbo.SSOX_ExternalCredentials', N'OBJECT', N'INSERT') AS inserts_external_credentials,
    HAS_PERMS_BY_NAME(N'dbo.SSOX_ExternalCredentials', N'OBJECT', N'UPDATE') AS updates_external_credentials,
    HAS_PERMS_BY_NAME(N'dbo.SSOX_ExternalCredentials', N'OBJECT', N'DELETE') AS deletes_external_credentials,
    HAS_PERMS_BY_NAME(N'dbo.SSOX_WindowsPassword', N'OBJECT', N'INSERT') AS inserts_windows_password,
    HAS_PERMS_BY_NAME(N'dbo.SSOX_WindowsPassword', N'OBJECT', N'UPDATE') AS updates_windows_password,
    HAS_PERMS_BY_NAME(N'dbo.SSOX_WindowsPassword', N'OBJECT', N'DELETE') AS deletes_windows_password
