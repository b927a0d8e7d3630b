SELECT
    group_database_id, replica_id
FROM sys.databases
WHERE name = DB_NAME()
