"""The certificate that a client logs on with, judged before any packet is sent."""

import os
import ssl
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from cryptography import x509

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.text import one_line
from ssoaudit.collect.winrm.endpoint import Endpoint
from ssoaudit.inventory import WinrmSettings

_UNUSABLE: Mapping[str, tuple[str, str]] = {
    "client-cert-missing": (
        "The file {path}, named for logging on to {target}, cannot be read.",
        "Check winrm.client_cert and winrm.client_key, and who may read them.",
    ),
    "client-cert-invalid": (
        "The file {path}, named for logging on to {target}, holds no certificate with the key that belongs to it.",
        "Name a PEM file with the certificate in winrm.client_cert, and in winrm.client_key one with its key.",
    ),
    "client-cert-expired": (
        "The certificate {path}, named for logging on to {target}, is not valid now.",
        "Renew it; if it is in date, check this machine's clock.",
    ),
    "client-key-encrypted": (
        "The key in {path}, named for logging on to {target}, is protected by a passphrase, which nobody can give.",
        "Name a key without one in winrm.client_key, in a file for your eyes only (openssl pkey -in OLD -out NEW).",
    ),
    "client-key-open": (
        "The key in {path}, named for logging on to {target}, can be read by others on this machine.",
        "Take their access away (chmod 600). If they may have read it, renew the key.",
    ),
}


@dataclass(frozen=True)
class ClientCertificate:
    """The PEM files with a client's certificate and with its key; both may be one."""

    certificate: str
    key: str


def client_certificate(where: Endpoint, settings: WinrmSettings) -> ClientCertificate | None:
    """The certificate to log on with, found usable; None where another way is set.

    An open key is refused as ssh and libpq do: whoever read it can log on as its owner.

    Raises:
        Fault: Before any packet is sent (CONFIGURE): `client-cert-missing`, `client-cert-invalid`,
            `client-cert-expired`, `client-key-encrypted` or `client-key-open`.
    """
    if settings.auth != "certificate" or settings.client_cert is None:
        return None
    files = ClientCertificate(settings.client_cert, settings.client_key or settings.client_cert)
    try:
        is_open = _is_open(os.stat(files.key))  # noqa: PTH116 - the path stays as it was written
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(files.certificate, files.key, _refuse_to_ask)
        certificate = x509.load_pem_x509_certificate(Path(files.certificate).read_bytes())
    except _PassphraseError:
        raise _unusable(where, "client-key-encrypted", files.key) from None
    except ValueError as error:
        raise _unusable(where, "client-cert-invalid", files.certificate, type(error).__name__) from None
    except OSError as error:
        code = "client-cert-invalid" if isinstance(error, ssl.SSLError) else "client-cert-missing"
        details = getattr(error, "reason", None) or error.strerror or ""
        raise _unusable(where, code, error.filename or files.certificate, details) from None
    if is_open:
        raise _unusable(where, "client-key-open", files.key)
    now = datetime.now(timezone.utc)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise _unusable(where, "client-cert-expired", files.certificate)
    return files


def _unusable(where: Endpoint, code: str, path: str, details: str = "") -> Fault:
    message, hint = _UNUSABLE[code]
    named = message.format(path=one_line(path), target=where.target)
    return Fault(FaultStage.CONFIGURE, code, named, hint, one_line(details))


class _PassphraseError(Exception):
    pass


def _refuse_to_ask() -> str:
    """OpenSSL would ask on the terminal, once for every connection."""
    raise _PassphraseError


def _is_open(status: os.stat_result) -> bool:
    """Whether others may read the file; root's may be read by a group, where the system keeps keys so."""
    if sys.platform == "win32":
        return False
    others = stat.S_IRWXO | (stat.S_IWGRP | stat.S_IXGRP if status.st_uid == 0 else stat.S_IRWXG)
    return bool(status.st_mode & others)
