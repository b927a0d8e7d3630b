SELECT
    OBJECT_ID(N'dbo.SSOX_GlobalInfo', N'U') AS global_info_table,
    OBJECT_ID(N'dbo.SSOX_AuditTable', N'U') AS audit_table,
    OBJECT_ID(N'dbo.SSOX_Servers', N'U') AS servers_table
