"""The real ODBC drivers that tests speak through."""

import importlib
import importlib.util
import os
from pathlib import Path

import pytest

DRIVERS = ("microsoft", "freetds")


def microsoft_driver() -> str | None:
    """The path of Microsoft's driver in the package mssql-python-odbc, or None where that is not installed."""
    package = importlib.util.find_spec("mssql_python_odbc")
    if not package or not package.origin:
        return None
    libraries = Path(package.origin).parent.glob("libs/linux/*/*/lib/libmsodbcsql-*.so*")
    return str(min(libraries, default="")) or None


def freetds_driver() -> str | None:
    """The path of FreeTDS's driver where Debian puts it, or None."""
    return str(min(Path("/usr/lib").glob("*/odbc/libtdsodbc.so"), default="")) or None


def needs(name: str) -> str:
    """The path of the driver "microsoft" or "freetds", pyodbc being usable.

    Where it is missing the test is skipped, or failed if SSOAUDIT_REQUIRE names odbc.
    """
    path = {"microsoft": microsoft_driver, "freetds": freetds_driver}[name]()
    if not path:
        _lacking("pip install mssql-python-odbc" if name == "microsoft" else "apt-get install tdsodbc")
    try:
        importlib.import_module("pyodbc")
    except ImportError:
        _lacking("pip install pyodbc; apt-get install libodbc2")
    return str(path)


def _lacking(remedy: str) -> None:
    message = f"no ODBC driver to test with: {remedy}"
    if "odbc" in os.environ.get("SSOAUDIT_REQUIRE", ""):
        pytest.fail(message)
    pytest.skip(message)


def any_driver() -> str:
    """The path of a driver, of whichever there is; skips, or fails, where there is none."""
    return needs("microsoft" if microsoft_driver() else "freetds")
