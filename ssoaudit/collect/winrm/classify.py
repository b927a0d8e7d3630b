"""From whatever the libraries raise to a `Fault`: decided by types and codes, not by the words of a message."""

import http.client
import ssl
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import requests
import urllib3.exceptions
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.text import one_line
from ssoaudit.collect.winrm.endpoint import Endpoint


class RefusedError(Exception):
    """A reply, or a wait, that this client does not accept. `code` is a key of the table below."""

    def __init__(self, code: str, details: str = "") -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details


@dataclass(frozen=True)
class _Row:
    message: str
    hint: str
    stage: FaultStage | None = None
    retryable: bool = False


_ROWS: Mapping[str, _Row] = {
    "dns": _Row(
        "The name {host} of {target} cannot be resolved.",
        "Check the inventory's host name and this machine's DNS suffix.",
        FaultStage.RESOLVE,
    ),
    "dns-timeout": _Row(
        "The name {host} of {target} was not resolved in time.",
        "Check this machine's DNS servers.",
        FaultStage.RESOLVE,
        retryable=True,
    ),
    "refused": _Row(
        "Nothing listens on port {port} of {target}.",
        "Is WinRM enabled there (winrm quickconfig)? Check winrm.port and winrm.scheme.",
        FaultStage.CONNECT,
        retryable=True,
    ),
    "connect-timeout": _Row(
        "{target} does not answer on port {port}.",
        "The machine is down, or a firewall drops the connection.",
        FaultStage.CONNECT,
        retryable=True,
    ),
    "unreachable": _Row(
        "{target} cannot be reached on port {port}.",
        "Check the route and the firewalls between here and there.",
        FaultStage.CONNECT,
        retryable=True,
    ),
    "scheme": _Row(
        "Port {port} of {target} does not speak {scheme}.",
        "5985 is WinRM's port for http, 5986 for https: set winrm.scheme and winrm.port to match.",
        FaultStage.CONNECT,
    ),
    "tls": _Row(
        "The TLS handshake with {target} failed.",
        "Check the listener's certificate and which TLS versions the machine allows.",
        FaultStage.TLS,
    ),
    "tls-untrusted": _Row(
        "The certificate of {target} is not trusted.",
        "Name the CA that signed it in winrm.ca_file, or add it to this machine's store.",
        FaultStage.TLS,
    ),
    "tls-name": _Row(
        "The certificate of {target} is not for {host}.",
        "Use the name that the certificate carries, or renew it.",
        FaultStage.TLS,
    ),
    "tls-expired": _Row(
        "The certificate of {target} is not valid now.",
        "Renew it; if it is in date, check this machine's clock.",
        FaultStage.TLS,
    ),
    "auth": _Row(
        "{target} rejected the credentials of {user}.",
        "Check the password, whether the account is locked, its membership of Remote Management Users, and for https "
        "whether something between here and there ends TLS. It is not tried again: that could lock the account.",
        FaultStage.AUTHENTICATE,
    ),
    "auth-scheme": _Row(
        "{target} does not offer the configured way of logging on.",
        "Compare winrm.auth with what the machine offers (winrm get winrm/config/service/auth).",
        FaultStage.AUTHENTICATE,
    ),
    "auth-weak": _Row(
        "{target} agreed to no strong encryption of messages, so nothing was sent.",
        "Someone may be altering the traffic; else set the machine's NTLM minimum session security to 128-bit.",
        FaultStage.AUTHENTICATE,
    ),
    "krb-no-ticket": _Row(
        "There is no Kerberos ticket that {target} takes from {user}.",
        "Run kinit, and give the user as user@REALM or not at all.",
        FaultStage.AUTHENTICATE,
    ),
    "krb-spn": _Row(
        "Kerberos knows no service HTTP/{service_host} for {target}.",
        "Use the machine's fully qualified name, set winrm.kerberos_hostname to it, or winrm.auth to ntlm.",
        FaultStage.AUTHENTICATE,
    ),
    "krb-expired": _Row(
        "The Kerberos ticket of {user} has expired, so {target} was not logged on to.",
        "Run kinit.",
        FaultStage.AUTHENTICATE,
    ),
    "krb-kdc": _Row(
        "No Kerberos KDC answered when {user} asked for a ticket to {target}.",
        "Check the realm's KDCs in krb5.conf or DNS, and the firewalls between here and their port 88.",
        FaultStage.AUTHENTICATE,
    ),
    "krb-skew": _Row(
        "The clocks of this machine and of the KDC differ too much for a ticket to {target}.",
        "Set this machine's clock by the domain's time.",
        FaultStage.AUTHENTICATE,
    ),
    "krb-failed": _Row(
        "Kerberos has no ticket to {target} for {user}.",
        "The details name the reason; kvno HTTP/{service_host} asks for the same ticket on this machine.",
        FaultStage.AUTHENTICATE,
    ),
    "krb-rejected": _Row(
        "{target} did not take the Kerberos ticket of {user}.",
        "HTTP/{service_host} may belong to another account (setspn -Q HTTP/{service_host}), the machine's clock may be "
        "more than five minutes off, or for https something between here and there ends TLS.",
        FaultStage.AUTHENTICATE,
    ),
    "krb-mutual": _Row(
        "{target} did not prove its identity to Kerberos.",
        "Someone may be answering in its place; check the name and the service principal HTTP/{service_host}.",
        FaultStage.AUTHENTICATE,
    ),
    "credential-characters": _Row(
        "The user name or password for {target} has characters that this way of logging on cannot carry.",
        "Use kerberos or ntlm.",
        FaultStage.CONFIGURE,
    ),
    "certificate-rejected": _Row(
        "{target} did not accept the client's certificate, or was shown none.",
        "It has to be in date, to name Client Authentication among its purposes, to come from a CA that the machine "
        "trusts, and to be mapped to an account there (winrm enumerate winrm/config/service/certmapping).",
        FaultStage.AUTHENTICATE,
    ),
    "certificate-cut": _Row(
        "{target} cut the connection once it had seen the client's certificate.",
        "With TLS 1.3 that may be its way of refusing one: not in date, not for Client Authentication, not from a CA "
        "that it trusts. Else look for a proxy or firewall between here and there.",
        FaultStage.AUTHENTICATE,
    ),
    "credssp-binding": _Row(
        "{target} did not prove to CredSSP that nobody stands in between, so it was not given the password.",
        "Someone may be answering in its place: find out what stands between here and there.",
        FaultStage.AUTHENTICATE,
    ),
    "credssp-old": _Row(
        "{target} speaks a CredSSP that is open to attack (CVE-2018-0886), so it was not given the password.",
        "Install the machine's security updates, or set winrm.auth to kerberos or ntlm.",
        FaultStage.AUTHENTICATE,
    ),
    "denied": _Row(
        "{user} may log on to {target} but not open a shell there.",
        "Add the account to the machine's Remote Management Users or Administrators.",
        FaultStage.SHELL,
    ),
    "quota": _Row(
        "{target} allows {user} no further shell or operation.",
        "Close other shells of the account, or wait until they time out.",
        FaultStage.SHELL,
        retryable=True,
    ),
    "shell-lost": _Row(
        "WinRM on {target} ended the shell.",
        "The service was restarted, or a limit was met; run again.",
    ),
    "slow-node": _Row(
        "WinRM on {target} did not carry out a request in time.",
        "Look at the machine's load; run again.",
    ),
    "request-too-large": _Row(
        "{target} refused a request for its size.",
        "Raise the machine's MaxEnvelopeSizekb to at least 150.",
    ),
    "soap-fault": _Row(
        "WinRM on {target} answered with an error.",
        "The details name it; winrm helpmsg CODE explains the code on the machine.",
    ),
    "http": _Row(
        "{target} answered with an HTTP status that WinRM does not use.",
        "WinRM may be stopped, or something else listens on port {port}.",
    ),
    "redirect": _Row(
        "{target} answered with a redirect, which is not followed.",
        "Something else than WinRM may listen on port {port}.",
    ),
    "silent": _Row(
        "{target} took the connection on port {port} and then did not answer.",
        "Check winrm.scheme and winrm.port, and the machine's load.",
    ),
    "conn-lost": _Row(
        "The connection to {target} was cut.",
        "Look for a proxy or firewall between here and there, and for a restart of WinRM.",
        retryable=True,
    ),
    "protocol": _Row(
        "{target} sent what is not WinRM's protocol.",
        "Check what listens on port {port}; the details name what was wrong.",
    ),
    "integrity": _Row(
        "A reply of {target} could not be decrypted.",
        "It was damaged or altered on its way, or a proxy stands between.",
    ),
    "downgrade": _Row(
        "{target} answered unencrypted in an encrypted session; the answer was thrown away.",
        "Someone may be forging answers: find out what stands between here and there.",
    ),
    "hostile": _Row(
        "A reply of {target} holds what could harm its reader; it was thrown away.",
        "Check that the machine is what it claims to be.",
    ),
    "too-large": _Row(
        "{target} sent more than is accepted.",
        "Check that the machine is what it claims to be.",
    ),
    "deadline": _Row(
        "{target} did not finish in time.",
        "The script was told to end. Look at the machine's load, or allow more time.",
    ),
    "cancelled": _Row(
        "Reading {target} was interrupted.",
        "Run again.",
    ),
}

