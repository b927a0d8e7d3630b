import asyncio
import base64
import hashlib
import json
import os
import secrets
import socket
import ssl
import struct
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import spnego
from hypothesis import given
from hypothesis import strategies as st
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)
from winrm.protocol import Protocol

from ssoaudit.credentials import Secret
from ssoaudit.lab import encryption, wsman
from ssoaudit.lab.authentication import Account, Logon
from ssoaudit.lab.counters import Counters
from ssoaudit.lab.http import BODY_LIMIT, HEADER_LIMIT, BadRequestError, read_request
from ssoaudit.lab.shells import CMD, STDIN_LIMIT, Shells
from ssoaudit.lab.winrm import Node, Reply
from ssoaudit.lab.wsman import SHELL, TRANSFER
from tests.lab.child import ChildProcess

USER = "CONTOSO\\auditor"
CHUNK = 98_304


@dataclass
class RunningNode:
    child: ChildProcess
    port: int
    password: str
    ca_file: Path
    tls: bool
    scheme: str
    used: list[Protocol] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/wsman"

    def client(self, **changes: object) -> Protocol:
        settings: dict[str, Any] = {
            "endpoint": self.url,
            "transport": self.scheme,
            "username": USER,
            "password": self.password,
            "message_encryption": "auto" if self.tls else "always",
            "ca_trust_path": str(self.ca_file),
            "proxy": None,
        }
        protocol = Protocol(**{**settings, **changes})
        self.used.append(protocol)
        return protocol

    @property
    def counters(self) -> dict[str, Any]:
        told: dict[str, Any] = self.child.ask("counters", port=self.port)
        return told


@pytest.fixture(scope="module")
def child() -> Iterator[ChildProcess]:
    with ChildProcess("tests.lab.winrm_child") as running:
        yield running


@contextmanager
def running_node(
    child: ChildProcess, directory: Path, scheme: str, *, tls: bool = False, may_open_shell: bool = True
) -> Iterator[RunningNode]:
    password = secrets.token_urlsafe(12)
    names = ["localhost", "127.0.0.1"] if tls else []
    answer = child.ask(
        "start", user=USER, password=password, schemes=[scheme], names=names, may_open_shell=may_open_shell
    )
    ca_file = directory / "ca.pem"
    ca_file.write_text(answer["authority"])
    running = RunningNode(child, answer["port"], password, ca_file, tls, scheme)
    try:
        yield running
    finally:
        for protocol in running.used:
            protocol.transport.close_session()
        child.ask("stop", port=running.port)


@pytest.fixture
def node(child: ChildProcess, tmp_path: Path) -> Iterator[RunningNode]:
    with running_node(child, tmp_path, "ntlm") as running:
        yield running


@pytest.fixture
def tls_node(child: ChildProcess, tmp_path: Path) -> Iterator[RunningNode]:
    with running_node(child, tmp_path, "basic", tls=True) as running:
        yield running


def pieces_of(protocol: Protocol, shell: str, command: str) -> tuple[list[tuple[bytes, bytes]], int]:
    """What each Receive brought, and the exit code."""
    pieces = []
    while True:
        stdout, stderr, code, done = protocol.get_command_output_raw(shell, command)
        pieces.append((stdout, stderr))
        if done:
            return pieces, code


def execute(
    protocol: Protocol, command: str, *arguments: str, stdin: bytes = b"", **options: bool
) -> tuple[bytes, bytes, int, int]:
    """(stdout, stderr, exit code, number of Receives) of one command in one shell."""
    shell = protocol.open_shell(noprofile=True, codepage=65001)
    settings = {"console_mode_stdin": False, "skip_cmd_shell": True, **options}
    identity = protocol.run_command(shell, command, arguments, **settings)
    for start in range(0, len(stdin) or 1, CHUNK):
        piece = stdin[start : start + CHUNK]
        protocol.send_command_input(shell, identity, piece, end=start + CHUNK >= len(stdin))
    pieces, code = pieces_of(protocol, shell, identity)
    protocol.cleanup_command(shell, identity)
    protocol.close_shell(shell)
    return b"".join(out for out, _ in pieces), b"".join(err for _, err in pieces), code, len(pieces)


