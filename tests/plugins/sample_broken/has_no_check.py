"""Has a function of its own name, but no check."""


def has_no_check() -> None:
    """Does nothing."""
