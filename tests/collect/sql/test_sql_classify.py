import re
import socket
from collections.abc import Callable
from typing import Any

import pytest

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.sql.address import Address, SqlLogin
from ssoaudit.collect.sql.classify import CODES, Conversation, classify, diagnose, fault, missing
from ssoaudit.collect.sql.drivers import Driver
from ssoaudit.credentials import Secret
from ssoaudit.evidence import ReadStatus

PASSWORD = "Correct-Horse-7"
LOGIN = SqlLogin("auditor", Secret(PASSWORD))
ADDRESS = Address("SQL01,1433", "SSODB")
MICROSOFT = Conversation(ADDRESS, Driver("microsoft", "ODBC Driver 18 for SQL Server", "registered", "18"), LOGIN)
FREETDS = Conversation(ADDRESS, Driver("freetds", "FreeTDS", "registered", None), LOGIN)
NAMED = Conversation(Address("SQL01\\SSO", "SSODB"), MICROSOFT.driver, LOGIN)

MS = "[Microsoft][ODBC Driver 18 for SQL Server]"
SERVER = f"{MS}[SQL Server]"
TDS = "[FreeTDS][SQL Server]"


@pytest.mark.parametrize(
    ("state", "text", "conversation", "code"),
    [
        ("01000", "[unixODBC][Driver Manager]Can't open lib '/x.so' : file not found (0)", MICROSOFT, "driver-missing"),
        ("IM002", "[Microsoft][ODBC Driver Manager] Data source name not found (0)", MICROSOFT, "driver-missing"),
        ("HYT00", f"{MS}Login timeout expired (0) (SQLDriverConnect)", MICROSOFT, "unreachable"),
        ("HYT00", f"{MS}Login timeout expired (0) (SQLDriverConnect)", NAMED, "instance-unknown"),
        ("08S01", "[FreeTDS][SQL Server]Unable to connect (20009) (SQLDriverConnect)", FREETDS, "unreachable"),
        ("08001", f"{MS}TCP Provider: Error code 0x2746 (10054) (SQLDriverConnect)", MICROSOFT, "not-sql-server"),
        ("HY000", f"{MS}Protocol error in TDS stream (0) (SQLDriverConnect)", MICROSOFT, "not-sql-server"),
        (
            "08001",
            "[FreeTDS][SQL Server]Unable to connect to data source (0) (SQLDriverConnect)",
            FREETDS,
            "no-session",
        ),
        (
            "08001",
            f"{MS}SSL Provider: [error:0A000086:SSL routines::certificate verify failed:self-signed certificate] (-1)",
            MICROSOFT,
            "tls-untrusted",
        ),
        (
            "08001",
            f"{MS}SSL Provider: [certificate verify failed:subject name does not match host name] (-1)",
            MICROSOFT,
            "tls-name",
        ),
        ("08001", f"{MS}Encryption not supported on SQL Server. (20) (SQLDriverConnect)", MICROSOFT, "tls-failed"),
        ("28000", f"{SERVER}Login failed for user 'auditor'. (18456) (SQLDriverConnect)", MICROSOFT, "login-failed"),
        ("42000", f"{TDS}Login failed for user 'auditor'. (18456) (SQLDriverConnect)", FREETDS, "login-failed"),
        ("28000", f"{SERVER}from an untrusted domain (18452) (SQLDriverConnect)", MICROSOFT, "untrusted-domain"),
        ("HY000", f"{MS}SSPI Provider: No Kerberos credentials available (458752)", MICROSOFT, "kerberos"),
        ("42000", f"{SERVER}the account is disabled. (18470) (SQLDriverConnect)", MICROSOFT, "login-disabled"),
        ("42000", f"{SERVER}the account is locked out. (18486) (SQLDriverConnect)", MICROSOFT, "login-locked"),
        ("28000", f"{SERVER}the password has expired. (18487) (SQLDriverConnect)", MICROSOFT, "login-expired"),
        ("28000", f"{SERVER}the password must be changed. (18488)", MICROSOFT, "login-expired"),
        (
            "42000",
            f'{SERVER}Cannot open database "SSODB". (4060) (SQLDriverConnect); [28000] {SERVER}Login failed. (18456)',
            MICROSOFT,
            "database-unavailable",
        ),
        (
            "28000",
            f'{SERVER}Login failed. (18456) (SQLDriverConnect); [42000] {SERVER}Cannot open database "SSODB". (4060)',
            MICROSOFT,
            "database-unavailable",
        ),
        ("08004", f"{SERVER}not able to access the database (916)", MICROSOFT, "database-denied"),
        (
            "42000",
            f"{SERVER}Database 'SSODB' cannot be opened because it is offline. (942)",
            MICROSOFT,
            "database-offline",
        ),
        ("42000", f"{SERVER}in the middle of a restore. (927)", MICROSOFT, "database-offline"),
        ("42000", f"{SERVER}already open and can only have one user. (924)", MICROSOFT, "database-offline"),
        ("42000", f"{SERVER}The target database participates in a group (976)", MICROSOFT, "replica-not-readable"),
        ("42000", f"{SERVER}application intent ReadOnly (978)", MICROSOFT, "replica-not-readable"),
        ("42000", f"{SERVER}SQL Server service has been paused. (17142)", MICROSOFT, "server-not-ready"),
        ("HY000", "something never seen", MICROSOFT, "not-sql-server"),
    ],
)
def test_what_a_logon_ends_with(state: str, text: str, conversation: Conversation, code: str) -> None:
    assert classify((state, f"[{state}] {text}"), conversation, connected=False).code == code


