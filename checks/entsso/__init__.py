"""The ENTSSO service itself."""
