"""The failover cluster and its ENTSSO role."""
