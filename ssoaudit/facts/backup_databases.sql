SELECT TOP (1001)
    ServerName, DatabaseName
FROM dbo.admv_BackupDatabases
ORDER BY ServerName, DatabaseName