_WSMAN_CODES: Mapping[int, str] = {
    5: "denied",
    2150858843: "shell-lost",
    2150859025: "request-too-large",
    2150859173: "quota",
    2150859174: "quota",
}
_HTTP_CODES: Mapping[int, str] = {400: "conn-lost", 413: "request-too-large"}
_TYPES: tuple[tuple[type[BaseException], str], ...] = (
    (InvalidCredentialsError, "auth"),
    (WinRMOperationTimeoutError, "slow-node"),
    (UnicodeEncodeError, "credential-characters"),
    (urllib3.exceptions.ReadTimeoutError, "silent"),
    (requests.Timeout, "silent"),
    (TimeoutError, "silent"),
    (ConnectionError, "conn-lost"),
    (http.client.IncompleteRead, "conn-lost"),
    (http.client.HTTPException, "protocol"),
    (ET.ParseError, "protocol"),
)
_VERIFY_CODES: Mapping[int, str] = {
    9: "tls-expired",  # X509_V_ERR_CERT_NOT_YET_VALID
    10: "tls-expired",  # X509_V_ERR_CERT_HAS_EXPIRED
    62: "tls-name",  # X509_V_ERR_HOSTNAME_MISMATCH
    64: "tls-name",  # X509_V_ERR_IP_ADDRESS_MISMATCH
}
_CERTIFICATE_ALERTS = frozenset(
    {
        "ACCESS_DENIED",
        "BAD_CERTIFICATE",
        "CERTIFICATE_EXPIRED",
        "CERTIFICATE_REQUIRED",
        "CERTIFICATE_REVOKED",
        "CERTIFICATE_UNKNOWN",
        "UNKNOWN_CA",
        "UNSUPPORTED_CERTIFICATE",
    }
)
"""What a server's alert says of the client's certificate (RFC 8446, 6.2)."""
_GSS_CODES: Mapping[int, str] = {
    -1765328377: "krb-spn",  # KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN
    -1765328352: "krb-expired",  # KRB5KRB_AP_ERR_TKT_EXPIRED
    -1765328347: "krb-skew",  # KRB5KRB_AP_ERR_SKEW
    -1765328230: "krb-kdc",  # KRB5_REALM_UNKNOWN
    -1765328228: "krb-kdc",  # KRB5_KDC_UNREACH
    -1765328164: "krb-kdc",  # KRB5_REALM_CANT_RESOLVE
    7 << 16: "krb-no-ticket",  # GSS_S_NO_CRED
    11 << 16: "krb-expired",  # GSS_S_CREDENTIALS_EXPIRED
}
_TLS_ALERT = "\x15\x03"
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
_OTHER_PORTS = frozenset({("http", 5986), ("https", 5985)})
_SIGNS_OF_ANOTHER_SCHEME = frozenset({"conn-lost", "protocol", "silent", "tls"})
_MOST_CAUSES = 20


