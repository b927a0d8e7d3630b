SELECT
    CONVERT(nvarchar(128), SERVERPROPERTY(N'ProductVersion')) AS product_version,
    CONVERT(nvarchar(128), SERVERPROPERTY(N'Edition')) AS edition,
    CONVERT(int, SERVERPROPERTY(N'EngineEdition')) AS engine_edition,
    CONVERT(int, SERVERPROPERTY(N'IsClustered')) AS is_clustered,
    CONVERT(int, SERVERPROPERTY(N'IsHadrEnabled')) AS is_hadr_enabled,
    CONVERT(nvarchar(128), SERVERPROPERTY(N'MachineName')) AS machine_name,
    CONVERT(nvarchar(128), SERVERPROPERTY(N'ComputerNamePhysicalNetBIOS')) AS physical_node,
    CONVERT(nvarchar(128), SERVERPROPERTY(N'InstanceName')) AS instance_name,
    CONVERT(nvarchar(128), SERVERPROPERTY(N'ServerName')) AS server_name
