"""A real Kerberos KDC on the loopback, of a realm that lives in one folder and ends with its test."""

import importlib.util
import os
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

REALM = "CONTOSO.EXAMPLE"
PROGRAMS = ("krb5kdc", "kdb5_util", "kadmin.local", "kinit")
PACKAGES = "krb5-kdc krb5-admin-server krb5-user libkrb5-dev gcc python3-dev"
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
_LONGEST_START = 200


def needs_kerberos() -> None:
    """Skip a test where parts of Kerberos are missing, or fail it if SSOAUDIT_REQUIRE names kerberos."""
    programs = [program for program in PROGRAMS if shutil.which(program, path=_PATH) is None]
    modules = [module for module in ("kerberos", "gssapi") if importlib.util.find_spec(module) is None]
    if not programs and not modules:
        return
    message = (
        f"no Kerberos to test with ({', '.join(programs + modules)}): "
        f"apt-get install {PACKAGES}; pip install --group kerberos-test"
    )
    if "kerberos" in os.environ.get("SSOAUDIT_REQUIRE", ""):
        pytest.fail(message)
    pytest.skip(message)


def write_config(directory: Path, kdc: str) -> Path:
    """A krb5.conf whose realm has its KDC at `kdc` (address and port), and which asks no DNS."""
    config = directory / "krb5.conf"
    config.write_text(
        f"""[libdefaults]
    default_realm = {REALM}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
[realms]
    {REALM} = {{
        kdc = {kdc}
    }}
"""
    )
    return config


class Realm:
    """A realm with its KDC running; made by `running_realm`."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory = directory
        self.port = port
        self.config = write_config(directory, f"127.0.0.1:{port}")
        self.environment = {
            "PATH": _PATH,
            "KRB5_CONFIG": str(self.config),
            "KRB5_KDC_PROFILE": str(directory / "kdc.conf"),
            "KRB5RCACHENAME": "none:",
        }

    def create(self) -> None:
        """Write the KDC's own configuration and its empty database."""
        (self.directory / "kdc.conf").write_text(
            f"""[kdcdefaults]
    kdc_listen = 127.0.0.1:{self.port}
    kdc_tcp_listen = 127.0.0.1:{self.port}
[realms]
    {REALM} = {{
        database_name = {self.directory / "principals"}
        key_stash_file = {self.directory / "stash"}
        max_life = 12h
        supported_enctypes = aes256-cts-hmac-sha1-96:normal
    }}
[logging]
    kdc = FILE:{self.directory / "kdc.log"}
"""
        )
        self.run("kdb5_util", "create", "-s", "-P", "the database's master key")

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of MIT Kerberos in this realm alone."""
        path = shutil.which(program, path=_PATH)
        assert path
        subprocess.run(  # noqa: S603 - Kerberos' own programs
            [path, *arguments], env=self.environment, check=True, capture_output=True, timeout=30
        )

    def keytab(self, principal: str) -> Path:
        """A new principal's keys; those of an old one become others, and its earlier keytab useless."""
        keytab = self.directory / f"{principal.replace('/', '-')}-{len(list(self.directory.glob('*.keytab')))}.keytab"
        with suppress(subprocess.CalledProcessError):
            self.run("kadmin.local", "-q", f"addprinc -randkey {principal}")
        self.run("kadmin.local", "-q", f"ktadd -k {keytab} {principal}")
        assert keytab.exists()
        return keytab

    def log_on(self, principal: str, keytab: Path, cache: Path) -> None:
        """Put a ticket-granting ticket, one that could be delegated, into a credential cache."""
        self.run("kinit", "-k", "-t", str(keytab), "-c", str(cache), "-l", "10h", "-f", principal)


def shift_clock(cache: Path, seconds: int) -> None:
    """Let who uses this cache believe that the KDC's clock is ahead of this machine's by so much.

    The offset is kept in the file's header (version 4, tag 1), as the library writes it there itself.
    """
    content = bytearray(cache.read_bytes())
    assert content[:8] == b"\5\4\0\x0c\0\1\0\x08"
    struct.pack_into(">ii", content, 8, seconds, 0)
    cache.write_bytes(content)


@contextmanager
def running_realm(directory: Path) -> Iterator[Realm]:
    """A realm whose KDC listens on the loopback until the end."""
    realm = Realm(directory, free_port())
    realm.create()
    path = shutil.which("krb5kdc", path=_PATH)
    assert path
    with ExitStack() as stack:
        log = stack.enter_context((directory / "krb5kdc.log").open("wb"))
        process = subprocess.Popen(  # noqa: S603 - Kerberos' own program
            [path, "-n", "-P", str(directory / "krb5kdc.pid")], env=realm.environment, stdout=log, stderr=log
        )
        stack.callback(process.wait, timeout=20)
        stack.callback(process.terminate)
        _await_listener(process, realm.port)
        yield realm


def _await_listener(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(_LONGEST_START):
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            break
    raise AssertionError("The KDC does not listen.")


def free_port() -> int:
    """A port that is free on the loopback for TCP and for UDP."""
    with silent_kdc() as port:
        return port


@contextmanager
def silent_kdc() -> Iterator[int]:
    """The port of a KDC that takes what is sent to it, over UDP and TCP, and never answers."""
    while True:
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            stream.bind(("127.0.0.1", 0))
            port: int = stream.getsockname()[1]
            try:
                datagrams.bind(("127.0.0.1", port))
            except OSError:
                continue
            stream.listen()
            yield port
            return
