import platform
import sys
from pathlib import Path
from typing import get_args

import pytest

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.sql import odbc
from ssoaudit.collect.sql.drivers import Driver, Offer, Option, choose, find_driver
from tests.odbc import needs

LIBRARY = Path("/opt/lib/libmsodbcsql-18.6.so.2.1")
FREETDS_FILE = Path("/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so")
EVERYTHING = (
    "SQL Server",
    "FreeTDS",
    "ODBC Driver 17 for SQL Server",
    "PostgreSQL Unicode",
    "ODBC Driver 13 for SQL Server",
    "ODBC Driver 18 for SQL Server",
    "SQL Server Native Client 11.0",
)


def test_microsofts_newest_registered_driver_comes_first() -> None:
    offer = Offer((*EVERYTHING, "ODBC Driver 9 for SQL Server"), (LIBRARY,), (FREETDS_FILE,))

    assert choose(None, offer) == Driver("microsoft", "ODBC Driver 18 for SQL Server", "registered", "18")


@pytest.mark.parametrize(
    ("offer", "driver"),
    [
        (Offer(("FreeTDS", "SQL Server"), (LIBRARY,)), Driver("microsoft", str(LIBRARY), "package", "18.6")),
        (Offer(("SQL Server", "FreeTDS"), (), (FREETDS_FILE,)), Driver("freetds", "FreeTDS", "registered", None)),
        (Offer(("SQL Server",), (), (FREETDS_FILE,)), Driver("freetds", str(FREETDS_FILE), "file", None)),
        (
            Offer(("SQL Server", "ODBC Driver 13 for SQL Server")),
            Driver("legacy", "ODBC Driver 13 for SQL Server", "registered", "13"),
        ),
        (
            Offer(("SQL Server Native Client 11.0",)),
            Driver("legacy", "SQL Server Native Client 11.0", "registered", "11.0"),
        ),
    ],
)
def test_the_best_of_what_is_left_is_chosen(offer: Offer, driver: Driver) -> None:
    assert choose(None, offer) == driver


def test_without_a_driver_the_fault_says_how_to_get_one() -> None:
    with pytest.raises(Fault) as caught:
        choose(None, Offer(("PostgreSQL Unicode", "SQLite3")))

    assert (caught.value.code, caught.value.stage) == ("driver-missing", FaultStage.CONFIGURE)
    assert "ssoaudit[odbc]" in caught.value.hint
    assert "tdsodbc" in caught.value.hint


def test_a_configured_name_is_found_in_any_case() -> None:
    assert choose("odbc driver 17 FOR sql server", Offer(EVERYTHING)) == Driver(
        "microsoft", "ODBC Driver 17 for SQL Server", "configured", "17"
    )


@pytest.mark.parametrize(("name", "family"), [("libtdsodbc.so", "freetds"), ("libmsodbcsql-18.6.so.2.1", "microsoft")])
def test_a_configured_file_is_taken(tmp_path: Path, name: str, family: str) -> None:
    path = tmp_path / name
    path.touch()

    driver = choose(str(path), Offer(EVERYTHING))

    assert (driver.family, driver.name, driver.source) == (family, str(path), "configured")


@pytest.mark.parametrize("configured", ["ODBC Driver 19 for SQL Server", "/nowhere/libtdsodbc.so"])
def test_a_configured_driver_that_is_missing_is_not_replaced(configured: str) -> None:
    with pytest.raises(Fault) as caught:
        choose(configured, Offer(EVERYTHING, (LIBRARY,)))

    assert caught.value.code == "driver-missing"
    assert configured in caught.value.message


def test_a_configured_driver_of_another_product_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "psqlodbcw.so"
    path.touch()

    for configured in ("PostgreSQL Unicode", str(path)):
        with pytest.raises(Fault) as caught:
            choose(configured, Offer(EVERYTHING))
        assert caught.value.code == "driver-unknown"


EIGHTEEN = {"strict", "host_in_certificate", "application_intent", "multi_subnet_failover", "server_spn"}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("ODBC Driver 18 for SQL Server", EIGHTEEN),
        (str(LIBRARY), EIGHTEEN),
        ("ODBC Driver 17 for SQL Server", EIGHTEEN - {"strict", "host_in_certificate"}),
        ("FreeTDS", {"application_intent", "server_spn"}),
        ("ODBC Driver 13 for SQL Server", {"application_intent", "multi_subnet_failover", "server_spn"}),
        ("SQL Server Native Client 11.0", {"application_intent", "multi_subnet_failover", "server_spn"}),
        ("SQL Server Native Client 10.0", {"server_spn"}),
        ("SQL Server", set()),
    ],
)
def test_each_driver_knows_its_own_options(name: str, known: set[Option]) -> None:
    path = name.startswith("/")
    driver = choose(None, Offer((), (Path(name),)) if path else Offer((name,)))

    assert {option for option in get_args(Option) if driver.knows(option)} == known


@pytest.mark.skipif(sys.platform != "linux", reason="the package is searched this way on Linux")
@pytest.mark.parametrize(
    ("system", "variant"),
    [
        ({"ID": "debian"}, "debian_ubuntu"),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, "rhel"),
        ({"ID": "opensuse-leap", "ID_LIKE": "suse opensuse"}, "suse"),
    ],
)
def test_the_packaged_driver_is_the_one_for_the_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: dict[str, str], variant: str
) -> None:
    needs("freetds")
    package = tmp_path / "mssql_python_odbc"
    for each in ("suse", "rhel", "debian_ubuntu"):
        for machine in ("x86_64", "arm64"):
            folder = package / "libs" / "linux" / each / machine / "lib"
            folder.mkdir(parents=True)
            (folder / "libmsodbcsql-18.6.so.2.1").touch()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "mssql_python_odbc", raising=False)
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(odbc.load(), "drivers", lambda: ["FreeTDS"])

    driver = find_driver(None)

    assert (driver.family, driver.source, driver.version) == ("microsoft", "package", "18.6")
    assert Path(driver.name) == package / "libs" / "linux" / variant / "arm64" / "lib" / "libmsodbcsql-18.6.so.2.1"


def test_connections_are_not_pooled() -> None:
    needs("freetds")

    assert odbc.load().pooling is False
