"""Where a machine's WinRM service listens, and which ways of logging on are safe there."""

import ipaddress
import os
import re
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import certifi
import winrm.transport

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.text import one_line
from ssoaudit.inventory import Scheme, WinrmSettings

Method = Literal["kerberos", "ntlm", "certificate", "basic", "credssp"]

_PORTS = {"http": 5985, "https": 5986}
_LONGEST_NAME = 253
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True)
class Endpoint:
    """A WinRM listener: `target` as messages call the machine, `host` in ASCII or as an address without brackets.

    `kerberos_hostname` stands in the service principal's name instead of the host, if given.
    """

    target: str
    host: str
    port: int
    scheme: Scheme
    kerberos_hostname: str | None = None

    @property
    def url(self) -> str:
        """The address of the WS-Management service."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}/wsman"

    @property
    def service_host(self) -> str:
        """The host of the service principal HTTP/HOST."""
        return self.kerberos_hostname or self.host

    @property
    def is_address(self) -> bool:
        """Whether the service's host is an IP address, for which no service principal name exists."""
        return ":" in self.service_host or self.service_host.rsplit(".", 1)[-1].isdigit()


def endpoint(target: str, address: str, settings: WinrmSettings) -> Endpoint:
    """The listener of a machine.

    Args:
        target: What messages call the machine.
        address: Host name or IP address, without scheme, user, port or brackets.
        settings: Scheme, port and the service principal's host.

    Raises:
        Fault: `address` is neither a host name nor an IP address (CONFIGURE, `address`).
    """
    name = one_line(target, 253)
    host = _host(address)
    if host is None:
        raise Fault(
            FaultStage.CONFIGURE,
            "address",
            f"{name} cannot be reached at {one_line(address, 80)!r}: that is no host name and no IP address.",
            "Write the name or address alone in the inventory; port and scheme have fields of their own.",
        )
    port = settings.port or _PORTS[settings.scheme]
    return Endpoint(name, host, port, settings.scheme, settings.kerberos_hostname)


def _host(address: str) -> str | None:
    """The host in ASCII; None for what a resolver or a URL parser might read in more than one way."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        pass
    else:
        return None if "%" in address else str(parsed)
    try:
        host = address.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = host.split(".")
    if len(host) > _LONGEST_NAME or not all(map(_LABEL.fullmatch, labels)) or _NUMBER.fullmatch(labels[-1]):
        return None
    return host


def logon_method(where: Endpoint, settings: WinrmSettings) -> Method:
    """How to log on there; `auto` is Kerberos where it can work, else NTLM.

    Raises:
        Fault: The method cannot be had (CONFIGURE, `kerberos-missing`).
    """
    if settings.auth == "kerberos" and not winrm.transport.HAVE_KERBEROS:
        raise Fault(
            FaultStage.CONFIGURE,
            "kerberos-missing",
            f"{where.target} is set to log on by Kerberos, but the Kerberos library is not installed.",
            "Install ssoaudit[kerberos], or set winrm.auth to ntlm.",
        )
    if settings.auth != "auto":
        return settings.auth
    return "kerberos" if winrm.transport.HAVE_KERBEROS and not where.is_address and _has_ticket() else "ntlm"


def _has_ticket() -> bool:
    """Whether there is a credential cache; whether its ticket is good, only its use can tell."""
    if sys.platform == "win32":
        return True
    cache = os.environ.get("KRB5CCNAME") or f"/tmp/krb5cc_{os.getuid()}"  # noqa: S108 - where MIT Kerberos keeps it
    kind, _, path = cache.rpartition(":")
    return Path(path).exists() if kind in ("", "FILE", "DIR") else True


def check_policy(where: Endpoint, settings: WinrmSettings) -> None:
    """Refuse a way of logging on that would give the password or the script away.

    | Method | http | https | https, not verified |
    | --- | --- | --- | --- |
    | kerberos, ntlm, credssp | messages encrypted | yes | yes, and the report says so |
    | certificate | refused | yes | yes, and the report says so |
    | basic | refused | yes | refused |

    Raises:
        Fault: Before any packet is sent (CONFIGURE): `basic-over-http`, `basic-unverified`, `certificate-over-http`,
            `kerberos-missing`.
    """
    method = logon_method(where, settings)
    if method == "basic" and where.scheme == "http":
        raise Fault(
            FaultStage.CONFIGURE,
            "basic-over-http",
            f"{where.target} is set to Basic over http, which sends the password in clear.",
            "Set winrm.scheme to https, or winrm.auth to kerberos or ntlm.",
        )
    if method == "basic" and settings.insecure_skip_verify:
        raise Fault(
            FaultStage.CONFIGURE,
            "basic-unverified",
            f"{where.target} is set to Basic without verifying its certificate, which gives the password to whoever "
            "answers.",
            "Name the CA in winrm.ca_file instead, or set winrm.auth to kerberos or ntlm.",
        )
    if method == "certificate" and where.scheme == "http":
        raise Fault(
            FaultStage.CONFIGURE,
            "certificate-over-http",
            f"{where.target} is set to log on by certificate over http, which knows no certificates.",
            "Set winrm.scheme to https.",
        )


def certificates(where: Endpoint, settings: WinrmSettings) -> str | None:
    """The file or folder of CA certificates to trust; None where nothing is verified.

    The system's store unless the settings name a file: what a site's own CA signed is there, not in certifi's list.

    Raises:
        Fault: The file named cannot be read, or holds no certificate (CONFIGURE, `ca-missing` or `ca-invalid`).
    """
    if where.scheme == "http" or settings.insecure_skip_verify:
        return None
    if settings.ca_file is None:
        return _system_store()
    try:
        ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        invalid = isinstance(error, ssl.SSLError)
        raise Fault(
            FaultStage.CONFIGURE,
            "ca-invalid" if invalid else "ca-missing",
            f"The CA file {one_line(settings.ca_file)}, named for {where.target}, "
            + ("holds no certificate." if invalid else "cannot be read."),
            "Name a PEM file of CA certificates in winrm.ca_file, or leave it out to use the system's store.",
            one_line(error.strerror or ""),
        ) from None
    return settings.ca_file


def _system_store() -> str:
    """OpenSSL's own file or folder, whatever SSL_CERT_FILE and SSL_CERT_DIR say; else certifi's list."""
    paths = ssl.get_default_verify_paths()
    if Path(paths.openssl_cafile).is_file():
        return paths.openssl_cafile
    return paths.openssl_capath if Path(paths.openssl_capath).is_dir() else certifi.where()
