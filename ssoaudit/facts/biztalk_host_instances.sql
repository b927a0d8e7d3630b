SELECT TOP (10001)
    Id, Svr2HostMappingId, Name, DisableHostInstance, ConfigurationState
FROM dbo.adm_HostInstance
ORDER BY Id
