SELECT TOP (1001)
    Id, Name
FROM dbo.adm_Server
ORDER BY Id