def classify(error: BaseException, where: Endpoint, user: str, stage: FaultStage = FaultStage.SHELL) -> Fault:
    """The fault that an exception means.

    Args:
        error: Anything raised while talking to the machine.
        where: The machine.
        user: Who logs on, for the message.
        stage: How far the conversation was, for what can happen at any point of it. AUTHENTICATE: a password was
            given and nothing has answered it. To try that again could lock the account.
    """
    chain = tuple(_causes(error))
    code = code_of(error)
    if code == "credential-characters" and stage is not FaultStage.CONNECT:
        code = "protocol"  # who has answered was given the credentials: it is the answer that has such characters
    if stage is FaultStage.CONNECT and code in _SIGNS_OF_ANOTHER_SCHEME and (where.scheme, where.port) in _OTHER_PORTS:
        code = "scheme"
    row = _ROWS[code]
    unanswered = stage is FaultStage.AUTHENTICATE and row.stage is None
    names = {
        "target": where.target,
        "host": where.host,
        "service_host": where.service_host,
        "port": where.port,
        "scheme": where.scheme,
        "user": one_line(user, 100) or "the account",
    }
    return Fault(
        row.stage or stage,
        code,
        row.message.format_map(names),
        row.hint.format_map(names),
        one_line(" < ".join(_named(each) for each in chain)),
        (row.retryable or any(_is_unavailable(each) for each in chain)) and not unanswered,
        unanswered,
    )


