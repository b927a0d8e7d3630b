"""Fails while it is imported."""

RATIO = 1 / 0
