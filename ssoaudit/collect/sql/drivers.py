"""Which ODBC driver for SQL Server there is on this machine."""

import importlib.util
import platform
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.sql import odbc
from ssoaudit.collect.text import one_line

Family = Literal["microsoft", "freetds", "legacy"]
Source = Literal["configured", "registered", "package", "file"]
Option = Literal["strict", "host_in_certificate", "application_intent", "multi_subnet_failover", "server_spn"]

INSTALL = (
    "Install Microsoft's ODBC Driver 18 for SQL Server, or run 'pip install ssoaudit[odbc]', which brings it to Linux "
    "and macOS under Microsoft's own licence; free but without certificate checks: 'apt-get install tdsodbc'."
)

_MICROSOFT = re.compile(r"ODBC Driver (\d{1,3}) for SQL Server", re.IGNORECASE)
_LEGACY = re.compile(r"SQL Server(?: Native Client (\d{1,3}(?:\.\d{1,3})?))?", re.IGNORECASE)
_FREETDS = re.compile(r"FreeTDS", re.IGNORECASE)
_LIBRARY = re.compile(r"msodbcsql\D{0,2}(\d{1,3}(?:\.\d{1,3})?)", re.IGNORECASE)
_OLDEST = 17
# By family, the first version that knows an option; 0 where every one does. What is not named is not known.
_SINCE: Mapping[Family, Mapping[Option, int]] = {
    "microsoft": {
        "strict": 18,
        "host_in_certificate": 18,
        "application_intent": 0,
        "multi_subnet_failover": 0,
        "server_spn": 0,
    },
    "freetds": {"application_intent": 0, "server_spn": 0},
    "legacy": {"application_intent": 11, "multi_subnet_failover": 11, "server_spn": 10},
}
_PACKAGE = "mssql_python_odbc"
_VARIANTS = {
    "debian": "debian_ubuntu",
    "ubuntu": "debian_ubuntu",
    "rhel": "rhel",
    "fedora": "rhel",
    "centos": "rhel",
    "suse": "suse",
    "opensuse": "suse",
    "sles": "suse",
    "alpine": "alpine",
}
_ARCHITECTURES = {"aarch64": "arm64", "amd64": "x86_64"}


@dataclass(frozen=True)
class Driver:
    """A driver by its registered name or its file.

    `family` decides keywords and quoting. `source` tells how it was found; `version` is what its name tells, 18 or
    18.6, if anything.
    """

    family: Family
    name: str
    source: Source
    version: str | None

    def knows(self, option: Option) -> bool:
        """Whether it heeds an option; one that it does not know it would pass over in silence."""
        since = _SINCE[self.family].get(option)
        return since is not None and _major(self) >= since


@dataclass(frozen=True)
class Offer:
    """What a machine offers: names registered with the driver manager, and driver files, the best ones first."""

    registered: Sequence[str] = ()
    packaged: Sequence[Path] = field(default=())
    freetds: Sequence[Path] = field(default=())


def find_driver(configured: str | None) -> Driver:
    """The configured driver, else the best one.

    Preferred in this order: Microsoft's registered ones from 17 on, the newest first; the one in the package
    mssql-python-odbc; FreeTDS; older ones of Microsoft. Raises the `Fault` odbc-missing or driver-missing.
    """
    pyodbc = odbc.load()
    return choose(configured, Offer(tuple(pyodbc.drivers()), tuple(_packaged()), tuple(_freetds_files())))


def choose(configured: str | None, offer: Offer) -> Driver:
    """The driver to use of what is offered; a configured one that is not there is a `Fault`, not a reason to guess."""
    if configured is not None:
        return _configured(configured, offer)
    registered = [driver for name in offer.registered if (driver := _named(name, "registered"))]
    microsoft = [driver for driver in registered if driver.family == "microsoft"]
    candidates = [
        *sorted(microsoft, key=_major, reverse=True),
        *_files(offer.packaged, "package"),
        *(driver for driver in registered if driver.family == "freetds"),
        *_files(offer.freetds, "file"),
        *sorted((driver for driver in registered if driver.family == "legacy"), key=_major, reverse=True),
    ]
    if not candidates:
        raise Fault(
            FaultStage.CONFIGURE, "driver-missing", "There is no ODBC driver for SQL Server on this machine.", INSTALL
        )
    return candidates[0]


def _configured(configured: str, offer: Offer) -> Driver:
    path = Path(configured)
    if path.is_absolute():
        there, driver = path.is_file(), _file(path, "configured")
    else:
        names = {name.casefold(): name for name in offer.registered}
        there = configured.casefold() in names
        driver = _named(names.get(configured.casefold(), configured), "configured")
    shown = one_line(configured, 200)
    if not there:
        names_known = ", ".join(one_line(name, 60) for name in offer.registered) or "none"
        raise Fault(
            FaultStage.CONFIGURE,
            "driver-missing",
            f"The ODBC driver '{shown}' of the inventory is not on this machine.",
            f"Correct sql.driver, or leave it out. Registered here: {names_known}.",
        )
    if driver is None:
        raise Fault(
            FaultStage.CONFIGURE,
            "driver-unknown",
            f"'{shown}' is no ODBC driver for SQL Server that ssoaudit knows.",
            "Name Microsoft's driver or FreeTDS in sql.driver, or leave it out.",
        )
    return driver


def _named(name: str, source: Source) -> Driver | None:
    match = _MICROSOFT.fullmatch(name)
    if match:
        return Driver("microsoft" if int(match[1]) >= _OLDEST else "legacy", name, source, match[1])
    if _FREETDS.search(name):
        return Driver("freetds", name, source, None)
    match = _LEGACY.fullmatch(name)
    if match:
        return Driver("legacy", name, source, match[1])
    return None


def _file(path: Path, source: Source) -> Driver | None:
    match = _LIBRARY.search(path.name)
    if match:
        return Driver("microsoft" if int(match[1].split(".")[0]) >= _OLDEST else "legacy", str(path), source, match[1])
    if "tdsodbc" in path.name:
        return Driver("freetds", str(path), source, None)
    return None


def _files(paths: Iterable[Path], source: Source) -> list[Driver]:
    return [driver for path in paths if (driver := _file(path, source))]


def _major(driver: Driver) -> int:
    return int((driver.version or "0").split(".", maxsplit=1)[0])


def _packaged() -> list[Path]:
    """Driver files of the package mssql-python-odbc: the variant for this distribution first.

    Its layout is its own affair, so it is searched. On Windows drivers must be registered.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or sys.platform == "win32":
        return []
    machine = platform.machine().lower()
    architecture = _ARCHITECTURES.get(machine, machine)
    found = [
        path
        for folder in spec.submodule_search_locations or ()
        for path in sorted(Path(folder).glob(f"libs/**/{architecture}/lib/libmsodbcsql*"), reverse=True)
    ]
    variant = _variant()
    return sorted(found, key=lambda path: variant not in path.parts)


def _variant() -> str:
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        return ""
    names = [system.get("ID", ""), *system.get("ID_LIKE", "").split()]
    return next((_VARIANTS[name] for name in names if name in _VARIANTS), "")


def _freetds_files() -> list[Path]:
    return [*sorted(Path("/usr/lib").glob("*/odbc/libtdsodbc.so")), *sorted(Path("/usr/lib64").glob("libtdsodbc.so*"))]
