"""CredSSP: with a node that means well, and with whoever stands before it."""

import base64
import logging
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import spnego
import spnego._credssp
from winrm.exceptions import InvalidCredentialsError
from winrm_servers import Server, Wire

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.winrm import credssp
from ssoaudit.collect.winrm.classify import RefusedError
from ssoaudit.collect.winrm.credssp import _Exchange, unseal
from ssoaudit.collect.winrm.endpoint import endpoint
from ssoaudit.collect.winrm.shell import Limits, Logon, Output, run
from ssoaudit.credentials import Secret
from ssoaudit.inventory import WinrmSettings
from tests.lab.credssp_node import media_type, seal
from tests.lab.logon_nodes import LogonProcess

USER = "CONTOSO\\auditor"
PASSWORD = "canary-Pa55word"
LOGON = Logon(USER, Secret(PASSWORD))
QUICK = Limits(connect=2.0, operation=1.0, grace=1.0, deadline=3.0, cleanup=0.5)


@pytest.fixture(scope="module")
def process() -> Iterator[LogonProcess]:
    with LogonProcess() as running:
        yield running


def ask(port: int, password: str = PASSWORD, stdin: bytes = b"input", limits: Limits = QUICK) -> Output:
    settings = WinrmSettings(auth="credssp", port=port)
    where = endpoint("NODE1", "127.0.0.1", settings)
    return run(where, settings, Logon(USER, Secret(password)), "program", [], stdin, limits=limits)


def fault_of(port: int, password: str = PASSWORD) -> Fault:
    with pytest.raises(Fault) as caught:
        ask(port, password)
    assert password not in repr(caught.value)
    return caught.value


@pytest.mark.parametrize("newest_tls", ["TLSv1_2", "TLSv1_3"])
def test_messages_of_any_size_are_sealed_both_ways(
    process: LogonProcess, newest_tls: str, caplog: pytest.LogCaptureFixture
) -> None:
    stdin = bytes(range(256)) * 500
    with process.credssp(USER, newest_tls) as node:
        with caplog.at_level(logging.DEBUG):
            assert ask(node.port, node.password, stdin, Limits()).stdout == stdin
        seen = node.seen
    assert seen["given"] == [node.password]
    assert (seen["logons"], seen["open_shells"], seen["plaintext_bodies"]) == (1, 0, 0)
    assert seen["encrypted_messages"] >= 7
    assert node.password not in caplog.text


def test_over_https(process: LogonProcess, tmp_path: Path) -> None:
    with process.credssp(USER, https=True) as node:
        ca_file = tmp_path / "ca.pem"
        ca_file.write_text(node.authority)
        settings = WinrmSettings(auth="credssp", scheme="https", port=node.port, ca_file=str(ca_file))
        where = endpoint("NODE1", "127.0.0.1", settings)
        output = run(where, settings, Logon(USER, Secret(node.password)), "program", [], b"input", limits=QUICK)
        seen = node.seen
    assert output.stdout == b"input"
    assert (seen["logons"], seen["given"], seen["open_shells"]) == (1, [node.password], 0)


def test_a_wrong_password_is_one_failed_logon(process: LogonProcess) -> None:
    with process.credssp(USER) as node:
        fault = fault_of(node.port, "wrong-Pa55word")
        seen = node.seen
    assert (fault.stage, fault.code) == (FaultStage.AUTHENTICATE, "auth")
    assert "NTSTATUS 0x" in fault.details
    assert (seen["authenticate_messages"], seen["rejected_logons"], seen["logons"]) == (1, 1, 0)
    assert (seen["plaintext_bodies"], seen["given"]) == (0, [])


class FrontEnd:
    """Whoever answers without knowing the password: TLS with its own certificate, and then `last`."""

    def __init__(self, legs: int, last: Callable[[Wire, spnego.ContextProxy], None]) -> None:
        self._legs = legs
        self._last = last
        self.bodies: list[bytes] = []
        self.requests = 0

    def __call__(self, wire: Wire) -> None:
        server = spnego.server(protocol="credssp")
        while request := wire.request():
            self.requests += 1
            self.bodies += [request.body] if request.body else []
            token = base64.b64decode(request.headers.get("authorization", "").removeprefix("CredSSP"))
            if self.requests == self._legs:
                self._last(wire, server)
                return
            answer = base64.b64encode(server.step(token) or b"").decode() if token else ""
            wire.reply(401, b"", f"WWW-Authenticate: CredSSP {answer}".strip())


def taken(wire: Wire, _: spnego.ContextProxy) -> None:
    wire.reply(200)
    if request := wire.request():
        wire.reply(200, request.body)


def unavailable(wire: Wire, _: spnego.ContextProxy) -> None:
    wire.reply(503)


def tokenless(wire: Wire, _: spnego.ContextProxy) -> None:
    wire.reply(401, b"", "WWW-Authenticate: Negotiate", "WWW-Authenticate: CredSSP")


