"""The readable columns: the one list behind the statements, their guard and the GRANT script."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "SSOX_GlobalInfo": (
        "gi_install_timestamp",
        "gi_update_timestamp",
        "gi_flags",
        "gi_audit_app_delete_max",
        "gi_audit_mapping_delete_max",
        "gi_audit_ntp_lookup_max",
        "gi_audit_xp_lookup_max",
        "gi_ticket_timeout",
        "gi_cred_cache_timeout",
        "gi_SecretServer",
        "gi_SSOAdminGroup",
        "gi_AffiliateAppMgrGroup",
        "gi_audit_id",
    ),
    "SSOX_ExternalCredentials": ("ec_pws_msid", "ec_pns_msid", "ec_timestamp"),
    "SSOX_WindowsPassword": ("wp_msid", "wp_timestamp"),
}
"""Table of SSODB (schema dbo) → the columns that may be read. No encrypted column is among them."""
