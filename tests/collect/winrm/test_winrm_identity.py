"""Logging on by certificate: which files are taken, and what a node makes of them."""

import datetime as dt
import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from winrm_servers import Server, Wire

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.winrm.endpoint import endpoint
from ssoaudit.collect.winrm.identity import ClientCertificate, client_certificate
from ssoaudit.collect.winrm.shell import Limits, Logon, Output, run
from ssoaudit.credentials import Secret
from ssoaudit.inventory import WinrmSettings
from ssoaudit.lab.certificate import Authority
from tests.lab.logon_nodes import LogonNode, LogonProcess

USER = "auditor@contoso.example"
NOBODY = Logon("", Secret(""))
QUICK = Limits(connect=2.0, operation=1.0, grace=1.0, deadline=3.0, cleanup=0.5)
NAMESPACE = b"http://www.w3.org/2003/05/soap-envelope"
ENVELOPE = b'<s:Envelope xmlns:s="%s"><s:Body><b Name="ShellId">1</b></s:Body></s:Envelope>' % NAMESPACE
PROFILE = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"


@pytest.fixture(scope="module")
def process() -> Iterator[LogonProcess]:
    with LogonProcess() as running:
        yield running


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def written(path: Path, pem: str | bytes, mode: int = 0o600) -> str:
    path.write_bytes(pem.encode() if isinstance(pem, str) else pem)
    path.chmod(mode)
    return str(path)


def certified(**files: str) -> WinrmSettings:
    return WinrmSettings(scheme="https", auth="certificate", **files)  # type: ignore[arg-type]


def ask(port: int, ca_file: str, client_cert: str, **more: str) -> Output:
    settings = certified(client_cert=client_cert, ca_file=ca_file, **more).model_copy(update={"port": port})
    return run(endpoint("NODE1", "127.0.0.1", settings), settings, NOBODY, "program", [], b"input", limits=QUICK)


def fault_of(port: int, ca_file: str, client_cert: str) -> Fault:
    with pytest.raises(Fault) as caught:
        ask(port, ca_file, client_cert)
    return caught.value


def ca_of(node: LogonNode, directory: Path) -> str:
    return written(directory / "ca.pem", node.authority)


@pytest.mark.parametrize("newest_tls", ["TLSv1_2", "TLSv1_3"])
def test_a_certificate_that_is_mapped_to_the_account(process: LogonProcess, tmp_path: Path, newest_tls: str) -> None:
    with process.certificate(USER, newest_tls) as node:
        client = written(tmp_path / "client.pem", process.client_pem(USER))
        assert ask(node.port, ca_of(node, tmp_path), client).stdout == b"input"
        seen = node.seen
    assert (seen["logons"], seen["rejected_logons"], seen["open_shells"]) == (1, 0, 0)


def test_certificate_and_key_in_two_files(process: LogonProcess, tmp_path: Path) -> None:
    key, divider, certificate = process.client_pem(USER).partition("-----END PRIVATE KEY-----\n")
    files = {"client_key": written(tmp_path / "key.pem", key + divider)}
    with process.certificate(USER) as node:
        client = written(tmp_path / "cert.pem", certificate, 0o644)
        assert ask(node.port, ca_of(node, tmp_path), client, **files).stdout == b"input"


def test_a_certificate_that_is_mapped_to_no_account(process: LogonProcess, tmp_path: Path) -> None:
    with process.certificate(USER) as node:
        client = written(tmp_path / "client.pem", process.client_pem("other@contoso.example"))
        fault = fault_of(node.port, ca_of(node, tmp_path), client)
        seen = node.seen
    assert (fault.stage, fault.code) == (FaultStage.AUTHENTICATE, "certificate-rejected")
    assert "HTTP 401" in fault.details
    assert (seen["requests"], seen["rejected_logons"], seen["shells_opened"]) == (1, 1, 0)


def test_http_sys_forbids_what_it_does_not_trust(authority: Authority, tmp_path: Path) -> None:
    seen = []

    def serve(wire: Wire) -> None:
        while request := wire.request():
            seen.append(request.headers["authorization"])
            wire.reply(403, b"<html/>")

    client = written(tmp_path / "client.pem", authority.client_pem(USER))
    with Server(serve, authority.server_context("127.0.0.1")) as server:
        fault = fault_of(server.port, written(tmp_path / "ca.pem", authority.pem), client)
    assert (fault.stage, fault.code) == (FaultStage.AUTHENTICATE, "certificate-rejected")
    assert seen == [PROFILE]