def no_base64(wire: Wire, _: spnego.ContextProxy) -> None:
    wire.reply(401, b"", "WWW-Authenticate: CredSSP %%%")


def no_tls(wire: Wire, _: spnego.ContextProxy) -> None:
    wire.reply(401, b"", "WWW-Authenticate: CredSSP AAAA")


def closing(wire: Wire, server: spnego.ContextProxy) -> None:
    tls = server.get_extra_info("ssl_object")
    with pytest.raises(ssl.SSLWantReadError):
        tls.unwrap()
    assert isinstance(server, spnego._credssp.CredSSPProxy)
    wire.reply(401, b"", f"WWW-Authenticate: CredSSP {base64.b64encode(server._out_buff.read()).decode()}")


def huge(wire: Wire, _: spnego.ContextProxy) -> None:
    wire.send(b"HTTP/1.1 401 No\r\nWWW-Authenticate: CredSSP\r\nTransfer-Encoding: chunked\r\n\r\n")
    wire.drip(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")


def redirecting(wire: Wire, _: spnego.ContextProxy) -> None:
    wire.reply(307, b"", "Location: http://127.0.0.1:1/wsman")


@pytest.mark.parametrize(
    ("legs", "last", "code"),
    [
        *((legs, taken, "downgrade") for legs in (1, 2, 3, 4)),
        *((legs, unavailable, "http") for legs in (1, 2, 4)),
        *((legs, redirecting, "redirect") for legs in (1, 2, 4)),
        *((legs, no_base64, "protocol") for legs in (1, 2, 4)),
        (2, tokenless, "auth-scheme"),
        (4, tokenless, "auth-scheme"),
        (2, no_tls, "protocol"),
        (4, no_tls, "protocol"),
        (1, huge, "too-large"),
    ],
    ids=lambda value: value.__name__ if callable(value) else str(value),
)
def test_who_does_not_finish_the_exchange_is_told_nothing(
    legs: int, last: Callable[[Wire, spnego.ContextProxy], None], code: str
) -> None:
    front_end = FrontEnd(legs, last)
    with Server(front_end) as server:
        fault = fault_of(server.port)
    assert fault.code == code
    assert front_end.bodies == []


@pytest.mark.parametrize(("legs", "unanswered"), [(4, False), (5, True)])
def test_once_the_password_is_proven_it_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, legs: int, unanswered: bool
) -> None:
    accounts = tmp_path / "accounts"
    accounts.write_text("CONTOSO:auditor:another-Pa55word\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(accounts))
    with Server(FrontEnd(legs, unavailable)) as server:
        fault = fault_of(server.port)
    assert (fault.unanswered, fault.retryable) == (unanswered, not unanswered)


def test_tls_that_is_closed_within_does_not_keep_the_client_reading() -> None:
    front_end = FrontEnd(4, closing)
    with Server(front_end) as server:
        assert fault_of(server.port).code == "protocol"
    assert front_end.requests == 4


def test_more_legs_than_the_exchange_can_have_are_not_gone(
    monkeypatch: pytest.MonkeyPatch, process: LogonProcess
) -> None:
    monkeypatch.setattr(credssp, "_MOST_LEGS", 4)
    with process.credssp(USER) as node:
        assert fault_of(node.port, node.password).code == "protocol"
        assert node.seen["given"] == []


def test_it_is_not_tried_where_it_is_not_offered() -> None:
    seen = []

    def serve(wire: Wire) -> None:
        while request := wire.request():
            seen.append(request.headers.get("authorization", ""))
            wire.reply(401, b"", "WWW-Authenticate: Negotiate", 'WWW-Authenticate: Basic realm="CredSSP"')

    with Server(serve) as server:
        assert fault_of(server.port).code == "auth-scheme"
    assert seen == [""]


@pytest.fixture
def acceptor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., spnego.ContextProxy]:
    users = tmp_path / "users"
    users.write_text(f"CONTOSO:auditor:{PASSWORD}\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(users))

    def start(**options: object) -> spnego.ContextProxy:
        return spnego.server(protocol="credssp", **options)  # type: ignore[arg-type]

    return start


def exchanged(server: spnego.ContextProxy) -> _Exchange:
    """A whole exchange; each answer is the server's, until that has heard all."""
    exchange = _Exchange(LOGON, "node1")
    token = exchange.begin()
    while answer := server.step(token):
        token = exchange.go_on(answer)
    return exchange


def test_an_honest_exchange(acceptor: Callable[..., spnego.ContextProxy]) -> None:
    server = acceptor()
    assert exchanged(server).is_complete
    assert server.get_extra_info("client_credential").password == PASSWORD


def test_a_key_that_is_not_the_servers_own(
    monkeypatch: pytest.MonkeyPatch, acceptor: Callable[..., spnego.ContextProxy]
) -> None:
    honest, calls = spnego._credssp._get_pub_key_auth, []

    def forged(key: bytes, usage: str, nonce: bytes | None = None) -> bytes:
        calls.append(usage)
        return honest(key + b"x" if len(calls) == 3 else key, usage, nonce)

    monkeypatch.setattr(spnego._credssp, "_get_pub_key_auth", forged)
    server = acceptor()
    with pytest.raises(RefusedError) as caught:
        exchanged(server)
    assert caught.value.code == "credssp-binding"
    assert server.get_extra_info("client_credential") is None


def test_a_version_open_to_attack(
    monkeypatch: pytest.MonkeyPatch, acceptor: Callable[..., spnego.ContextProxy]
) -> None:
    monkeypatch.setattr(spnego._credssp, "_CREDSSP_VERSION", 4)
    with pytest.raises(RefusedError) as caught:
        exchanged(acceptor())
    assert caught.value.code == "credssp-old"


class Weakening:
    """An NTLM acceptor whose challenge offers no strong encryption."""

    def __init__(self) -> None:
        self._honest = spnego.server(protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
        self.steps = 0

    def step(self, token: bytes) -> bytes:
        self.steps += 1
        challenge = bytearray(self._honest.step(token) or b"")
        flags = int.from_bytes(challenge[20:24], "little") & ~0x20000000
        challenge[20:24] = flags.to_bytes(4, "little")
        return bytes(challenge)


def test_weak_encryption_is_not_agreed_to(acceptor: Callable[..., spnego.ContextProxy]) -> None:
    weakening = Weakening()
    with pytest.raises(RefusedError) as caught:
        exchanged(acceptor(credssp_negotiate_context=weakening))
    assert (caught.value.code, weakening.steps) == ("auth-weak", 1)


def test_an_answer_after_the_proof_that_makes_no_sense_is_a_rejection(
    acceptor: Callable[..., spnego.ContextProxy],
) -> None:
    server = acceptor()
    exchange = _Exchange(LOGON, "node1")
    token = exchange.begin()
    while not exchange._ntlm.complete:
        token = exchange.go_on(server.step(token))
    with pytest.raises(InvalidCredentialsError):
        exchange.go_on(b"nonsense")
    with pytest.raises(InvalidCredentialsError):
        exchange.go_on(None)


def identity(records: bytes) -> bytes:
    """Instead of TLS: what the records hold, without their heads."""
    content = b""
    while records:
        length = int.from_bytes(records[3:5], "big")
        content, records = content + records[5 : 5 + length], records[5 + length :]
    return content


def part(content: bytes, announced: int | None = None, kind: int = 23) -> bytes:
    length = len(content) if announced is None else announced
    record = bytes([kind, 3, 3]) + len(content).to_bytes(2, "big") + content
    return (
        b"--Encrypted Boundary\r\n\tContent-Type: application/HTTP-CredSSP-session-encrypted\r\n"
        b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n"
        b"--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n\x10\0\0\0" % length
    ) + record


END = b"--Encrypted Boundary--\r\n"


@pytest.mark.parametrize(
    "body",
    [
        part(b"message") + END,
        part(b"mess") + part(b"age") + END,
        part(b"mess") + b"\r\n" + part(b"age") + b"\r\n" + END + b"\r\n",
        part(b"message").replace(b"\t", b"") + END,
        part(b"message").replace(b"CredSSP", b"credssp") + END,
        part(b"message") + END.rstrip(),
    ],
)
def test_the_forms_of_a_sealed_reply(body: bytes) -> None:
    assert unseal(media_type(b""), body, identity) == b"message"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "integrity"),
        (END, "integrity"),
        (part(b"message"), "integrity"),
        (part(b"message") + END + b"more", "integrity"),
        (b"more" + part(b"message") + END, "integrity"),
        (part(b"message") + b"more" + END, "integrity"),
        (part(b"message", announced=6) + END, "integrity"),
        (part(b"message", announced=8) + END, "integrity"),
        (part(b"message", kind=21) + END, "integrity"),
        (part(b"message")[:-1] + END, "integrity"),
        (part(b"message").replace(b"CredSSP", b"SPNEGO") + END, "integrity"),
    ],
)
def test_a_reply_that_is_not_whole(body: bytes, code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        unseal(media_type(b""), body, identity)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "other",
    [
        "",
        "application/soap+xml;charset=UTF-8",
        media_type(b"").replace("CredSSP", "SPNEGO"),
        media_type(b"").replace("encrypted;", "mixed;"),
        media_type(b"") + ", " + media_type(b""),
    ],
)
def test_a_reply_in_clear_is_refused(other: str) -> None:
    with pytest.raises(RefusedError) as caught:
        unseal(other, part(b"message") + END, identity)
    assert caught.value.code == "downgrade"


def test_altered_records_are_not_believed(acceptor: Callable[..., spnego.ContextProxy]) -> None:
    server = acceptor()
    client = exchanged(server).context
    message = b"<soap/>" * 5000
    body = seal(server, message)
    altered = bytearray(body)
    altered[-60] ^= 1
    with pytest.raises(RefusedError) as caught:
        unseal(media_type(message), bytes(altered), lambda records: client.unwrap(records).data)
    assert caught.value.code == "integrity"
