SELECT TOP (2)
    gi_install_timestamp, gi_update_timestamp, gi_flags,
    gi_audit_app_delete_max, gi_audit_mapping_delete_max, gi_audit_ntp_lookup_max, gi_audit_xp_lookup_max,
    gi_ticket_timeout, gi_cred_cache_timeout,
    gi_SecretServer, gi_SSOAdminGroup, gi_AffiliateAppMgrGroup, gi_audit_id
FROM dbo.SSOX_GlobalInfo
