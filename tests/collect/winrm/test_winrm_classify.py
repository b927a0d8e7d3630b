import http.client
import ssl
import struct
import xml.etree.ElementTree as ET

import pytest
import requests
import urllib3.exceptions
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)

from ssoaudit.collect.faults import FaultStage
from ssoaudit.collect.winrm.classify import _ROWS, RefusedError, classify
from ssoaudit.collect.winrm.endpoint import Endpoint

NODE = Endpoint("NODE1", "node1.contoso.example", 5985, "http")
USER = "CONTOSO\\auditor"


class KerberosExchangeError(requests.RequestException):
    """Named like the class of the vendored library, which is importable only where Kerberos is installed."""


class GSSError(Exception):
    """Named like the class of the Kerberos library."""


def untrusted(verify_code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = verify_code
    error.verify_message = "why"
    return error


def broken(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "text")
    error.reason = reason
    return error


def wsman(code: int | None) -> WSManFaultError:
    return WSManFaultError(500, "m", "r", "the reason", "s:Sender", "w:Sub", code)


def aborted(cause: Exception) -> requests.ConnectionError:
    return requests.ConnectionError(urllib3.exceptions.ProtocolError("Connection aborted.", cause))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RefusedError("dns"), "dns"),
        (RefusedError("downgrade"), "downgrade"),
        (InvalidCredentialsError(), "auth"),
        (PermissionError("Access denied: Server did not respond with NTLM challenge token"), "auth-scheme"),
        (KerberosExchangeError("authGSSClientStep() failed, result: -1"), "krb-failed"),
        (GSSError(("Unspecified", 851968), ("Server HTTP/x@Y not found", -1765328377)), "krb-spn"),
        (GSSError(("Unspecified", 851968), ("Cannot contact any KDC", -1765328228)), "krb-kdc"),
        (GSSError(("No credentials", 458752), ("No credentials cache", -1765328243)), "krb-no-ticket"),
        (GSSError(("Credentials expired", 720896), ("", 0)), "krb-expired"),
        (GSSError(("Unspecified", 851968), ("Ticket expired", -1765328352)), "krb-expired"),
        (GSSError(("Unspecified", 851968), ("Clock skew too great", -1765328347)), "krb-skew"),
        (GSSError(("Unspecified", 851968), ("No such encryption type", -1765328370)), "krb-failed"),
        (GSSError("SSPI: InitializeSecurityContext: the words of Windows"), "krb-failed"),
        (requests.exceptions.SSLError(untrusted(20)), "tls-untrusted"),
        (requests.exceptions.SSLError(untrusted(62)), "tls-name"),
        (requests.exceptions.SSLError(untrusted(64)), "tls-name"),
        (requests.exceptions.SSLError(untrusted(10)), "tls-expired"),
        (requests.exceptions.SSLError(broken("WRONG_VERSION_NUMBER")), "scheme"),
        (requests.exceptions.SSLError(broken("TLSV1_ALERT_UNKNOWN_CA")), "certificate-rejected"),
        (requests.exceptions.SSLError(broken("SSLV3_ALERT_CERTIFICATE_EXPIRED")), "certificate-rejected"),
        (requests.exceptions.SSLError(broken("TLSV13_ALERT_CERTIFICATE_REQUIRED")), "certificate-rejected"),
        (InvalidCredentialsError(RefusedError("protocol")), "auth"),
        (requests.exceptions.SSLError(broken("SSLV3_ALERT_HANDSHAKE_FAILURE")), "tls"),
        (wsman(5), "denied"),
        (wsman(2150859173), "quota"),
        (wsman(2150859174), "quota"),
        (wsman(2150858843), "shell-lost"),
        (wsman(2150859025), "request-too-large"),
        (wsman(1), "soap-fault"),
        (wsman(None), "soap-fault"),
        (WinRMOperationTimeoutError(), "slow-node"),
        (WinRMTransportError("http", 413, ""), "request-too-large"),
        (WinRMTransportError("http", 503, ""), "http"),
        (WinRMTransportError("http", 400, ""), "conn-lost"),
        (requests.ReadTimeout(), "silent"),
        (aborted(http.client.RemoteDisconnected("")), "conn-lost"),
        (aborted(ConnectionResetError(104, "reset")), "conn-lost"),
        (aborted(TimeoutError()), "silent"),
        (aborted(http.client.BadStatusLine("x")), "protocol"),
        (urllib3.exceptions.ProtocolError("x", urllib3.exceptions.IncompleteRead(1, 2)), "conn-lost"),
        (ET.ParseError(), "protocol"),
        (StopIteration(), "protocol"),
        (KeyError("content-type"), "protocol"),
        (AssertionError(), "protocol"),
        (struct.error(), "protocol"),
        (UnicodeEncodeError("latin-1", "pass\u20ac", 4, 5, "no"), "protocol"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_rows(error: Exception, code: str) -> None:
    fault = classify(error, NODE, USER)
    assert fault.code == code
    assert "NODE1" in fault.message
    assert fault.hint
    assert "{" not in str(fault)


def test_before_anything_is_answered_the_characters_are_the_credentials() -> None:
    error = UnicodeEncodeError("latin-1", "pass\u20ac", 4, 5, "no")
    assert classify(error, NODE, USER, FaultStage.CONNECT).code == "credential-characters"


@pytest.mark.parametrize(
    "error", [ConnectionResetError(), WinRMTransportError("http", 503, ""), RefusedError("deadline")]
)
def test_a_password_that_is_not_answered_is_not_given_again(error: Exception) -> None:
    fault = classify(error, NODE, USER, FaultStage.AUTHENTICATE)
    assert (fault.stage, fault.unanswered, fault.retryable) == (FaultStage.AUTHENTICATE, True, False)


@pytest.mark.parametrize("error", [InvalidCredentialsError(), RefusedError("auth-scheme"), RefusedError("auth-weak")])
def test_a_refusal_is_an_answer(error: Exception) -> None:
    assert not classify(error, NODE, USER, FaultStage.AUTHENTICATE).unanswered


@pytest.mark.parametrize("stage", [FaultStage.CONNECT, FaultStage.SHELL])
def test_a_cut_connection_without_a_password_at_stake_is_tried_again(stage: FaultStage) -> None:
    fault = classify(ConnectionResetError(), NODE, USER, stage)
    assert (fault.unanswered, fault.retryable) == (False, True)


def test_every_row_is_a_sentence_and_a_hint() -> None:
    for code, row in _ROWS.items():
        assert row.message.endswith("."), code
        assert "{target}" in row.message, code
        assert row.hint.endswith("."), code


def test_cause_and_context_are_searched() -> None:
    caused, within = ValueError(), ValueError()
    caused.__cause__ = ConnectionResetError()
    within.__context__ = ConnectionResetError()
    assert classify(caused, NODE, USER).code == "conn-lost"
    assert classify(within, NODE, USER).code == "conn-lost"


def test_exceptions_that_name_each_other_end() -> None:
    one, two = ValueError(), ValueError()
    one.args, two.args = (two,), (one,)
    assert classify(one, NODE, USER).code == "protocol"


def test_stage_is_the_rows_or_the_callers() -> None:
    assert classify(RefusedError("dns"), NODE, USER, FaultStage.RUN).stage is FaultStage.RESOLVE
    assert classify(RefusedError("deadline"), NODE, USER, FaultStage.RUN).stage is FaultStage.RUN


@pytest.mark.parametrize(("scheme", "port"), [("http", 5986), ("https", 5985)])
def test_another_scheme_is_guessed_from_the_port_before_the_first_answer(scheme: str, port: int) -> None:
    where = Endpoint("NODE1", "node1", port, "http" if scheme == "http" else "https")
    lost = aborted(http.client.RemoteDisconnected(""))
    assert classify(lost, where, USER, FaultStage.CONNECT).code == "scheme"
    assert classify(lost, where, USER, FaultStage.RUN).code == "conn-lost"
    assert classify(lost, NODE, USER, FaultStage.CONNECT).code == "conn-lost"


def test_text_of_unknown_exceptions_is_not_shown() -> None:
    for error in (ValueError("canary"), UnicodeEncodeError("latin-1", "canary\u20ac", 6, 7, "no"), KeyError("canary")):
        fault = classify(requests.ConnectionError(error), NODE, USER)
        assert "canary" not in repr(fault)
        assert type(error).__name__ in fault.details


def test_text_of_the_node_is_made_visible() -> None:
    error = WSManFaultError(500, "m", "r", "a\x1b[2J\nb\u202e" + "x" * 1000, None, None, 7)
    fault = classify(error, NODE, "u\x1b[2Jser")
    assert fault.details.isprintable()
    assert len(fault.details) <= 300
    assert "\x1b" not in classify(InvalidCredentialsError(), NODE, "u\x1b[2Jser").message
