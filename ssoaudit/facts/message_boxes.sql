SELECT TOP (101)
    Id, DBServerName, DBName, IsMasterMsgBox, ConfigurationState
FROM dbo.adm_MessageBox
ORDER BY Id