def test_one_command_over_ntlm_is_ten_requests_all_of_them_sealed(node: RunningNode) -> None:
    stdout, stderr, code, _ = execute(node.client(), "echo", "one", "two", stdin=b"in\xff")
    told = json.loads(stdout)
    assert (told["sha256"], stderr, code) == (hashlib.sha256(b"in\xff").hexdigest(), b"", 0)
    assert " ".join(told["arguments"]) == "one two"
    assert node.counters == {
        "requests": 10,
        "logons": 1,
        "rejected_logons": 0,
        "authenticate_messages": 1,
        "encrypted_messages": 7,
        "plaintext_bodies": 0,
        "shells_opened": 1,
        "shells_closed": 1,
        "open_shells": 0,
    }


@pytest.mark.parametrize("wrong", [{"password": "not the password"}, {"username": "CONTOSO\\nobody"}])
def test_a_wrong_password_or_user_is_one_failed_logon(node: RunningNode, wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidCredentialsError):
        node.client(**wrong).open_shell()
    counters = node.counters
    assert (counters["logons"], counters["rejected_logons"], counters["authenticate_messages"]) == (0, 1, 1)
    assert (counters["shells_opened"], counters["encrypted_messages"]) == (0, 0)


def test_basic_over_verified_tls(tls_node: RunningNode) -> None:
    stdout, _, code, _ = execute(tls_node.client(), "echo", stdin=b"x")
    assert (json.loads(stdout)["bytes"], code) == (1, 0)
    counters = tls_node.counters
    assert (counters["requests"], counters["logons"], counters["encrypted_messages"]) == (7, 1, 0)
    assert (counters["plaintext_bodies"], counters["open_shells"]) == (0, 0)


def test_basic_with_a_wrong_password_is_rejected(tls_node: RunningNode) -> None:
    with pytest.raises(InvalidCredentialsError):
        tls_node.client(password="wrong").open_shell()
    assert (tls_node.counters["logons"], tls_node.counters["rejected_logons"]) == (0, 1)


def test_basic_asks_for_credentials_on_every_request(tls_node: RunningNode) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(tls_node.ca_file)
        assert session.post(tls_node.url, auth=(USER, tls_node.password)).status_code == 200
        answer = session.post(tls_node.url)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="WSMAN"')


def test_a_client_without_the_authority_does_not_trust_the_node(tls_node: RunningNode) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        tls_node.client(ca_trust_path=None).open_shell()
    assert tls_node.counters["requests"] == 0


def test_the_certificate_stands_for_its_names_only(tls_node: RunningNode) -> None:
    context = ssl.create_default_context(cafile=str(tls_node.ca_file))
    context.verify_flags |= ssl.VERIFY_X509_STRICT

    def handshake(name: str) -> str | None:
        with (
            socket.create_connection(("127.0.0.1", tls_node.port)) as plain,
            context.wrap_socket(plain, server_hostname=name) as secured,
        ):
            return secured.version()

    assert handshake("localhost") == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake("node1.contoso.com")


def test_ntlm_over_tls_needs_no_sealing(child: ChildProcess, tmp_path: Path) -> None:
    with running_node(child, tmp_path, "ntlm", tls=True) as running:
        assert execute(running.client(), "echo")[2] == 0
        counters = running.counters
        assert (counters["logons"], counters["encrypted_messages"], counters["plaintext_bodies"]) == (1, 0, 0)


def test_ntlm_over_tls_may_seal(child: ChildProcess, tmp_path: Path) -> None:
    with running_node(child, tmp_path, "ntlm", tls=True) as running:
        assert execute(running.client(message_encryption="always"), "echo")[2] == 0
        assert running.counters["encrypted_messages"] == 7


