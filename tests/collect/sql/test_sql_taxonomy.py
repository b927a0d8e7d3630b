"""All that can go wrong between here and SQL Server, provoked through both real drivers: its code, its sentence."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from estate_database import LOGIN, PASSWORD, USER

from ssoaudit.collect.sql import classify
from ssoaudit.collect.sql.address import Address, SqlLimits, SqlLogin
from ssoaudit.collect.sql.catalogue import CATALOGUE
from ssoaudit.collect.sql.reader import SqlReading, read
from ssoaudit.credentials import Secret
from ssoaudit.evidence import Missing
from ssoaudit.inventory import SqlSettings
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.tds.answers import Refusal, Table
from ssoaudit.lab.tds.packets import PacketType
from ssoaudit.lab.tds.prelogin import Policy
from ssoaudit.lab.tds.server import SqlServer
from tests.lab.tds_faults import (
    LOGINS,
    QUERIES,
    Mischief,
    browsing,
    misbehaving,
    refusing,
    serving,
    silent,
    speaking,
    unanswering,
)
from tests.lab.tds_samples import SAMPLES
from tests.odbc import DRIVERS, needs

Opened = Callable[[], AbstractContextManager[Address]]

LIMITS = SqlLimits(login=15, query=15, deadline=60)
IMPATIENT = SqlLimits(login=1, query=1, deadline=30)
ASKED = "windows_password_secrets"
TABLE = "SSOX_WindowsPassword"
QUERIED = tuple(query for query in CATALOGUE if query.model.topic == ASKED)
TEXT = QUERIED[0].text

SENTENCES: Mapping[str, str] = {
    "read": "",
    "driver-missing": "The ODBC driver {driver} cannot be loaded.",
    "dns": "The name {host} of the server of {target} cannot be resolved.",
    "refused": "Nothing listens on port {port} of {host}, where {target} should be.",
    "unreachable": "{target} does not answer.",
    "instance-unknown": "No instance answers for {target}.",
    "not-sql-server": "What listens at {target} opened no session of SQL Server.",
    "no-session": "{target} took the connection but opened no session, and FreeTDS does not say why.",
    "tls-untrusted": "The certificate of {target} is not trusted.",
    "tls-name": "The certificate of {target} is not for {host}.",
    "tls-failed": "{target} and this machine agree on no encryption.",
    "kerberos": "There is no Kerberos ticket that {target} takes.",
    "login-failed": "{target} rejected the login of auditor.",
    "untrusted-domain": "{target} does not accept the Windows identity of auditor.",
    "login-disabled": "The login of auditor is disabled on {target}.",
    "login-locked": "The login of auditor is locked on {target}.",
    "login-expired": "The password of auditor has expired or must be changed on {target}.",
    "database-unavailable": "{target} cannot be opened by auditor.",
    "database-denied": "auditor is no user of {target}.",
    "database-offline": "{target} is offline, being restored, or in single-user mode.",
    "replica-not-readable": "{target} is a replica that cannot be read.",
    "server-not-ready": "SQL Server of {target} is starting, paused or shutting down.",
    "denied": "auditor may not read SSOX_WindowsPassword on {target}.",
    "missing-object": "{target} does not have what is asked of SSOX_WindowsPassword.",
    "busy": "Others kept {target} locked while SSOX_WindowsPassword was read.",
    "query-timeout": "{target} did not answer the query about SSOX_WindowsPassword in time.",
    "connection-lost": "The connection to {target} was cut.",
    "malformed": "SQL Server's answer about windows_password_secrets is not what was asked for.",
    "sql-error": "SQL Server answered the query about SSOX_WindowsPassword of {target} with an error.",
    "certificate-unverified": "FreeTDS does not verify the server's certificate, so the password of the SQL login was "
    "not sent to SSODB.",
    "option-unsupported": "The ODBC driver {driver} does not know encrypt: strict.",
}


@dataclass(frozen=True)
class Situation:
    """What is there to be asked, how it is asked, and the code that each driver's words become."""

    opened: Opened
    microsoft: str
    freetds: str
    settings: Mapping[str, object] = field(default_factory=dict)
    login: SqlLogin | None = LOGIN
    limits: SqlLimits = LIMITS


def both(opened: Opened, code: str, **settings: object) -> Situation:
    return Situation(opened, code, code, settings)


def behind(mischief: Mischief) -> Opened:
    @contextmanager
    def opened() -> Iterator[Address]:
        with serving(sql_server()) as sql, misbehaving(sql, mischief) as address:
            yield address

    return opened


