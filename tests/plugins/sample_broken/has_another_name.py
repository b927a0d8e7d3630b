"""Has a check, but not one of its own name."""

from sample_good.server_is_named import server_is_named

__all__ = ["server_is_named"]