def test_a_body_in_clear_is_refused_even_after_logon(node: RunningNode) -> None:
    with pytest.raises(WinRMTransportError) as caught:
        node.client(message_encryption="never").open_shell()
    assert (caught.value.code, caught.value.response_text) == (500, "")
    counters = node.counters
    assert (counters["logons"], counters["plaintext_bodies"], counters["shells_opened"]) == (1, 3, 0)


def test_basic_is_not_offered_without_tls() -> None:
    with pytest.raises(ValueError, match="TLS only"):
        Node("NODE1", lambda *_: Reply(b""), USER, Secret("x"), schemes=("basic",))


def test_a_node_offers_known_schemes_only() -> None:
    with pytest.raises(ValueError, match="ntlm, basic or both"):
        Node("NODE1", lambda *_: Reply(b""), USER, Secret("x"), schemes=("kerberos",))


def test_an_unknown_shell_or_command_is_a_fault(node: RunningNode) -> None:
    protocol = node.client()
    with pytest.raises(WSManFaultError) as caught:
        protocol.run_command(str(uuid.uuid4()), "echo")
    assert caught.value.wsman_fault_code == 2150858843
    shell = protocol.open_shell()
    with pytest.raises(WSManFaultError) as caught:
        protocol.get_command_output_raw(shell, str(uuid.uuid4()))
    assert caught.value.wsman_fault_code == 2150858843
    protocol.close_shell(shell, close_session=False)
    with pytest.raises(WSManFaultError) as caught:
        protocol.close_shell(shell)
    assert caught.value.wsman_fault_code == 2150858843
    assert node.counters["open_shells"] == 0


def test_a_fault_relates_to_its_request(node: RunningNode) -> None:
    protocol = node.client()
    header = protocol.build_wsman_header("no:action", CMD, message_id="<&>")
    message = f"<s:Envelope xmlns:s='{header['@xmlns:env']}' xmlns:a='{header['@xmlns:a']}'><s:Header>"
    message += "<a:MessageID>uuid:&lt;&amp;></a:MessageID></s:Header><s:Body/></s:Envelope>"
    with pytest.raises(WSManFaultError) as caught:
        protocol.send_message(message)
    assert caught.value.fault_subcode == "a:ActionNotSupported"
    root = ET.fromstring(caught.value.response)  # noqa: S314 - our own node's
    assert root.findtext("s:Header/a:RelatesTo", "", wsman.NAMESPACES) == "uuid:<&>"


def test_an_account_without_the_right_is_denied_a_shell(child: ChildProcess, tmp_path: Path) -> None:
    with running_node(child, tmp_path, "ntlm", may_open_shell=False) as running:
        with pytest.raises(WSManFaultError) as caught:
            running.client().open_shell()
        assert caught.value.wsman_fault_code == 5
        assert (running.counters["logons"], running.counters["shells_opened"]) == (1, 0)


def test_the_thirty_first_shell_is_beyond_the_quota(node: RunningNode) -> None:
    protocol = node.client()
    shells = [protocol.open_shell() for _ in range(30)]
    with pytest.raises(WSManFaultError) as caught:
        protocol.open_shell()
    assert caught.value.wsman_fault_code == 2150859173
    protocol.close_shell(shells[0], close_session=False)
    protocol.open_shell()
    assert node.counters["open_shells"] == 30


def test_a_resource_other_than_the_cmd_shell_is_a_fault(node: RunningNode) -> None:
    protocol = node.client()
    action = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Create"
    header = protocol.build_wsman_header(action, "http://schemas.microsoft.com/powershell/Microsoft.PowerShell")
    message = (
        f"<s:Envelope xmlns:s='{header['@xmlns:env']}' xmlns:a='{header['@xmlns:a']}' xmlns:w='{header['@xmlns:w']}'>"
        f"<s:Header><a:Action>{action}</a:Action><w:ResourceURI>x:other</w:ResourceURI></s:Header><s:Body/></s:Envelope>"
    )
    with pytest.raises(WSManFaultError) as caught:
        protocol.send_message(message)
    assert caught.value.fault_subcode == "a:DestinationUnreachable"


