"""Read-only preflight and health check for a clustered Enterprise Single Sign-On master secret server."""
