"""The distributed transaction coordinator."""