def test_four_hundred_kilobytes_of_input_arrive_whole(node: RunningNode) -> None:
    script = secrets.token_bytes(400_000)
    stdout, _, _, _ = execute(node.client(), "echo", stdin=script)
    told = json.loads(stdout)
    assert (told["bytes"], told["sha256"]) == (400_000, hashlib.sha256(script).hexdigest())
    assert node.counters["encrypted_messages"] == 11


def test_large_output_takes_several_receives_and_done_comes_last(node: RunningNode) -> None:
    protocol = node.client()
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "pattern", ["300000", "5000", "3"], skip_cmd_shell=True)
    protocol.send_command_input(shell, command, b"", end=True)
    pieces, code = pieces_of(protocol, shell, command)
    protocol.close_shell(shell)
    assert b"".join(out for out, _ in pieces) == bytes(index % 251 for index in range(300_000))
    assert b"".join(err for _, err in pieces) == b"e" * 5000
    assert ([len(out) + len(err) for out, err in pieces], code) == ([CHUNK, CHUNK, CHUNK, 10_088, 0], 3)


def test_no_output_is_done_at_once(node: RunningNode) -> None:
    assert execute(node.client(), "pattern", "0", "0", "7") == (b"", b"", 7, 1)


def test_a_receive_before_the_end_of_input_times_out_as_an_operation(node: RunningNode) -> None:
    protocol = node.client(operation_timeout_sec=1, read_timeout_sec=30)
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "echo", console_mode_stdin=False, skip_cmd_shell=True)
    with pytest.raises(WinRMOperationTimeoutError):
        protocol.get_command_output_raw(shell, command)
    protocol.send_command_input(shell, command, b"late", end=True)
    pieces, code = pieces_of(protocol, shell, command)
    assert (json.loads(pieces[0][0])["bytes"], code) == (4, 0)
    protocol.close_shell(shell)


def test_the_lab_has_no_cmd_exe(node: RunningNode) -> None:
    stdout, stderr, code, _ = execute(node.client(), "echo", skip_cmd_shell=False)
    assert (stdout, code) == (b"", 1)
    assert b"WINRS_SKIP_CMD_SHELL" in stderr


def test_a_console_is_no_pipe(node: RunningNode) -> None:
    stdout, _, _, _ = execute(node.client(), "echo", stdin=b"typed", console_mode_stdin=True)
    assert json.loads(stdout)["bytes"] == 0


def test_twenty_clients_at_once(node: RunningNode) -> None:
    scripts = [f"client {number}".encode() * number for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda script: execute(node.client(), "echo", stdin=script), scripts))
    assert [json.loads(reply[0])["sha256"] for reply in replies] == [
        hashlib.sha256(script).hexdigest() for script in scripts
    ]
    counters = node.counters
    assert (counters["requests"], counters["logons"], counters["authenticate_messages"]) == (200, 20, 20)
    assert (counters["shells_opened"], counters["open_shells"], counters["plaintext_bodies"]) == (20, 0, 0)


def test_the_collector_runs_end_to_end(node: RunningNode) -> None:
    script = b"function Read-Services {}"
    topics = base64.b64encode(b'{"topics":["services"]}').decode()
    header = f"SSOAUDIT-IN/1 {len(script)} {hashlib.sha256(script).hexdigest()} {topics}\n".encode()
    arguments = ("-NoLogo", "-NoProfile", "-NonInteractive", "-Command", "$input", "| & {'<a>' -eq \"&\"}")
    stdout, stderr, code, _ = execute(node.client(), "powershell.exe", *arguments, stdin=header + script)
    frame, end = stdout.decode().splitlines()
    assert json.loads(base64.b64decode(frame.split(" ")[5])) == {"names": ["ENTSSO"]}
    assert (frame.split(" ")[:3], end) == (["SSOAUDIT/1", "services", "ok"], "SSOAUDIT/1 END 1")
    assert (stderr, code) == (b"", 0)


