"""What a server can do to the client before anyone has logged on, or over TLS."""

import base64
import contextlib
import datetime as dt
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from winrm_servers import Server, Wire

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.winrm.endpoint import endpoint
from ssoaudit.collect.winrm.shell import Limits, Logon, Output, run
from ssoaudit.credentials import Secret
from ssoaudit.inventory import WinrmSettings
from ssoaudit.lab.certificate import Authority
from tests.lab import tricks
from tests.lab.ntlm import STRONG, challenge

CANARY = "canary-Pa55word"
LOGON = Logon("CONTOSO\\auditor", Secret(CANARY))
ENVELOPE = b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">%s</s:Envelope>'
PROFILE = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
SECONDS_AFTER_CTRL_C = 6.0
PATIENCE = 30
QUICK = Limits(connect=2.0, operation=1.0, grace=1.0, deadline=1.5, cleanup=0.5)


def ask(port: int, host: str = "127.0.0.1", limits: Limits = QUICK, **settings: object) -> Output:
    chosen = WinrmSettings.model_validate({"auth": "ntlm", "port": port, **settings})
    return run(endpoint("NODE1", host, chosen), chosen, LOGON, "program", ["argument"], b"input", limits=limits)


def fault_of(port: int, host: str = "127.0.0.1", limits: Limits = QUICK, **settings: object) -> Fault:
    with pytest.raises(Fault) as caught:
        ask(port, host, limits, **settings)
    fault = caught.value
    assert "NODE1" in fault.message
    told = "".join(traceback.TracebackException.from_exception(fault, capture_locals=True).format())
    assert CANARY not in told + repr(fault) + str(fault)
    assert fault.__cause__ is None
    assert fault.__context__ is None
    return fault


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    fault = fault_of(port)
    assert (fault.stage, fault.code) == (FaultStage.CONNECT, "refused")


def test_a_name_that_does_not_exist() -> None:
    fault = fault_of(5985, "node1.invalid")
    assert (fault.stage, fault.code) == (FaultStage.RESOLVE, "dns")


def test_a_resolver_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def getaddrinfo(*_: object, **__: object) -> list[object]:
        released.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    fault = fault_of(5985, "node1.invalid", Limits(connect=0.2))
    released.set()
    assert (fault.stage, fault.code) == (FaultStage.RESOLVE, "dns-timeout")


def test_a_port_that_takes_no_connection() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        with contextlib.ExitStack() as waiting:
            for _ in range(4):
                sock = waiting.enter_context(socket.socket())
                sock.setblocking(False)
                sock.connect_ex(("127.0.0.1", port))
            fault = fault_of(port, limits=Limits(connect=0.3))
    assert (fault.stage, fault.code) == (FaultStage.CONNECT, "connect-timeout")


def silent(wire: Wire) -> None:
    wire.wait_until_left()


def hang_up(wire: Wire) -> None:
    wire.request()


def noise(wire: Wire) -> None:
    wire.request()
    wire.send(b"SSH-2.0-OpenSSH_9.2\r\n")


def drip_body(wire: Wire) -> None:
    wire.request()
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    wire.drip(b"x")


def drip_header(wire: Wire) -> None:
    wire.request()
    wire.send(b"HTTP/1.1 200 OK\r\nX-Header: ")
    wire.drip(b"x")


