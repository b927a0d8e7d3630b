"""The plugin set that comes with ssoaudit: one file per check, a folder per area."""