def test_a_document_type_declaration_is_refused(node: RunningNode) -> None:
    with pytest.raises(WSManFaultError, match="document type"):
        node.client().send_message('<!DOCTYPE x [<!ENTITY e "boom">]><x>&e;</x>')


def sealed_exchange(protocol: Protocol, body: bytes | None = None) -> requests.Response:
    """Send a prepared request of an open session, or another body in its place."""
    transport = protocol.transport
    assert transport.encryption
    assert transport.session
    prepared = transport.encryption.prepare_encrypted_request(transport.session, transport.endpoint, b"<x/>")
    if body is not None:
        prepared.prepare_body(body, None)
    return transport.session.send(prepared)


def test_sealed_replies_have_the_form_of_windows(node: RunningNode) -> None:
    protocol = node.client()
    protocol.open_shell()
    answer = sealed_exchange(protocol)
    assert answer.headers["Content-Type"] == (
        'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"'
    )
    first, head, parts = answer.content.split(b"--Encrypted Boundary\r\n")
    assert (first, head.count(b"\r\n")) == (b"", 2)
    assert head.startswith(
        b"\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
        b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length="
    )
    assert parts.startswith(b"\tContent-Type: application/octet-stream\r\n\x10\0\0\0\1\0\0\0")
    assert parts.endswith(b"--Encrypted Boundary--\r\n")
    assert not parts.removesuffix(b"--Encrypted Boundary--\r\n").endswith(b"\r\n")
    assert b"s:Envelope" not in answer.content


def test_a_forged_message_is_refused_and_the_connection_closed(node: RunningNode) -> None:
    protocol = node.client()
    protocol.open_shell()
    forged = b"--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
    forged += b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=4\r\n--Encrypted Boundary\r\n"
    forged += b"\tContent-Type: application/octet-stream\r\n\x10\0\0\0" + bytes(20) + b"--Encrypted Boundary--\r\n"
    answer = sealed_exchange(protocol, forged)
    assert (answer.status_code, answer.headers["Connection"]) == (400, "close")
    assert node.counters["encrypted_messages"] == 1


def raw_answer(node: RunningNode, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", node.port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answer:
            return answer.readline()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /wsman HTTP/1.1\r\n\r\n", b"405"),
        (b"POST /other HTTP/1.1\r\n\r\n", b"404"),
        (b"POST /wsman HTTP/1.1\r\n\r\n", b"401"),
        (b"POST /wsman?PSVersion=5.1 HTTP/1.1\r\n\r\n", b"401"),
        (b"POST /wsman HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", b"400"),
        (b"POST /wsman HTTP/1.1\r\nno header\r\n\r\n", b"400"),
        (b"POST /wsman HTTP/1.0\r\n\r\n", b"400"),
        (b"POST /wsman HTTP/1.1\r\nX: " + b"x" * HEADER_LIMIT + b"\r\n\r\n", b"431"),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (8 * BODY_LIMIT) + bytes(8 * BODY_LIMIT), b"413"),
        (b"POST /wsman HTTP/1.1\r\nAuthorization: NTLM \xff\r\n\r\n", b"401"),
        (b"POST /wsman HTTP/1.1\r\nAuthorization: Basic dTpw\r\n\r\n", b"401"),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort", b""),
        (b"POST /ws", b""),
    ],
    ids=lambda value: value[:60].decode("latin-1") if len(value) > 3 else "",
)
def test_http_that_is_not_winrm(node: RunningNode, request_bytes: bytes, status: bytes) -> None:
    assert raw_answer(node, request_bytes)[9:12] == status


def test_an_unknown_client_is_offered_ntlm(node: RunningNode) -> None:
    answer = requests.post(node.url, data=b"<soap/>", proxies={"no_proxy": "*"}, timeout=10)
    assert (answer.status_code, answer.headers["WWW-Authenticate"], answer.content) == (401, "NTLM", b"")
    assert node.counters["plaintext_bodies"] == 1