@pytest.mark.parametrize(
    ("state", "text", "code", "status"),
    [
        ("42000", f"{SERVER}The SELECT permission was denied on the object (229) (SQLExecDirectW)", "denied", "denied"),
        ("42000", f"{SERVER}denied on the column 'ec_timestamp' (230) (SQLExecDirectW)", "denied", "denied"),
        ("42S02", f"{SERVER}Invalid object name (208) (SQLExecDirectW)", "missing-object", "error"),
        ("42S22", f"{SERVER}Invalid column name (207) (SQLExecDirectW)", "missing-object", "error"),
        ("42000", f"{SERVER}Lock request time out period exceeded. (1222) (SQLExecDirectW)", "busy", "error"),
        ("40001", f"{SERVER}was deadlocked on lock resources (1205) (SQLExecDirectW)", "busy", "error"),
        ("HYT00", f"{MS}Query timeout expired (0) (SQLExecDirectW)", "query-timeout", "deadline"),
        ("08S01", f"{MS}TCP Provider: Error code 0x2746 (10054) (SQLExecDirectW)", "connection-lost", "unreachable"),
        ("01000", f"{TDS}Unexpected EOF from the server (20017) (SQLExecDirectW)", "connection-lost", "unreachable"),
        ("HY000", f"{TDS}Cannot continue, the session is in the kill state. (596)", "connection-lost", "unreachable"),
        ("HY000", f"{TDS}Unknown error (0) (SQLExecDirectW)", "connection-lost", "unreachable"),
        ("HY000", f"{SERVER}something new (49999) (SQLExecDirectW)", "sql-error", "error"),
        ("25000", f"{SERVER}the database is read-only. (3906) (SQLExecDirectW)", "sql-error", "error"),
        ("HY106", "ODBC SQL type -150 is not yet supported.", "malformed", "malformed"),
    ],
)
def test_what_a_statement_ends_with(state: str, text: str, code: str, status: str) -> None:
    table = "SSOX_ExternalCredentials"
    fault = classify((state, f"[{state}] {text}"), MICROSOFT, connected=True, table=table)

    assert fault.code == code
    assert missing(fault, 7).status is ReadStatus(status)
    assert missing(fault, 7).milliseconds == 7


def test_a_number_in_a_name_is_not_taken_for_the_servers() -> None:
    text = f"{SERVER}Invalid object name 'x (229) y'. (208) (SQLExecDirectW)"

    assert classify(("42S02", text), MICROSOFT, connected=True).code == "missing-object"


def test_what_may_not_be_read_comes_with_the_grant_for_it() -> None:
    text = f"{SERVER}The SELECT permission was denied (229) (SQLExecDirectW)"
    fault = classify(("42000", text), MICROSOFT, connected=True, table="SSOX_WindowsPassword")

    assert "GRANT SELECT ON dbo.SSOX_WindowsPassword (wp_msid, wp_timestamp) TO ssoaudit_reader;" in fault.hint
    assert "auditor" in fault.message


@pytest.mark.parametrize("section", ["sql", "biztalk"])
def test_a_hint_names_the_section_of_the_inventory(section: str) -> None:
    conversation = Conversation(ADDRESS, MICROSOFT.driver, LOGIN, section)

    for code in sorted(CODES):
        hint = fault(code, conversation).hint
        assert set(re.findall(r"\b(sql|biztalk)\.\w+", hint)) <= {section}
        assert "{" not in hint


@pytest.mark.parametrize("arguments", [(), ("28000",), (None, 7), ("no state", "text"), ("HY000", "x" * 100_000)])
def test_any_arguments_make_a_fault(arguments: tuple[object, ...]) -> None:
    for connected in (True, False):
        assert len(classify(arguments, MICROSOFT, connected=connected).details) <= 300


def test_no_fault_holds_the_password_or_what_steers_a_terminal() -> None:
    text = f"\x1b[2Jthe password {PASSWORD} is wrong\r\n" + "x" * 250 + PASSWORD + " (18456)"
    fault = classify(("28000", text), MICROSOFT, connected=False)

    assert PASSWORD not in repr(fault) + str(fault) + fault.details
    assert "Correct" not in fault.details
    assert "\x1b" not in fault.details
    assert fault.code == "login-failed"


def test_a_wrong_login_is_not_to_be_tried_again() -> None:
    for number in (18456, 18452, 18470, 18486, 18487, 4060, 916):
        assert not classify(("28000", f"no ({number})"), MICROSOFT, connected=False).retryable


def at(server: str) -> Conversation:
    return Conversation(Address(server, "SSODB"), MICROSOFT.driver, None)


def test_a_port_where_nothing_listens_is_refused() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        fault = diagnose(at(f"127.0.0.1,{bound.getsockname()[1]}"), 5)

    assert isinstance(fault, Fault)
    assert (fault.code, fault.stage) == ("refused", FaultStage.CONNECT)


@pytest.mark.parametrize("server", ["sql01.invalid", "sql01.invalid\\SSO"])
def test_a_name_that_is_unknown_is_said_to_be(server: str) -> None:
    fault = diagnose(at(server), 5)

    assert isinstance(fault, Fault)
    assert (fault.code, fault.stage) == ("dns", FaultStage.RESOLVE)


def test_a_port_where_something_listens_passes_and_an_instance_is_left_to_the_driver() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert diagnose(at(f"127.0.0.1,{listening.getsockname()[1]}"), 5) is None
    assert diagnose(at("127.0.0.1\\SSO"), 5) is None


def test_one_address_of_a_name_that_listens_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("127.0.0.2", "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", resolving("listener.example", both))
        assert diagnose(at(f"listener.example,{port}"), 5) is None


def resolving(name: str, addresses: list[Any]) -> Callable[..., list[Any]]:
    """The system's look-up of names, with one name more."""
    system = socket.getaddrinfo
    return lambda host, *args, **kwargs: addresses if host == name else system(host, *args, **kwargs)
