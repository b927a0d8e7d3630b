"""The one door to pyodbc, opened when it is needed: without ODBC the rest of the program works."""

import importlib
from types import ModuleType
from typing import Any

from ssoaudit.collect.faults import Fault, FaultStage

INSTALL = (
    "Install the ODBC driver manager: 'apt-get install libodbc2' on Debian and Ubuntu, 'dnf install unixODBC' on Red "
    "Hat, 'brew install unixodbc' on macOS; and pyodbc itself where it is missing: 'pip install pyodbc'."
)


def load() -> ModuleType:
    """Pyodbc, without connection pooling. Raises the `Fault` odbc-missing."""
    try:
        pyodbc: Any = importlib.import_module("pyodbc")
    except ImportError as error:
        raise Fault(
            FaultStage.CONFIGURE,
            "odbc-missing",
            "SQL Server cannot be asked from here: ODBC is not installed.",
            INSTALL,
            str(error),
        ) from None
    pyodbc.pooling = False
    module: ModuleType = pyodbc
    return module
