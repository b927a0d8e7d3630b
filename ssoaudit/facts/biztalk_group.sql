SELECT TOP (2)
    Name, SSOServerName, SubscriptionDBServerName, SubscriptionDBName, BizTalkAdminGroup, BizTalkOperatorGroup,
    DateModified
FROM dbo.adm_Group