def sql_server(
    changed: Table | Refusal | None = None,
    refusals: tuple[Refusal, ...] = (),
    encryption: Policy = "off",
    name: str = "localhost",
) -> SqlServer:
    answers = SAMPLES if changed is None else {**SAMPLES, TEXT: changed}
    context = None if encryption == "off" else AUTHORITY.server_context(name)
    return SqlServer(
        "SQL01",
        answers,
        USER,
        Secret(PASSWORD),
        encryption=encryption,
        ssl_context=context,
        refusals=refusals,
    )


def answering(changed: Table | Refusal) -> Opened:
    return lambda: serving(sql_server(changed))


def turning_away(number: int) -> Opened:
    return lambda: serving(sql_server(refusals=LOGINS[number]))


def encrypted(encryption: Policy, name: str = "localhost") -> Opened:
    @contextmanager
    def opened() -> Iterator[Address]:
        with serving(sql_server(encryption=encryption, name=name)) as address:
            yield Address(address.server.replace("127.0.0.1", "localhost"), address.database)

    return opened


@contextmanager
def another_instance() -> Iterator[Address]:
    with browsing() as browser:
        browser.ports["OTHER"] = 1
        yield Address(f"{browser.host}\\SSO", "SSODB")


@contextmanager
def the_instance() -> Iterator[Address]:
    with browsing() as browser, serving(sql_server(), browser.host) as address:
        browser.ports["SSO"] = address.endpoint.port or 0
        yield Address(f"{browser.host}\\SSO", "SSODB")


@contextmanager
def named(server: str) -> Iterator[Address]:
    yield Address(server, "SSODB")


AUTHORITY = Authority()
LOGIN_CODES = {
    18456: "login-failed",
    18452: "untrusted-domain",
    18470: "login-disabled",
    18486: "login-locked",
    18487: "login-expired",
    18488: "login-expired",
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
}
QUERY_CODES = {
    229: "denied",
    230: "denied",
    208: "missing-object",
    207: "missing-object",
    1222: "busy",
    1205: "busy",
    596: "connection-lost",
    3906: "sql-error",
}
OTHER = Table((SAMPLES[TEXT].columns[0],), ())
"""Other columns than the statement's: told before a driver finds a value that it cannot hand on."""

SITUATIONS: Mapping[str, Situation] = {
    "healthy": both(lambda: serving(sql_server()), "read"),
    "host unknown": both(lambda: named("sql01.invalid"), "dns"),
    "host of an instance unknown": both(lambda: named("sql01.invalid\\SSO"), "dns"),
    "refused": both(refusing, "refused"),
    "no answer": Situation(unanswering, "unreachable", "unreachable", limits=IMPATIENT),
    "silent": Situation(silent, "unreachable", "unreachable", limits=IMPATIENT),
    "hangs before the logon": Situation(
        behind(Mischief("hang", PacketType.PRELOGIN)), "unreachable", "unreachable", limits=IMPATIENT
    ),
    "hangs in the logon": Situation(
        behind(Mischief("hang", PacketType.LOGIN7)), "unreachable", "unreachable", limits=IMPATIENT
    ),
    "instance": both(the_instance, "read"),
    "instance not found": Situation(another_instance, "instance-unknown", "instance-unknown", limits=IMPATIENT),
    "not a SQL Server": Situation(
        lambda: speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "not-sql-server", "no-session"
    ),
    "closes before the logon": Situation(
        behind(Mischief("close", PacketType.PRELOGIN)), "not-sql-server", "no-session"
    ),
    "closes in the logon": Situation(behind(Mischief("close", PacketType.LOGIN7)), "not-sql-server", "no-session"),
    "resets in the logon": Situation(behind(Mischief("reset", PacketType.LOGIN7)), "not-sql-server", "no-session"),
    "closes after the logon": both(behind(Mischief("close", PacketType.SQL_BATCH)), "connection-lost"),
    "closes in a query": both(behind(Mischief("close", words=TABLE)), "connection-lost"),
    "resets in a query": both(behind(Mischief("reset", words=TABLE)), "connection-lost"),
    "hangs in a query": Situation(
        behind(Mischief("hang", words=TABLE)),
        "query-timeout",
        "query-timeout",
        limits=SqlLimits(login=15, query=3, deadline=60),
    ),
    "drips": both(behind(Mischief("drip", PacketType.PRELOGIN)), "read"),
    "slow": both(behind(Mischief("slow", words=TABLE, pause=0.2)), "read"),
    "without TLS": Situation(
        lambda: serving(sql_server()),
        "tls-failed",
        "no-session",
        settings={"encrypt": "mandatory", "trust_server_certificate": True},
    ),
    "TLS not verified": both(encrypted("required"), "read", encrypt="mandatory", trust_server_certificate=True),
    "TLS untrusted": Situation(
        encrypted("required"), "tls-untrusted", "certificate-unverified", settings={"encrypt": "mandatory"}
    ),
    "TLS trusted": Situation(
        encrypted("required"), "read", "certificate-unverified", settings={"encrypt": "mandatory", "ca": True}
    ),
    "TLS wrong name": Situation(
        encrypted("required", "elsewhere.example"),
        "tls-name",
        "certificate-unverified",
        settings={"encrypt": "mandatory", "ca": True},
    ),
    "TLS other name given": Situation(
        encrypted("required", "elsewhere.example"),
        "read",
        "option-unsupported",
        settings={"encrypt": "mandatory", "ca": True, "host_in_certificate": "elsewhere.example"},
    ),
    "strict": Situation(encrypted("strict"), "read", "option-unsupported", settings={"encrypt": "strict", "ca": True}),
    "strict untrusted": Situation(
        encrypted("strict"), "tls-untrusted", "option-unsupported", settings={"encrypt": "strict"}
    ),
    "strict asked of a server without it": Situation(
        encrypted("required"), "not-sql-server", "option-unsupported", settings={"encrypt": "strict", "ca": True}
    ),
    "strict wanted by the server alone": Situation(
        encrypted("strict"),
        "not-sql-server",
        "no-session",
        settings={"encrypt": "mandatory", "trust_server_certificate": True},
    ),
    "no ticket": Situation(lambda: serving(sql_server()), "kerberos", "no-session", login=None),
    "driver broken": both(lambda: serving(sql_server()), "driver-missing", broken=True),
    "malformed": both(answering(OTHER), "malformed"),
    **{
        f"login {number}": Situation(turning_away(number), code, {4060: "login-failed"}.get(number, code))
        for number, code in LOGIN_CODES.items()
    },
    **{f"query {number}": both(answering(QUERIES[number]), code) for number, code in QUERY_CODES.items()},
}