@pytest.fixture
def account() -> Iterator[Account]:
    made = Account("CONTOSO\\auditor", Secret("pässword"))
    made.open()
    yield made
    made.close()


def logged_on(account: Account) -> tuple[spnego.ContextProxy, spnego.ContextProxy]:
    """(the client's context, the node's) after a handshake."""
    logon = Logon(account, ("ntlm",), Counters())
    client = log_on(logon)
    assert logon.context
    return client, logon.context


def log_on(logon: Logon) -> spnego.ContextProxy:
    client = spnego.client("CONTOSO\\auditor", "pässword", protocol="ntlm")
    token = client.step() or b""
    (challenge,) = logon.challenges(f"NTLM {base64.b64encode(token).decode()}")
    token = client.step(base64.b64decode(challenge.removeprefix("NTLM "))) or b""
    assert logon.challenges(f"NTLM {base64.b64encode(token).decode()}") == ()
    return client


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\t", b""),
        (b"\t", b"  "),
        (b"--Encrypted Boundary--\r\n", b"\r\n--Encrypted Boundary--\r\n"),
        (b"--Encrypted Boundary--\r\n", b"--Encrypted Boundary--\r\n\r\n"),
    ],
)
def test_other_stacks_white_space_is_read(account: Account, old: bytes, new: bytes) -> None:
    client, server = logged_on(account)
    head, end = b"\t", b"--Encrypted Boundary--\r\n"
    body = encryption.seal(client, b"<x/>")
    text, payload = body[:-48], body[-48:]
    body = text.replace(old, new) + payload if old == head else body.replace(end, new)
    assert encryption.unseal(server, body) == b"<x/>"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Length=4", b"Length=3"),
        (b"Length=4", b"Length=5"),
        (b"\x10\0\0\0", b"\x0f\0\0\0"),
        (b"--Encrypted Boundary--\r\n", b"x--Encrypted Boundary--\r\n"),
        (b"--Encrypted Boundary--\r\n", b""),
        (b"--Encrypted Boundary--\r\n", b"--Encrypted Boundary--\r\n<x/>"),
        (b"HTTP-SPNEGO", b"HTTP-CredSSP"),
    ],
)
def test_a_sealed_message_that_is_not_exactly_one_is_refused(account: Account, old: bytes, new: bytes) -> None:
    client, server = logged_on(account)
    body = encryption.seal(client, b"<x/>")
    with pytest.raises(encryption.SealError):
        encryption.unseal(server, body.replace(old, new, 1))


def test_a_replayed_message_is_refused(account: Account) -> None:
    client, server = logged_on(account)
    body = encryption.seal(client, b"<x/>")
    assert encryption.unseal(server, body) == b"<x/>"
    with pytest.raises(encryption.SealError):
        encryption.unseal(server, body)


@given(st.binary(max_size=200), st.sampled_from([b"", b"NTLMSSP\0\1\0\0\0", b"NTLMSSP\0\3\0\0\0"]))
def test_no_token_logs_on_without_the_password(token: bytes, start: bytes) -> None:
    account = Account("auditor", Secret("x"))
    account.open()
    try:
        logon = Logon(account, ("ntlm",), Counters())
        first = spnego.client("auditor", "y", protocol="ntlm").step() or b""
        logon.challenges(f"NTLM {base64.b64encode(first).decode()}")
        assert logon.challenges(f"NTLM {base64.b64encode(start + token).decode()}")
        assert logon.context is None
    finally:
        account.close()


def test_an_authenticate_message_without_a_challenge_is_rejected(account: Account) -> None:
    counters = Counters()
    token = base64.b64encode(b"NTLMSSP\0\3\0\0\0" + struct.pack("<I", 0) * 20).decode()
    assert Logon(account, ("ntlm",), counters).challenges(f"NTLM {token}") == ("NTLM",)
    assert (counters.rejected_logons, counters.authenticate_messages) == (1, 1)