def demanding(authority: Authority, newest_tls: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> ssl.SSLContext:
    """TLS that ends without a certificate of the authority's; with TLS 1.2 before the client sends anything."""
    context = authority.server_context("127.0.0.1")
    context.load_verify_locations(cadata=authority.pem.decode())
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = newest_tls
    return context


def test_a_certificate_of_another_authority(authority: Authority, tmp_path: Path) -> None:
    seen: list[object] = []
    client = written(tmp_path / "client.pem", Authority("another").client_pem(USER))
    with Server(lambda wire: seen.append(wire.request()), demanding(authority)) as server:
        fault = fault_of(server.port, written(tmp_path / "ca.pem", authority.pem), client)
    assert (fault.stage, fault.code) == (FaultStage.AUTHENTICATE, "certificate-rejected")
    assert seen == []


def test_with_tls_1_3_the_refusal_may_come_as_a_cut(process: LogonProcess, tmp_path: Path) -> None:
    client = written(tmp_path / "client.pem", Authority("another").client_pem(USER))
    with process.certificate(USER) as node:
        fault = fault_of(node.port, ca_of(node, tmp_path), client)
        seen = node.seen
    assert fault.stage is FaultStage.AUTHENTICATE
    assert fault.code in ("certificate-cut", "certificate-rejected")
    assert seen["requests"] == 0


def test_a_cut_after_an_answer_is_only_a_cut(authority: Authority, tmp_path: Path) -> None:
    client = written(tmp_path / "client.pem", authority.client_pem(USER))

    def serve(wire: Wire) -> None:
        wire.request()
        wire.reply(200, ENVELOPE)
        wire.request()

    with Server(serve, authority.server_context("127.0.0.1")) as server:
        fault = fault_of(server.port, written(tmp_path / "ca.pem", authority.pem), client)
    assert fault.code == "conn-lost"


def test_no_certificate_where_one_is_demanded(authority: Authority, tmp_path: Path) -> None:
    ca_file = written(tmp_path / "ca.pem", authority.pem)

    with Server(Wire.wait_until_left, demanding(authority)) as server:
        settings = WinrmSettings(scheme="https", auth="ntlm", ca_file=ca_file, port=server.port)
        where = endpoint("NODE1", "127.0.0.1", settings)
        with pytest.raises(Fault) as caught:
            run(where, settings, Logon("u", Secret("p")), "program", [], b"", limits=QUICK)
    assert caught.value.code in ("certificate-rejected", "tls")


def test_an_untrusted_node_is_not_shown_the_certificate(authority: Authority, tmp_path: Path) -> None:
    client = written(tmp_path / "client.pem", authority.client_pem(USER))
    other = written(tmp_path / "ca.pem", Authority("another").pem)
    with Server(Wire.wait_until_left, demanding(authority)) as server:
        assert fault_of(server.port, other, client).code == "tls-untrusted"


def code_of(settings: WinrmSettings) -> str:
    """The fault's code, or nothing where the files are taken."""
    try:
        client_certificate(endpoint("NODE1", "node1", settings), settings)
    except Fault as fault:
        is_told = fault.stage is FaultStage.CONFIGURE and "NODE1" in fault.message and fault.message.isprintable()
        return fault.code if is_told else str(fault)
    return ""


def test_the_key_may_stand_in_the_certificates_file(authority: Authority, tmp_path: Path) -> None:
    path = written(tmp_path / "client.pem", authority.client_pem(USER))
    settings = certified(client_cert=path)
    assert client_certificate(endpoint("NODE1", "node1", settings), settings) == ClientCertificate(path, path)


def test_no_file_is_touched_for_another_way_of_logging_on() -> None:
    settings = WinrmSettings()
    assert client_certificate(endpoint("NODE1", "node1", settings), settings) is None


@pytest.mark.parametrize(
    ("lifetime", "code"),
    [(dt.timedelta(days=1), ""), (dt.timedelta(minutes=-1), "client-cert-expired")],
    ids=["in date", "expired"],
)
def test_an_expired_certificate_is_told_before_anything_is_sent(
    authority: Authority, tmp_path: Path, lifetime: dt.timedelta, code: str
) -> None:
    path = written(tmp_path / "client.pem", authority.client_pem(USER, lifetime))
    assert code_of(certified(client_cert=path)) == code


def test_a_key_behind_a_passphrase_asks_nobody(authority: Authority, tmp_path: Path) -> None:
    key, divider, certificate = authority.client_pem(USER).partition(b"-----END PRIVATE KEY-----\n")
    sealed = serialization.load_pem_private_key(key + divider, None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    )
    assert (
        code_of(certified(client_cert=written(tmp_path / "both.pem", sealed + certificate))) == "client-key-encrypted"
    )


@pytest.mark.skipif(os.name == "nt", reason="the access list decides there")
@pytest.mark.parametrize("mode", [0o644, 0o620, 0o602, 0o604, 0o601])
def test_a_key_that_others_may_read(authority: Authority, tmp_path: Path, mode: int) -> None:
    path = written(tmp_path / "client.pem", authority.client_pem(USER), mode)
    assert code_of(certified(client_cert=path)) == "client-key-open"


@pytest.mark.skipif(os.name == "nt", reason="the access list decides there")
def test_a_group_may_read_roots_key_alone(authority: Authority, tmp_path: Path) -> None:
    path = written(tmp_path / "client.pem", authority.client_pem(USER), 0o640)
    assert code_of(certified(client_cert=path)) == ("" if os.getuid() == 0 else "client-key-open")


def test_files_that_do_not_serve(authority: Authority, tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.pem", authority.client_pem(USER))
    _, _, certificate = authority.client_pem(USER).partition(b"-----END PRIVATE KEY-----\n")
    alone = written(tmp_path / "alone.pem", certificate)
    empty = written(tmp_path / "empty.pem", "")
    missing = str(tmp_path / "missing.pem")
    assert code_of(certified(client_cert=alone)) == "client-cert-invalid"
    assert code_of(certified(client_cert=empty)) == "client-cert-invalid"
    assert code_of(certified(client_cert=empty, client_key=whole)) == "client-cert-invalid"
    assert code_of(certified(client_cert=alone, client_key=whole)) == "client-cert-invalid"
    assert code_of(certified(client_cert=str(tmp_path))) == "client-cert-missing"
    assert code_of(certified(client_cert=missing)) == "client-cert-missing"
    assert code_of(certified(client_cert=whole, client_key=missing)) == "client-cert-missing"
