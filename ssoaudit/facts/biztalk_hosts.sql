SELECT TOP (1001)
    Id, Name, HostType, ClusterResourceGroupName, NTGroupName
FROM dbo.adm_Host
ORDER BY Id
