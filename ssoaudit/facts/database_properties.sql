SELECT
    name AS database_name, state_desc, recovery_model_desc, user_access_desc, is_read_only, compatibility_level,
    collation_name,
    CONVERT(nvarchar(20), DATABASEPROPERTYEX(DB_NAME(), N'Updateability')) AS updateability
FROM sys.databases
WHERE name = DB_NAME()
