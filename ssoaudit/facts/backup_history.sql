SELECT TOP (5001)
    DatabaseName, ServerName, BackupType, SetComplete, MAX(BackupDateTime) AS newest, GETDATE() AS local_time,
    GETUTCDATE() AS utc_time
FROM dbo.adm_BackupHistory
GROUP BY DatabaseName, ServerName, BackupType, SetComplete
ORDER BY DatabaseName, ServerName, BackupType, SetComplete