def ask(situation: Situation, driver: str, address: Address) -> SqlReading:
    settings = {key: value for key, value in situation.settings.items() if key not in {"ca", "broken"}}
    told = SqlSettings.model_validate({"encrypt": "optional", "driver": driver, **settings})
    return read(address, told, situation.login, situation.limits, QUERIED)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has all of 127.0.0.0/8, and queues that can be full")
@pytest.mark.parametrize("name", DRIVERS)
@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS)
def test_each_situation_has_its_code_and_its_sentence(
    situation: Situation, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    driver = needs(name)
    if "broken" in situation.settings:
        driver = str(tmp_path / Path(driver).name)
        Path(driver).write_bytes(b"no library")
    (tmp_path / "ca.pem").write_bytes(AUTHORITY.pem if "ca" in situation.settings else b"")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'none'}")
    with situation.opened() as address:
        reading = ask(situation, driver, address)

    each = reading.readings[ASKED]
    code = situation.microsoft if name == "microsoft" else situation.freetds
    assert (each.code if isinstance(each, Missing) else "read") == code, reading.fault and reading.fault.details
    if isinstance(each, Missing):
        assert each.message == sentence(code, address, driver, situation)
        assert each.hint
    assert PASSWORD not in caplog.text + repr(reading)


def sentence(code: str, address: Address, driver: str, situation: Situation) -> str:
    if code == "option-unsupported" and situation.settings["encrypt"] != "strict":
        return f"The ODBC driver {driver} does not know host_in_certificate."
    where = address.endpoint
    names = {"target": address.shown, "host": where.host, "port": where.port, "driver": driver}
    return SENTENCES[code].format_map(names)


def test_every_row_is_provoked() -> None:
    provoked = {code for each in SITUATIONS.values() for code in (each.microsoft, each.freetds)}

    assert provoked >= classify.CODES
    assert provoked - classify.CODES == {"read", "option-unsupported", "certificate-unverified"}
    assert provoked == SENTENCES.keys()


def test_every_number_of_sql_server_that_decides_is_provoked() -> None:
    assert LOGIN_CODES | QUERY_CODES == {**classify.NUMBERS, 3906: "sql-error"}
    assert LOGIN_CODES.keys() == LOGINS.keys()
    assert QUERY_CODES.keys() == QUERIES.keys()
