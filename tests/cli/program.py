"""The program as an operator runs it: another process, its streams and its exit code."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ssoaudit.inventory import Inventory

SECONDS = 60


@dataclass(frozen=True)
class Ended:
    code: int
    stdout: bytes
    stderr: str


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "ssoaudit", *map(str, arguments)]


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's, without what could change the program's ways, and without a keyring."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SSOAUDIT_", "COV"))}
    return {**own, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", **(variables or {})}


def run(*arguments: object, cwd: Path, variables: Mapping[str, str] | None = None) -> Ended:
    ended = subprocess.run(  # noqa: S603 - our own program
        command(*arguments),
        cwd=cwd,
        env=environment(variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr.decode("utf-8", "backslashreplace").replace("\r\n", "\n"))


def write_inventory(path: Path, inventory: Inventory) -> Path:
    """The inventory as an operator would write it."""
    lines = [
        "name: Prüfstand",
        f"network_name: {inventory.network_name}",
        "winrm: {auth: ntlm, user: 'CONTOSO\\auditor'}",
    ]
    for section, settings in (("sql", inventory.sql), ("biztalk", inventory.biztalk)):
        if settings is not None and settings.user:
            lines.append(f"{section}:")
            lines += [f"  {key}: '{getattr(settings, key)}'" for key in ("server", "address", "database", "user")]
            lines.append("  trust_server_certificate: true")
    lines.append("servers:")
    for server in inventory.servers:
        roles = ", ".join(role.value for role in server.roles)
        lines.append(f"  - {{host: {server.host}, address: {server.address}, port: {server.port}, roles: [{roles}]}}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
