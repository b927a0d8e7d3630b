SELECT
    DB_NAME() AS database_name,
    SUSER_SNAME() AS login_name,
    GETDATE() AS local_time,
    GETUTCDATE() AS utc_time,
    CONVERT(nvarchar(20), DATABASEPROPERTYEX(DB_NAME(), N'Updateability')) AS updateability,
    CONVERT(nvarchar(40), CONNECTIONPROPERTY(N'net_transport')) AS transport,
    CONVERT(nvarchar(40), CONNECTIONPROPERTY(N'auth_scheme')) AS authentication
