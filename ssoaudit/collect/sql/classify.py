"""From what an ODBC driver says to a `Fault`: by SQL Server's own number, then by SQLSTATE, then by a few words."""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.sql import drivers, grants
from ssoaudit.collect.sql.address import Address, SqlLogin
from ssoaudit.collect.sql.drivers import Driver
from ssoaudit.collect.text import one_line
from ssoaudit.credentials import Secret, redact
from ssoaudit.evidence import Missing, MissingStatus, ReadStatus


@dataclass(frozen=True)
class Conversation:
    """With whom, through what, as whom, by which section of the inventory: what messages name."""

    address: Address
    driver: Driver
    login: SqlLogin | None
    section: str = "sql"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What no message may hold."""
        return (self.login.password,) if self.login else ()


@dataclass(frozen=True)
class _Row:
    message: str
    hint: str
    stage: FaultStage
    retryable: bool = False


_BROWSER = "Start SQL Server Browser there and open UDP 1434, or give HOST,PORT in {section}.server."
_ROWS: Mapping[str, _Row] = {
    "driver-missing": _Row(
        "The ODBC driver {driver} cannot be loaded.",
        f"It, or a library that it needs, is missing here. {drivers.INSTALL}",
        FaultStage.CONFIGURE,
    ),
    "dns": _Row(
        "The name {host} of the server of {target} cannot be resolved.",
        "Check {section}.server and this machine's DNS suffix.",
        FaultStage.RESOLVE,
    ),
    "refused": _Row(
        "Nothing listens on port {port} of {host}, where {target} should be.",
        "Is SQL Server started, with TCP/IP enabled, on that port? Check {section}.server.",
        FaultStage.CONNECT,
        retryable=True,
    ),
    "unreachable": _Row(
        "{target} does not answer.",
        "The machine is down, a firewall drops the connection, or SQL Server is too busy to log on to.",
        FaultStage.CONNECT,
        retryable=True,
    ),
    "instance-unknown": _Row(
        "No instance answers for {target}.",
        _BROWSER,
        FaultStage.CONNECT,
        retryable=True,
    ),
    "not-sql-server": _Row(
        "What listens at {target} opened no session of SQL Server.",
        "Check {section}.server and its port, and whether the server wants {section}.encrypt: strict, or does not know "
        "it. Where a proxy or an old TLS stands between, the details may tell.",
        FaultStage.CONNECT,
    ),
    "no-session": _Row(
        "{target} took the connection but opened no session, and FreeTDS does not say why.",
        "Check that it is SQL Server's port and offers TLS; for a Windows identity run kinit. Microsoft's driver says "
        "more.",
        FaultStage.CONNECT,
    ),
    "tls-untrusted": _Row(
        "The certificate of {target} is not trusted.",
        "Add the CA that signed it to this machine's store, or on Linux name it in SSL_CERT_FILE.",
        FaultStage.TLS,
    ),
    "tls-name": _Row(
        "The certificate of {target} is not for {host}.",
        "Use the name that the certificate carries in {section}.server, or give it in {section}.host_in_certificate, "
        "or renew the certificate.",
        FaultStage.TLS,
    ),
    "tls-failed": _Row(
        "{target} and this machine agree on no encryption.",
        "Give SQL Server a certificate; an old one may need TLS 1.2 enabled. Only in a trusted network set "
        "{section}.encrypt to optional.",
        FaultStage.TLS,
    ),
    "kerberos": _Row(
        "There is no Kerberos ticket that {target} takes.",
        "Run kinit, give the fully qualified name in {section}.server, and check the service principal "
        "MSSQLSvc/{host}, or give another in {section}.server_spn.",
        FaultStage.AUTHENTICATE,
    ),
    "login-failed": _Row(
        "{target} rejected the login of {user}.",
        "Check user and password, and that the login may open the database. It is not tried again: that could lock "
        "the account.",
        FaultStage.AUTHENTICATE,
    ),
    "untrusted-domain": _Row(
        "{target} does not accept the Windows identity of {user}.",
        "It comes from a domain that SQL Server does not trust, or without Kerberos: run kinit, or set {section}.user "
        "to a SQL login.",
        FaultStage.AUTHENTICATE,
    ),
    "login-disabled": _Row(
        "The login of {user} is disabled on {target}.",
        "Let a sysadmin enable it.",
        FaultStage.AUTHENTICATE,
    ),
    "login-locked": _Row(
        "The login of {user} is locked on {target}.",
        "Let a sysadmin unlock it, and find out what used a wrong password.",
        FaultStage.AUTHENTICATE,
    ),
    "login-expired": _Row(
        "The password of {user} has expired or must be changed on {target}.",
        "Change it there, then run again.",
        FaultStage.AUTHENTICATE,
    ),
    "database-unavailable": _Row(
        "{target} cannot be opened by {user}.",
        "Check {section}.database, and that the login is a user of it.",
        FaultStage.AUTHENTICATE,
    ),
    "database-denied": _Row(
        "{user} is no user of {target}.",
        "Let its administrator run what 'ssoaudit sql-grants' prints.",
        FaultStage.AUTHENTICATE,
    ),
    "database-offline": _Row(
        "{target} is offline, being restored, or in single-user mode.",
        "Bring it online: what depends on it does not work either.",
        FaultStage.CONNECT,
        retryable=True,
    ),
    "replica-not-readable": _Row(
        "{target} is a replica that cannot be read.",
        "Give the availability group's listener in {section}.server, let the secondary be read, or set "
        "{section}.application_intent to readwrite.",
        FaultStage.CONNECT,
    ),
    "server-not-ready": _Row(
        "SQL Server of {target} is starting, paused or shutting down.",
        "Run again when it takes logins.",
        FaultStage.CONNECT,
        retryable=True,
    ),
    "denied": _Row(
        "{user} may not read {object} on {target}.",
        "Let the database's administrator run: {grant}",
        FaultStage.RUN,
    ),
    "missing-object": _Row(
        "{target} does not have what is asked of {object}.",
        "Check {section}.database: it may be another one, or of an older version.",
        FaultStage.RUN,
    ),
    "busy": _Row(
        "Others kept {target} locked while {object} was read.",
        "Run again; if it stays so, look for a blocking session.",
        FaultStage.RUN,
        retryable=True,
    ),
    "query-timeout": _Row(
        "{target} did not answer the query about {object} in time.",
        "Look at the server's load; run again.",
        FaultStage.RUN,
        retryable=True,
    ),
    "connection-lost": _Row(
        "The connection to {target} was cut.",
        "SQL Server was restarted or failed over, or a firewall cut in; run again.",
        FaultStage.RUN,
        retryable=True,
    ),
    "malformed": _Row(
        "{target} answered the query about {object} in a form that is not accepted.",
        "Check that {section}.database is the right one, then report it with the log.",
        FaultStage.READ,
    ),
    "sql-error": _Row(
        "SQL Server answered the query about {object} of {target} with an error.",
        "The log has its words.",
        FaultStage.RUN,
    ),
}

CODES = frozenset(_ROWS)
"""What the words of a driver can become."""

NUMBERS: Mapping[int, str] = {
    4060: "database-unavailable",
    916: "database-denied",
    942: "database-offline",
    927: "database-offline",
    924: "database-offline",
    945: "database-offline",
    976: "replica-not-readable",
    978: "replica-not-readable",
    983: "replica-not-readable",
    17142: "server-not-ready",
    18401: "server-not-ready",
    18470: "login-disabled",
    18486: "login-locked",
    18487: "login-expired",
    18488: "login-expired",
    18452: "untrusted-domain",
    229: "denied",
    230: "denied",
    207: "missing-object",
    208: "missing-object",
    1205: "busy",
    1222: "busy",
    596: "connection-lost",
    18456: "login-failed",
}
"""By SQL Server's own number. The first one that was told decides: what says more stands before what follows from it.
"""

_WORDS: tuple[tuple[str, str], ...] = (
    ("can't open lib", "driver-missing"),
    ("subject name does not match host name", "tls-name"),
    ("certificate verify failed", "tls-untrusted"),
    ("certificate chain was issued by an authority that is not trusted", "tls-untrusted"),
    ("target principal name is incorrect", "tls-name"),
    ("encryption not supported", "tls-failed"),
    ("sspi", "kerberos"),
    ("kerberos", "kerberos"),
    ("ssl", "tls-failed"),
    ("protocol error in tds stream", "not-sql-server"),
)
_CONNECT_STATES: Mapping[str, str] = {
    "IM002": "driver-missing",
    "IM003": "driver-missing",
    "28000": "login-failed",
    "HYT00": "unreachable",
    "HYT01": "unreachable",
    "08S01": "not-sql-server",
    "08001": "not-sql-server",
}
_RUN_STATES: Mapping[str, str] = {
    "HYT00": "query-timeout",
    "HYT01": "connection-lost",
    "08S01": "connection-lost",
    "08003": "connection-lost",
    "HY091": "malformed",
    "HY106": "malformed",
    "42S02": "missing-object",
    "42S22": "missing-object",
    "40001": "busy",
}
_FREETDS_LOST = frozenset({20004, 20006, 20017})
_FREETDS_UNREACHED = 20009
_NUMBER = re.compile(r"\((-?\d{1,9})\)(?= \(SQL\w+\)|;|$)")
_STATE = re.compile(r"[0-9A-Z]{5}")

_STATUSES: Mapping[str, MissingStatus] = {
    "denied": ReadStatus.DENIED,
    "database-denied": ReadStatus.DENIED,
    "deadline": ReadStatus.DEADLINE,
    "query-timeout": ReadStatus.DEADLINE,
    "too-large": ReadStatus.TOO_LARGE,
    "malformed": ReadStatus.MALFORMED,
    "busy": ReadStatus.ERROR,
    "internal": ReadStatus.ERROR,
    "missing-object": ReadStatus.ERROR,
    "sql-error": ReadStatus.ERROR,
}


def classify(
    arguments: tuple[object, ...], conversation: Conversation, *, connected: bool, table: str | None = None
) -> Fault:
    """The fault in a `pyodbc.Error`.

    Args:
        arguments: The exception's `args`: SQLSTATE and text.
        conversation: With whom.
        connected: Whether it was raised by a statement; else by logging on.
        table: The table that the statement reads, if it reads one.
    """
    state, text = _parted(arguments)
    code = _code(state, text, connected=connected)
    if not connected and code in ("unreachable", "not-sql-server"):
        code = _no_session(code, conversation)
    return fault(code, conversation, table, f"{state} {text}")


def fault(code: str, conversation: Conversation, table: str | None = None, details: str = "") -> Fault:
    """The fault of that code, in words."""
    row, address = _ROWS[code], conversation.address
    names = {
        "target": address.shown,
        "host": one_line(address.endpoint.host, 253),
        "port": address.endpoint.port,
        "driver": conversation.driver.name,
        "section": conversation.section,
        "user": one_line(conversation.login.user, 100) if conversation.login else "the Windows identity",
        "object": table or "the server",
        "grant": grants.grant(table) if table else "what 'ssoaudit sql-grants' prints",
    }
    # Redacted first and cut last: a cut must not leave half a secret behind.
    details = one_line(redact(details, conversation.secrets))
    return Fault(row.stage, code, row.message.format_map(names), row.hint.format_map(names), details, row.retryable)


def missing(found: Fault, milliseconds: int = 0) -> Missing:
    """A fault as it stands in the evidence."""
    status: MissingStatus = _STATUSES.get(found.code, ReadStatus.UNREACHABLE)
    if found.stage is FaultStage.CONFIGURE:
        status = ReadStatus.NOT_COLLECTED
    return Missing(
        status=status,
        code=found.code,
        stage=found.stage.value,
        message=found.message,
        hint=found.hint,
        milliseconds=milliseconds,
    )


def diagnose(conversation: Conversation, seconds: float) -> Fault | None:
    """What keeps TCP from reaching the port; None if something listens there, or if only SQL Browser knows the port.

    Asked before the driver, which would take the whole login timeout to say less. `seconds` is for all addresses of a
    name together.
    """
    where = conversation.address.endpoint
    try:
        found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        return fault("dns", conversation, details=str(error))
    if where.port is None:
        return None
    errors: list[OSError] = []
    for *_, place in found:
        failed = _connecting(str(place[0]), where.port, seconds / len(found))
        if failed is None:
            return None
        errors.append(failed)
    refused = all(isinstance(error, ConnectionRefusedError) for error in errors)
    return fault("refused" if refused else "unreachable", conversation, details="; ".join(map(str, errors)))


def _connecting(host: str, port: int, seconds: float) -> OSError | None:
    try:
        socket.create_connection((host, port), timeout=seconds).close()
    except OSError as error:
        return error
    return None


def _parted(arguments: tuple[object, ...]) -> tuple[str, str]:
    texts = [argument for argument in arguments if isinstance(argument, str)]
    if len(texts) > 1 and _STATE.fullmatch(texts[0]):
        return texts[0], texts[1]
    return "", " ".join(texts)


def _code(state: str, text: str, *, connected: bool) -> str:
    numbers = {int(number) for number in _NUMBER.findall(text)}
    for number, code in NUMBERS.items():
        if number in numbers:
            return code
    if connected:
        # Without a number of SQL Server's own, HY000 is the driver's word for a connection that it gave up.
        given_up = state == "HY000" and not numbers - {0}
        return "connection-lost" if given_up or numbers & _FREETDS_LOST else _RUN_STATES.get(state, "sql-error")
    folded = text.casefold()
    for words, code in _WORDS:
        if words in folded:
            return code
    if _FREETDS_UNREACHED in numbers:
        return "unreachable"
    return _CONNECT_STATES.get(state, "not-sql-server")


def _no_session(code: str, conversation: Conversation) -> str:
    """What a logon without an answer means where the port is known to be open, or is not known at all."""
    if conversation.address.endpoint.port is None and code == "unreachable":
        return "instance-unknown"
    return "no-session" if code == "not-sql-server" and conversation.driver.family == "freetds" else code