def test_a_new_logon_that_fails_ends_the_one_before(account: Account) -> None:
    logon = Logon(account, ("ntlm",), Counters())
    log_on(logon)
    assert logon.challenges("") == ()
    assert logon.challenges("NTLM AAAA") == ("NTLM",)
    assert logon.challenges("") == ("NTLM",)


def test_the_account_leaves_no_trace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("NTLM_USER_FILE", "before")
    account = Account(USER, Secret("hunter2"))
    account.open()
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0
    with account.at_hand():
        assert os.environ["NTLM_USER_FILE"] == str(file)
    assert os.environ["NTLM_USER_FILE"] == "before"
    account.close()
    assert list(tmp_path.iterdir()) == []
    assert "hunter2" not in repr(vars(account))


@pytest.mark.parametrize("password", ["a:b", "a\nb"])
def test_a_password_that_the_file_cannot_hold_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="colon") as caught:
        Account(USER, Secret(password))
    assert password not in str(caught.value)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_envelope_or_a_fault(message: bytes) -> None:
    with suppress(wsman.WSManError):
        wsman.parse(message)


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("PT20S", 20), ("PT0.5S", 0.5), ("PT60.000S", 60), ("P0DT0H1M0S", 60), ("PT9M", 60), ("P1D", 60)],
)
def test_operation_timeouts_are_read_and_capped(duration: str, seconds: float) -> None:
    assert wsman.parse(envelope(f"<w:OperationTimeout>{duration}</w:OperationTimeout>")).operation_timeout == seconds


@pytest.mark.parametrize(
    "header",
    ["<w:OperationTimeout>soon</w:OperationTimeout>", "<w:MaxEnvelopeSize>-1</w:MaxEnvelopeSize>"],
)
def test_senseless_header_fields_are_faults(header: str) -> None:
    with pytest.raises(wsman.WSManError) as caught:
        wsman.parse(envelope(header))
    assert caught.value.code == 2150858817


def envelope(header: str, body: str = "") -> bytes:
    declarations = " ".join(f"xmlns:{prefix}='{uri}'" for prefix, uri in wsman.NAMESPACES.items())
    return f"<s:Envelope {declarations}><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>".encode()


class Commands:
    """The shells of a node without its wire: one shell with one command in it."""

    def __init__(self, *, ended: bool = True) -> None:
        self.shells = Shells(lambda *_: Reply(b"out", ended=ended), Counters())
        self.shell = self.command = ""

    async def open(self) -> None:
        self.shell = value_of(await self.ask(f"{TRANSFER}/Create"), "rsp:ShellId")
        self.command = value_of(await self.start(), "rsp:CommandId")

    async def start(self) -> str:
        line = "<rsp:CommandLine><rsp:Command>x</rsp:Command></rsp:CommandLine>"
        options = '<w:OptionSet><w:Option Name="WINRS_SKIP_CMD_SHELL">TRUE</w:Option></w:OptionSet>'
        return await self.ask(f"{SHELL}/Command", line, options)

    async def send(self, data: str = "", name: str = "stdin", *, end: bool = True) -> str:
        attributes = f'Name="{name}" CommandId="{self.command}" End="{str(end).lower()}"'
        return await self.ask(f"{SHELL}/Send", f"<rsp:Send><rsp:Stream {attributes}>{data}</rsp:Stream></rsp:Send>")

    async def receive(self, header: str = "") -> str:
        stream = f'<rsp:DesiredStream CommandId="{self.command}">stdout stderr</rsp:DesiredStream>'
        return await self.ask(f"{SHELL}/Receive", f"<rsp:Receive>{stream}</rsp:Receive>", header)

    async def signal(self) -> str:
        return await self.ask(f"{SHELL}/Signal", f'<rsp:Signal CommandId="{self.command}"/>')

    async def delete(self) -> str:
        return await self.ask(f"{TRANSFER}/Delete")

    async def ask(self, action: str, body: str = "", header: str = "") -> str:
        header += f"<a:Action>{action}</a:Action><w:ResourceURI>{CMD}</w:ResourceURI>"
        header += f'<w:SelectorSet><w:Selector Name="ShellId">{self.shell}</w:Selector></w:SelectorSet>'
        return await self.shells.perform(wsman.parse(envelope(header, body)))