def huge(wire: Wire) -> None:
    wire.request()
    wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    wire.drip(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")


def huge_401(wire: Wire) -> None:
    wire.request()
    wire.send(b"HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM\r\nTransfer-Encoding: chunked\r\n\r\n")
    wire.drip(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")


def cut_short(wire: Wire) -> None:
    wire.request()
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfew")


def answering(status: int, *headers: str, body: bytes = b"") -> Callable[[Wire], None]:
    def serve(wire: Wire) -> None:
        while wire.request():
            wire.reply(status, body, *headers)

    return serve


@pytest.mark.parametrize(
    ("serve", "code"),
    [
        (silent, "deadline"),
        (hang_up, "conn-lost"),
        (noise, "protocol"),
        (drip_body, "deadline"),
        (drip_header, "deadline"),
        (huge, "too-large"),
        (huge_401, "too-large"),
        (cut_short, "conn-lost"),
        (answering(307, "Location: http://127.0.0.1:1/wsman"), "redirect"),
        (answering(302, "Location: file:///etc/passwd"), "redirect"),
        (answering(200, "Content-Encoding: gzip"), "protocol"),
        (answering(407, "Proxy-Authenticate: NTLM"), "http"),
        (answering(404), "http"),
        (answering(503), "http"),
        (answering(401, 'WWW-Authenticate: Basic realm="WSMAN"'), "auth-scheme"),
        (answering(401), "auth-scheme"),
        (answering(401, "WWW-Authenticate: NTLM"), "auth-scheme"),
        (answering(401, "WWW-Authenticate: NTLM AAAA"), "protocol"),
        (answering(200), "downgrade"),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "__name__", ""),
)
def test_a_failed_logon_is_a_fault_and_sends_no_soap(serve: Callable[[Wire], None], code: str) -> None:
    bodies: list[bytes] = []

    def recording(wire: Wire) -> None:
        plain = wire.request

        def request() -> object:
            found = plain()
            if found and found.body:
                bodies.append(found.body)
            return found

        wire.request = request  # type: ignore[method-assign,assignment]
        serve(wire)

    with Server(recording) as server:
        assert fault_of(server.port).code == code
    assert bodies == []


def test_a_server_that_stops_answering_is_silent_before_the_deadline() -> None:
    with Server(silent) as server:
        fault = fault_of(server.port, limits=Limits(operation=0.1, grace=0.1, cleanup=0.5))
    assert fault.code == "silent"


@pytest.mark.parametrize(
    "missing", [0x10, 0x20, 0x80000, 0x20000000, 0x40000000], ids=["sign", "seal", "ess", "128", "key-exch"]
)
def test_weak_encryption_is_not_agreed_to(missing: int) -> None:
    bodies = []

    def serve(wire: Wire) -> None:
        wire.request()
        wire.reply(401, b"", "WWW-Authenticate: NTLM")
        wire.request()
        wire.reply(401, b"", f"WWW-Authenticate: NTLM {challenge(STRONG & ~missing)}")
        wire.request()
        wire.reply(200)
        if request := wire.request():
            bodies.append(request.body)

    with Server(serve) as server:
        assert fault_of(server.port).code == "auth-weak"
    assert bodies == []


def test_a_server_that_cannot_know_the_password_cannot_answer() -> None:
    bodies = []

    def serve(wire: Wire) -> None:
        wire.request()
        wire.reply(401, b"", "WWW-Authenticate: NTLM")
        wire.request()
        wire.reply(401, b"", f"WWW-Authenticate: NTLM {challenge(STRONG)}")
        wire.request()
        wire.reply(200)
        if request := wire.request():
            bodies.append(request.body)
            wire.reply(200, b"<forged/>", "Content-Type: application/soap+xml;charset=UTF-8")

    with Server(serve) as server:
        assert fault_of(server.port).code == "downgrade"
    assert len(bodies) == 1
    assert b"Envelope" not in bodies[0]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def ca_file(authority: Authority, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_bytes(authority.pem)
    return str(path)


@pytest.fixture(params=["ntlm", "credssp", "ntlm over https", "credssp over https", "basic", "certificate"])
def way(request: pytest.FixtureRequest, authority: Authority, ca_file: str, tmp_path: Path) -> dict[str, str]:
    """The settings of a way of logging on."""
    auth, _, over_https = request.param.partition(" ")
    if not over_https and auth in ("ntlm", "credssp"):
        return {"auth": auth}
    settings = {"auth": auth, "scheme": "https", "ca_file": ca_file}
    if auth == "certificate":
        client = tmp_path / "client.pem"
        client.touch(0o600)
        client.write_bytes(authority.client_pem("auditor@contoso.example"))
        settings["client_cert"] = str(client)
    return settings


def serving(serve: Callable[[Wire], None], way: dict[str, str], authority: Authority) -> Server:
    return Server(serve, authority.server_context("127.0.0.1") if "scheme" in way else None)


def test_proxies_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, way: dict[str, str], authority: Authority
) -> None:
    with Server(hang_up) as proxy, serving(answering(503), way, authority) as server:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert fault_of(server.port, **way).code == "http"
    assert proxy.connections == 0


def test_passwords_of_netrc_are_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: dict[str, str], authority: Authority
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    seen = []

    def serve(wire: Wire) -> None:
        while request := wire.request():
            seen.append(request.headers.get("authorization", ""))
            wire.reply(401, b"", "WWW-Authenticate: NTLM", "WWW-Authenticate: Basic")

    with serving(serve, way, authority) as server:
        assert fault_of(server.port, **way).code in ("auth-scheme", "auth", "certificate-rejected")
    own = base64.b64encode(f"{LOGON.user}:{CANARY}".encode()).decode()
    expected = {"basic": f"Basic {own}", "certificate": PROFILE}.get(way["auth"], "")
    assert seen[0] == expected
    assert all(value.startswith("NTLM ") for value in seen[1:])


def test_an_untrusted_certificate(authority: Authority) -> None:
    seen: list[object] = []
    with Server(lambda wire: seen.append(wire.request()), authority.server_context("127.0.0.1")) as server:
        fault = fault_of(server.port, scheme="https", auth="basic")
    assert (fault.stage, fault.code) == (FaultStage.TLS, "tls-untrusted")
    assert seen == []


def test_the_environments_ca_files_are_not_trusted(
    monkeypatch: pytest.MonkeyPatch, way: dict[str, str], authority: Authority, ca_file: str
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file)
    monkeypatch.setenv("CURL_CA_BUNDLE", ca_file)
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    if "scheme" not in way:
        return
    without = {name: value for name, value in way.items() if name != "ca_file"}
    with serving(silent, way, authority) as server:
        assert fault_of(server.port, **without).code == "tls-untrusted"


def test_a_certificate_for_another_name(authority: Authority, ca_file: str) -> None:
    with Server(silent, authority.server_context("node2", "127.0.0.2")) as server:
        fault = fault_of(server.port, scheme="https", ca_file=ca_file)
    assert (fault.stage, fault.code) == (FaultStage.TLS, "tls-name")


def test_a_certificate_that_has_expired(authority: Authority, ca_file: str) -> None:
    expired = authority.server_context("127.0.0.1", lifetime=dt.timedelta(minutes=-1))
    with Server(silent, expired) as server:
        fault = fault_of(server.port, scheme="https", ca_file=ca_file)
    assert (fault.stage, fault.code) == (FaultStage.TLS, "tls-expired")


def test_a_ca_file_that_is_missing_is_told_before_anything_is_sent(authority: Authority, tmp_path: Path) -> None:
    with Server(silent, authority.server_context("127.0.0.1")) as server:
        with pytest.raises(Fault) as caught:
            ask(server.port, scheme="https", ca_file=str(tmp_path / "none.pem"))
        assert server.connections == 0
    assert (caught.value.stage, caught.value.code) == (FaultStage.CONFIGURE, "ca-missing")


def test_verification_is_left_out_only_where_told_to(authority: Authority) -> None:
    with Server(answering(503), authority.server_context("node2")) as server:
        assert fault_of(server.port, scheme="https", insecure_skip_verify=True).code == "http"


def test_https_to_a_port_that_speaks_http() -> None:
    def serve(wire: Wire) -> None:
        wire.receive()
        wire.reply(400)

    with Server(serve) as server:
        assert fault_of(server.port, scheme="https").code == "scheme"


def test_http_to_a_port_that_speaks_https() -> None:
    def serve(wire: Wire) -> None:
        wire.request()
        wire.send(b"\x15\x03\x01\0\x02\x02\x0a")  # a TLS alert: unexpected message

    with Server(serve) as server:
        fault = fault_of(server.port)
    assert (fault.stage, fault.code) == (FaultStage.CONNECT, "scheme")
    assert "does not speak http." in fault.message


def test_http_to_a_port_that_speaks_https_and_hangs_up(authority: Authority) -> None:
    seen: list[object] = []
    with Server(lambda wire: seen.append(wire.request()), authority.server_context("127.0.0.1")) as server:
        assert fault_of(server.port).code == "conn-lost"  # on 5986 the port would tell
    assert seen == []


def test_cancelling_ends_a_handshake_of_tls() -> None:
    cancelled = threading.Event()

    def cancel(wire: Wire) -> None:
        assert wire.receive()
        cancelled.set()
        wire.wait_until_left()

    settings = WinrmSettings(auth="ntlm", scheme="https", insecure_skip_verify=True)
    with Server(cancel) as server:
        where = endpoint("NODE1", "127.0.0.1", settings.model_copy(update={"port": server.port}))
        started = time.monotonic()
        with pytest.raises(Fault) as caught:
            run(where, settings, LOGON, "program", [], b"", limits=Limits(connect=20.0), cancelled=cancelled)
    assert caught.value.code == "cancelled"
    assert time.monotonic() - started <= SECONDS_AFTER_CTRL_C


def test_the_deadline_ends_a_drip_within_tls(authority: Authority, ca_file: str) -> None:
    with Server(drip_header, authority.server_context("127.0.0.1")) as server:
        assert fault_of(server.port, scheme="https", auth="basic", ca_file=ca_file).code == "deadline"


NO_SUCH_FAMILY = 200


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (NO_SUCH_FAMILY, "::1")])
def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch, family: int, host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        dead = listener.getsockname()[1]
    with Server(answering(404)) as server:
        addresses = [(family, 1, 6, "", (host, dead)), (socket.AF_INET, 1, 6, "", ("127.0.0.1", server.port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
        assert fault_of(server.port, "node1.example").code == "http"
    assert server.connections == 1


def test_where_no_address_can_be_reached_the_last_one_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = [(NO_SUCH_FAMILY, 1, 6, "", ("::1", 1))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
    fault = fault_of(5985, "node1.example")
    assert (fault.stage, fault.code) == (FaultStage.CONNECT, "unreachable")


def test_a_connection_that_was_closed_while_we_waited_is_made_anew() -> None:
    closed = threading.Event()

    def serve(wire: Wire) -> None:
        if closed.is_set():
            answering(404)(wire)
        else:
            wire.hang_up()
            closed.set()

    @contextlib.contextmanager
    def turn() -> Iterator[None]:
        assert closed.wait(PATIENCE)
        yield

    with Server(serve) as server:
        settings = WinrmSettings(auth="ntlm", port=server.port)
        where = endpoint("NODE1", "127.0.0.1", settings)
        with pytest.raises(Fault) as caught:
            run(where, settings, LOGON, "program", [], b"", limits=QUICK, turn=turn)
    assert (caught.value.code, server.connections) == ("http", 2)


def reset_first(wire: Wire) -> None:
    wire.request()
    wire.reset()


@pytest.mark.parametrize(
    ("serve", "code"), [(tricks.reset_for_password, "conn-lost"), (tricks.unavailable_for_password, "http")]
)
def test_a_proof_of_the_password_that_is_not_answered(serve: Callable[[Wire], None], code: str) -> None:
    with Server(serve) as server:
        fault = fault_of(server.port)
    assert (fault.code, fault.stage) == (code, FaultStage.AUTHENTICATE)
    assert (fault.unanswered, fault.retryable) == (True, False)


@pytest.mark.parametrize(("serve", "code"), [(reset_first, "conn-lost"), (answering(503), "http")])
def test_before_ntlm_has_proven_anything_nothing_is_at_stake(serve: Callable[[Wire], None], code: str) -> None:
    with Server(serve) as server:
        fault = fault_of(server.port)
    assert (fault.code, fault.stage) == (code, FaultStage.CONNECT)
    assert (fault.unanswered, fault.retryable) == (False, True)


@pytest.mark.parametrize(("serve", "code"), [(reset_first, "conn-lost"), (answering(503), "http")])
def test_basic_gives_the_password_unasked(
    authority: Authority, ca_file: str, serve: Callable[[Wire], None], code: str
) -> None:
    with Server(serve, authority.server_context("127.0.0.1")) as server:
        fault = fault_of(server.port, scheme="https", auth="basic", ca_file=ca_file)
    assert (fault.code, fault.stage) == (code, FaultStage.AUTHENTICATE)
    assert (fault.unanswered, fault.retryable) == (True, False)


def test_basic_gives_no_password_to_who_breaks_off_the_handshake() -> None:
    def receive(wire: Wire) -> None:
        wire.receive()
        wire.reset()

    with Server(receive) as server:
        fault = fault_of(server.port, scheme="https", auth="basic")
    assert (fault.stage, fault.unanswered) == (FaultStage.CONNECT, False)


def test_tls_that_stops_in_its_handshake() -> None:
    with Server(silent) as server:
        assert fault_of(server.port, scheme="https").code in ("deadline", "silent")


def test_soap_over_tls_is_screened(authority: Authority, ca_file: str) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'
    for status in (200, 500):
        with Server(answering(status, body=bomb), authority.server_context("127.0.0.1")) as server:
            assert fault_of(server.port, scheme="https", auth="basic", ca_file=ca_file).code == "hostile"


@pytest.mark.parametrize("soap", [b"<a/>", b"<a", b"\xff", b""])
def test_what_is_no_soap_is_no_winrm(authority: Authority, ca_file: str, soap: bytes) -> None:
    with Server(answering(200, body=soap), authority.server_context("127.0.0.1")) as server:
        fault = fault_of(server.port, scheme="https", auth="basic", ca_file=ca_file)
    assert fault.code in ("protocol", "hostile")


def test_a_password_that_basic_cannot_carry(authority: Authority, ca_file: str) -> None:
    settings = WinrmSettings(scheme="https", auth="basic", ca_file=ca_file, port=1)
    logon = Logon("auditor", Secret(f"{CANARY}\u20ac"))
    with Server(silent, authority.server_context("127.0.0.1")) as server:
        settings = settings.model_copy(update={"port": server.port})
        with pytest.raises(Fault) as caught:
            run(endpoint("NODE1", "127.0.0.1", settings), settings, logon, "program", [], b"", limits=QUICK)
    assert caught.value.code == "credential-characters"
    assert CANARY not in repr(caught.value)


def test_credentials_refused_half_way_are_not_tried_again(authority: Authority, ca_file: str) -> None:
    seen = []

    def serve(wire: Wire) -> None:
        while request := wire.request():
            seen.append(request)
            if len(seen) == 1:
                wire.reply(200, ENVELOPE % b'<b Name="ShellId">1</b>')
            else:
                wire.reply(401, b"", "WWW-Authenticate: Basic")

    with Server(serve, authority.server_context("127.0.0.1")) as server:
        assert fault_of(server.port, scheme="https", auth="basic", ca_file=ca_file).code == "auth"
    assert len(seen) == 2


@pytest.mark.parametrize("logon", [Logon("", Secret("x")), Logon("auditor", Secret(""))])
def test_without_credentials_nothing_is_sent(logon: Logon) -> None:
    settings = WinrmSettings(auth="ntlm", port=1)
    with pytest.raises(Fault) as caught:
        run(endpoint("NODE1", "127.0.0.1", settings), settings, logon, "program", [], b"")
    assert (caught.value.stage, caught.value.code) == (FaultStage.CONFIGURE, "no-credentials")


def test_cancelled_before_it_began() -> None:
    cancelled = threading.Event()
    cancelled.set()
    settings = WinrmSettings(auth="ntlm", port=1)
    with pytest.raises(Fault) as caught:
        run(endpoint("NODE1", "127.0.0.1", settings), settings, LOGON, "program", [], b"", cancelled=cancelled)
    assert caught.value.code == "cancelled"
