"""How far the targets are from here: names, ports, listeners and clocks, asked without logging on."""

import http.client
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.sql import drivers
from ssoaudit.collect.sql.address import Address as SqlAddress
from ssoaudit.collect.text import one_line
from ssoaudit.collect.winrm.classify import RefusedError, classify
from ssoaudit.collect.winrm.connection import Line, check, resolve
from ssoaudit.collect.winrm.endpoint import Endpoint, endpoint
from ssoaudit.collect.winrm.watchdog import Guard
from ssoaudit.inventory import Server, SqlSettings, WinrmSettings
from ssoaudit.pilot import Certificate, PathFault, SqlPath, WinrmPath

_LONGEST = 200
_MOST_NAMES = 50
_BODY = 4096

Found = dict[str, Any]
"""What was found, by the field of the path; filled as the path is walked, so that a fault keeps what came before."""


def winrm_path(server: Server, settings: WinrmSettings, seconds: float) -> WinrmPath:
    """How far a server's WinRM listener is. Raises nothing."""
    found: Found = {
        "addresses": (),
        "connects": False,
        "milliseconds": None,
        "status": None,
        "schemes": (),
        "certificate": None,
        "clock_seconds": None,
    }
    port = settings.port or (5986 if settings.scheme == "https" else 5985)
    fault = None
    try:
        where = endpoint(server.name, server.address or server.host, settings)
        _walked(where, seconds, found, _ask_listener)
    except Fault as error:
        fault = told(error)
    return WinrmPath(server=server.name, scheme=settings.scheme, port=port, fault=fault, **found)


def sql_path(server: str, settings: SqlSettings, seconds: float) -> SqlPath:
    """How far SSODB's SQL Server is; the port of a named instance is not looked for. Raises nothing."""
    found: Found = {"addresses": (), "connects": None, "milliseconds": None}
    driver, port, fault = None, None, None
    try:
        chosen = drivers.find_driver(settings.driver)
        driver = f"{chosen.family}: {one_line(chosen.name, _LONGEST)}"
    except Fault as error:
        fault = told(error)
    try:
        place = SqlAddress(settings.address or server, "").endpoint
        port = place.port
        if port is not None:
            found["connects"] = False
            where = Endpoint(one_line(server, _LONGEST), place.host, port, "http")
            _walked(where, seconds, found, lambda *_: None)
    except Fault as error:
        fault = fault or told(error)
    return SqlPath(server=server, driver=driver, port=port, fault=fault, **found)


def _walked(where: Endpoint, seconds: float, found: Found, ask: Callable[[Endpoint, Any, Guard, Found], None]) -> None:
    """Resolve, connect, ask. Raises a `Fault` where the path ends."""
    with Guard(seconds) as guard:
        try:
            addresses = resolve(where, guard, seconds)
            found["addresses"] = tuple(dict.fromkeys(str(address[0]) for _, address in addresses))
            started = time.monotonic()
            sock = Line(addresses, guard, seconds).open()
            with sock:
                found["connects"], found["milliseconds"] = True, round((time.monotonic() - started) * 1000)
                ask(where, sock, guard, found)
        except Exception as error:  # noqa: BLE001 - whatever it is, the path ends here
            cause = RefusedError("deadline", f"{seconds:g} s") if guard.is_due else error
            raise classify(cause, where, "", FaultStage.CONNECT) from None


def _ask_listener(where: Endpoint, sock: Any, guard: Guard, found: Found) -> None:  # noqa: ANN401 - a socket, perhaps wrapped
    if where.scheme == "https":
        sock = _unverified().wrap_socket(sock, server_hostname=None if where.is_address else where.host)
        guard.watch(sock)
        found["certificate"] = _certificate(sock.getpeercert(binary_form=True) or b"")
    connection = http.client.HTTPConnection(where.host, where.port)
    connection.sock = sock
    try:
        connection.request("POST", "/wsman", headers={"Content-Length": "0", "Connection": "close"})
        answer = connection.getresponse()
        check(guard)  # a head that was cut off is read as if it were whole
        found["status"] = answer.status
        offers = answer.headers.get_all("WWW-Authenticate") or []
        found["schemes"] = tuple(dict.fromkeys(_scheme(offer) for offer in offers))[:_MOST_NAMES]
        found["clock_seconds"] = _clock_seconds(answer.getheader("Date"))
        answer.read(_BODY)
    finally:
        connection.close()


def _unverified() -> ssl.SSLContext:
    """To look at a certificate that may be a wrong one: nothing that is worth protecting is sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _scheme(offer: str) -> str:
    return one_line(offer.split(" ", 1)[0], 32)


def _clock_seconds(date: str | None) -> int | None:
    if date is None:
        return None
    with suppress(ValueError, TypeError, OverflowError):
        theirs = parsedate_to_datetime(date)
        aware = theirs if theirs.tzinfo else theirs.replace(tzinfo=timezone.utc)
        return round((aware - datetime.now(timezone.utc)).total_seconds())
    return None


def _certificate(der: bytes) -> Certificate | None:
    try:
        found = x509.load_der_x509_certificate(der)
        subject, issuer = found.subject.rfc4514_string(), found.issuer.rfc4514_string()
        algorithm, key = found.signature_hash_algorithm, found.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return Certificate(
        subject=one_line(subject, _LONGEST),
        issuer=one_line(issuer, _LONGEST),
        names=_names(found),
        not_before=_moment(lambda: found.not_valid_before_utc),
        not_after=_moment(lambda: found.not_valid_after_utc),
        key_bits=getattr(key, "key_size", None),
        signature=algorithm.name if algorithm else "",
        sha256=found.fingerprint(hashes.SHA256()).hex(),
    )


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(one_line(str(name.value), _LONGEST) for name in names)[:_MOST_NAMES]


def _moment(tell: Callable[[], datetime]) -> datetime | None:
    """A time that a file of ours can hold."""
    try:
        moment = tell()
    except ValueError:
        return None
    return moment if 2000 <= moment.year <= 2200 else None  # noqa: PLR2004 - see ssoaudit.record.Moment


def told(fault: Fault) -> PathFault:
    """A fault as a bundle has it."""
    return PathFault(
        stage=fault.stage.value,
        code=fault.code,
        message=fault.message,
        hint=fault.hint,
        details=one_line(fault.details, _LONGEST),
    )
