"""One module where a package is expected."""