def code_of(error: BaseException) -> str:
    """The word for what an exception means, where nothing more is known of the conversation."""
    return next((code for each in _causes(error) if (code := _code(each)) is not None), "protocol")


def _is_unavailable(error: BaseException) -> bool:
    """Whether http.sys said that the service is not there just now."""
    return isinstance(error, WinRMTransportError) and error.code == http.HTTPStatus.SERVICE_UNAVAILABLE


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it wraps, in `args`, in `reason` or as its cause, nearest first."""
    queue: list[object] = [error]
    seen: list[BaseException] = []
    while queue and len(seen) < _MOST_CAUSES:
        each = queue.pop(0)
        if not isinstance(each, BaseException) or any(each is known for known in seen):
            continue
        seen.append(each)
        yield each
        queue += [*each.args, getattr(each, "reason", None), each.__cause__, each.__context__]


def _code(error: BaseException) -> str | None:
    """The row for one exception; None if one that it wraps may tell more."""
    match error:
        case RefusedError():
            return error.code
        case WSManFaultError():
            return _WSMAN_CODES.get(error.wsman_fault_code or 0, "soap-fault")
        case WinRMTransportError():
            return _HTTP_CODES.get(error.code, "http")
        case ssl.SSLError():
            return _tls_code(error)
        case PermissionError(errno=None):  # requests_ntlm: the server broke the exchange off
            return "auth-scheme"
    return (
        _kerberos_code(error)
        or _alert_code(error)
        or next((code for kind, code in _TYPES if isinstance(error, kind)), None)
    )


def _alert_code(error: BaseException) -> str | None:
    """What a TLS alert means where an HTTP status line was due."""
    line = getattr(error, "line", "") if isinstance(error, http.client.BadStatusLine) else ""
    return "scheme" if line.startswith(_TLS_ALERT) else None


def _tls_code(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFY_CODES.get(error.verify_code, "tls-untrusted")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "conn-lost"
    if (error.reason or "").rpartition("_ALERT_")[2] in _CERTIFICATE_ALERTS:
        return "certificate-rejected"
    return "scheme" if error.reason in _NOT_TLS else "tls"


def _kerberos_code(error: BaseException | None) -> str | None:
    """By class name, as the classes can be imported only where Kerberos is installed."""
    match type(error).__name__:
        case "MutualAuthenticationError":
            return "krb-mutual"
        case "KerberosExchangeError":
            return _kerberos_code(getattr(error, "__context__", None)) or "krb-failed"
        case "GSSError":
            return _gss_code(error)
    return None


def _gss_code(error: BaseException | None) -> str:
    """By the numbers in `((text, major), (text, minor))`; on Windows there are none."""
    statuses = (pair for pair in reversed(getattr(error, "args", ())) if isinstance(pair, tuple))
    return next((_GSS_CODES[status] for _, status in statuses if status in _GSS_CODES), "krb-failed")


def _named(error: BaseException) -> str:
    """The exception's class, with its text only where that is known to hold no secret."""
    match error:
        case RefusedError():
            text = f"{error.code} {error.details}"
        case WSManFaultError():
            text = f"{error.wsman_fault_code or ''} {error.fault_subcode or ''} {error.reason}"
        case WinRMTransportError():
            text = f"HTTP {error.code}"
        case ssl.SSLCertVerificationError():
            text = error.verify_message
        case OSError() if error.strerror:
            text = error.strerror
        case ET.ParseError():
            text = str(error)
        case _:
            text = str(error) if _kerberos_code(error) else ""
    return f"{type(error).__name__}: {text.strip()}" if text.strip() else type(error).__name__
