import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from winrm_servers import USER, HealthyNode

from tests.lab.child import ChildProcess


@pytest.fixture(scope="session")
def child() -> Iterator[ChildProcess]:
    with ChildProcess("tests.lab.winrm_child") as child:
        yield child


@pytest.fixture
def healthy(child: ChildProcess, tmp_path: Path) -> Iterator[Callable[..., HealthyNode]]:
    ports = []

    def start(*schemes: str, names: tuple[str, ...] = (), may_open_shell: bool = True) -> HealthyNode:
        password = secrets.token_urlsafe(16)
        told = child.ask(
            "start", user=USER, password=password, schemes=schemes, names=names, may_open_shell=may_open_shell
        )
        ports.append(told["port"])
        ca_file = tmp_path / "ca.pem"
        ca_file.write_text(told["authority"])
        return HealthyNode(child, password, told["port"], ca_file)

    yield start
    for port in ports:
        child.ask("stop", port=port)
