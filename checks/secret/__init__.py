"""The master secret."""
