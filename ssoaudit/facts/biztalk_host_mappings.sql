SELECT TOP (10001)
    Id, ServerId, HostId, IsMapped
FROM dbo.adm_Server2HostMapping
ORDER BY Id
