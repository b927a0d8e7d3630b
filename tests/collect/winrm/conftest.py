import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from winrm_servers import USER, Child, HealthyNode


@pytest.fixture(scope="session")
def child() -> Iterator[Child]:
    child = Child()
    yield child
    child.process.communicate(timeout=20)


@pytest.fixture
def healthy(child: Child, tmp_path: Path) -> Iterator[Callable[..., HealthyNode]]:
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