def value_of(body: str, element: str) -> str:
    return body.partition(f"<{element}>")[2].partition("<")[0]


async def fault_of(operation: Coroutine[None, None, str]) -> int:
    with pytest.raises(wsman.WSManError) as caught:
        await operation
    return caught.value.code


def test_a_shell_has_one_command_which_takes_base64_on_stdin_until_its_end() -> None:
    async def scenario() -> None:
        commands = Commands()
        await commands.open()
        assert await fault_of(commands.start()) == 2150858817
        assert await fault_of(commands.send(name="stdout")) == 2150858817
        assert await fault_of(commands.send("AA=A")) == 2150858817
        assert await fault_of(commands.send("AA!AA=")) == 2150858817
        await commands.send("AA\n ==")
        assert await fault_of(commands.send()) == 2150858817

    asyncio.run(scenario())


def test_input_has_a_limit() -> None:
    async def scenario() -> None:
        commands = Commands()
        await commands.open()
        await commands.send(base64.b64encode(bytes(STDIN_LIMIT)).decode(), end=False)
        assert await fault_of(commands.send("AA==")) == 2150859025
        await commands.send()

    asyncio.run(scenario())


def test_an_envelope_without_room_for_output_is_a_fault() -> None:
    async def scenario() -> None:
        commands = Commands()
        await commands.open()
        await commands.send()
        assert await fault_of(commands.receive("<w:MaxEnvelopeSize>4096</w:MaxEnvelopeSize>")) == 2150859025
        assert base64.b64encode(b"out").decode() in await commands.receive()

    asyncio.run(scenario())


def test_a_command_that_hangs_gives_what_it_printed_and_no_end() -> None:
    async def scenario() -> None:
        commands = Commands(ended=False)
        await commands.open()
        await commands.send()
        assert await fault_of(commands.send()) == 2150858817
        assert base64.b64encode(b"out").decode() in await commands.receive()
        assert await fault_of(commands.receive("<w:OperationTimeout>PT0.05S</w:OperationTimeout>")) == 2150858793
        waiting = asyncio.create_task(commands.receive("<w:OperationTimeout>PT10S</w:OperationTimeout>"))
        await asyncio.sleep(0)
        await commands.signal()
        assert "<rsp:ExitCode>1</rsp:ExitCode>" in await waiting

    asyncio.run(scenario())


@pytest.mark.parametrize("end", [Commands.signal, Commands.delete])
def test_ending_a_command_ends_the_receive_that_waits_for_it(end: Callable[[Commands], Awaitable[str]]) -> None:
    async def scenario() -> None:
        commands = Commands()
        await commands.open()
        waiting = asyncio.create_task(commands.receive("<w:OperationTimeout>PT10S</w:OperationTimeout>"))
        await asyncio.sleep(0)
        await end(commands)
        assert "<rsp:ExitCode>1</rsp:ExitCode>" in await waiting
        assert await fault_of(commands.receive()) == 2150858843

    asyncio.run(scenario())


def test_stopping_a_node_cuts_its_connections_and_can_be_repeated() -> None:
    async def scenario() -> None:
        node = Node("NODE1", lambda *_: Reply(b""), USER, Secret("x"))
        reader, writer = await asyncio.open_connection("127.0.0.1", await node.start())
        writer.write(b"POST /wsman HTTP/1.1\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        await node.stop()
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        await node.stop()

    asyncio.run(scenario())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_refused(data: bytes) -> None:
    async def read() -> None:
        reader = asyncio.StreamReader(limit=HEADER_LIMIT)
        reader.feed_data(data + b"\r\n\r\n")
        reader.feed_eof()
        with suppress(BadRequestError, asyncio.IncompleteReadError):
            await read_request(reader)

    asyncio.run(read())
