SELECT TOP (1001)
    srv_server_name, srv_expire_timestamp, GETDATE() AS local_time
FROM dbo.SSOX_Servers
ORDER BY srv_server_name
