SELECT TOP (1001)
    at_audit_id, MAX(at_timestamp) AS newest, at_client_machine, at_server_machine
FROM dbo.SSOX_AuditTable
WHERE at_source_table = N'SSOX_GlobalInfo' AND at_audit_type = 1
GROUP BY at_audit_id, at_client_machine, at_server_machine
ORDER BY at_audit_id, at_client_machine, at_server_machine
