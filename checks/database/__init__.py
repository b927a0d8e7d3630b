"""SSODB, the database of Enterprise Single Sign-On."""
