"""The accounts and groups of Enterprise SSO."""
