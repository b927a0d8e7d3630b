SELECT TOP (1001)
    DefaultDatabaseName, DatabaseName, ServerName
FROM dbo.adm_OtherBackupDatabases
ORDER BY ServerName, DatabaseName
