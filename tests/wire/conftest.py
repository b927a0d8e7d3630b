"""The nodes of the wire's tests: faulty ones in one process, healthy ones in others."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from ssoaudit.lab.estate import NODES, LabEstate, healthy
from ssoaudit.lab.process import Lab
from tests.lab.faulty_process import FaultyProcess
from tests.lab.wire_faults import BASIC


@pytest.fixture(scope="session")
def faulty() -> Iterator[FaultyProcess]:
    with FaultyProcess() as process:
        yield process


@pytest.fixture(scope="session")
def labs() -> Iterator[Callable[[str], Lab]]:
    """The healthy nodes, for each way of talking."""
    started: dict[str, Lab] = {}
    with ExitStack() as stack:

        def lab(scheme: str) -> Lab:
            if scheme not in started:
                machines = {name: healthy().machines[name] for name in NODES}
                started[scheme] = stack.enter_context(Lab(LabEstate(machines), tls=scheme == BASIC))
            return started[scheme]

        yield lab
