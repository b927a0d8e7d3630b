"""One lab for all, and one audit of it by the demo."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from program import Ended, run, write_inventory

from ssoaudit.credentials import Secret
from ssoaudit.lab.estate import healthy
from ssoaudit.lab.process import Lab
from tests.odbc import freetds_driver, needs

CANARY = 'kanarie\'n-"Vogel"\\&<ü>%42'


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """A healthy estate whose password every encoding writes differently."""
    estate = Lab(healthy())
    estate.password = Secret(CANARY)
    with estate:
        yield estate


@pytest.fixture(scope="session")
def inventory(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_inventory(tmp_path_factory.mktemp("inventory") / "estate.yaml", lab.inventory())


@pytest.fixture
def passwords(lab: Lab) -> dict[str, str]:
    """The variables that let the lab in: the Windows account, and the SQL login."""
    return {"SSOAUDIT_PASSWORD": lab.password.reveal(), "SSOAUDIT_SQL_PASSWORD": lab.password.reveal()}


@pytest.fixture(scope="session")
def driver() -> None:
    """For tests that end with READY, which nothing does where SSODB cannot be read."""
    needs("freetds" if freetds_driver() else "microsoft")


@pytest.fixture(scope="session")
def first_scan(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, Path]:
    """What `demo` said, and the directory it wrote."""
    directory = tmp_path_factory.mktemp("demo")
    return run("demo", "--out", "out", cwd=directory), directory / "out"
