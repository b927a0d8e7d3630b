SELECT TOP (5001)
    database_name, server_name, type, is_copy_only,
    MAX(backup_start_date) AS newest_start, MAX(backup_finish_date) AS newest_finish, GETDATE() AS local_time,
    CONVERT(nvarchar(128), SERVERPROPERTY(N'ServerName')) AS asked_server
FROM dbo.backupset
GROUP BY database_name, server_name, type, is_copy_only
ORDER BY database_name, server_name, type, is_copy_only
