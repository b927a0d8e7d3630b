"""A package that fails while it is imported, so that its checks cannot be found."""

RATIO = 1 / 0
