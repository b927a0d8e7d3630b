"""Imports what nobody has installed."""

import a_module_that_nobody_has_installed  # type: ignore[import-not-found]  # noqa: F401
