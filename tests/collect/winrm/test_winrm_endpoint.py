import socket
import ssl
from pathlib import Path

import pytest
import winrm.transport
from hypothesis import given
from hypothesis import strategies as st

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.winrm.endpoint import Endpoint, certificates, check_policy, endpoint, logon_method
from ssoaudit.inventory import WinrmAuth, WinrmSettings

HTTP = WinrmSettings()
HTTPS = WinrmSettings(scheme="https")


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("node1.contoso.example", "http://node1.contoso.example:5985/wsman"),
        ("NODE_1", "http://node_1:5985/wsman"),
        ("10.0.0.7", "http://10.0.0.7:5985/wsman"),
        ("2001:DB8::7", "http://[2001:db8::7]:5985/wsman"),
        ("höst.example", "http://xn--hst-sna.example:5985/wsman"),
    ],
)
def test_url(address: str, url: str) -> None:
    assert endpoint("NODE1", address, HTTP).url == url


def test_ports() -> None:
    assert endpoint("NODE1", "node1", HTTPS).port == 5986
    assert endpoint("NODE1", "node1", WinrmSettings(scheme="https", port=443)).url == "https://node1:443/wsman"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "user@host",
        "host:5986",
        "http://host",
        "host/wsman",
        "host?x",
        "host#x",
        "host\\x",
        "[::1]",
        "fe80::1%eth0",
        "-host",
        "host-",
        "a..b",
        ".",
        "host.",
        "127.1",
        "0x7f000001",
        "2130706433",
        "10.0.0.256",
        "host\n",
        "host name",
        "a" * 64,
        ".".join(["a" * 60] * 5),
        "ho\N{RIGHT-TO-LEFT OVERRIDE}st",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(address: str) -> None:
    with pytest.raises(Fault) as caught:
        endpoint("NODE1", address, HTTP)
    assert (caught.value.stage, caught.value.code) == (FaultStage.CONFIGURE, "address")
    assert "NODE1" in caught.value.message
    assert caught.value.message.isprintable()


@given(st.text(max_size=40))
def test_an_address_is_a_plain_host_or_refused(address: str) -> None:
    try:
        where = endpoint("NODE1", address, HTTP)
    except Fault:
        return
    assert where.host.isascii()
    assert not set(where.host) & set("@/?#\\[]% \t\n")


def test_target_is_made_visible() -> None:
    assert endpoint("NODE1\x1b[31m\n2", "node1", HTTP).target == "NODE1 2"


def policy(auth: WinrmAuth, scheme: str, **more: bool) -> str:
    # A copy, so that the model's own checks do not see this.
    settings = HTTP.model_copy(update={"auth": auth, "scheme": scheme, **more})
    where = endpoint("NODE1", "node1", settings)
    try:
        check_policy(where, settings)
    except Fault as fault:
        return f"{fault.stage.value} {fault.code}" if "NODE1" in fault.message else ""
    return logon_method(where, settings)


@pytest.mark.parametrize(
    ("auth", "over_http", "over_https"),
    [
        ("ntlm", "ntlm", "ntlm"),
        ("basic", "configure basic-over-http", "basic"),
        ("kerberos", "kerberos", "kerberos"),
        ("certificate", "configure certificate-over-http", "certificate"),
        ("credssp", "credssp", "credssp"),
    ],
)
def test_policy(monkeypatch: pytest.MonkeyPatch, auth: WinrmAuth, over_http: str, over_https: str) -> None:
    monkeypatch.setattr(winrm.transport, "HAVE_KERBEROS", True)
    assert (policy(auth, "http"), policy(auth, "https")) == (over_http, over_https)


@pytest.mark.parametrize(
    ("auth", "unverified"),
    [
        ("kerberos", "kerberos"),
        ("ntlm", "ntlm"),
        ("certificate", "certificate"),
        ("credssp", "credssp"),
        ("basic", "configure basic-unverified"),
    ],
)
def test_what_is_safe_with_whoever_answers(monkeypatch: pytest.MonkeyPatch, auth: WinrmAuth, unverified: str) -> None:
    monkeypatch.setattr(winrm.transport, "HAVE_KERBEROS", True)
    assert policy(auth, "https", insecure_skip_verify=True) == unverified


def test_kerberos_needs_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(winrm.transport, "HAVE_KERBEROS", False)
    assert policy("kerberos", "http") == "configure kerberos-missing"


@pytest.mark.parametrize(
    ("cache", "address", "method"),
    [
        ("FILE:{here}", "node1", "kerberos"),
        ("{here}", "node1", "kerberos"),
        ("KCM:1000", "node1", "kerberos"),
        ("FILE:{here}/none", "node1", "ntlm"),
        ("FILE:{here}", "10.0.0.7", "ntlm"),
        ("FILE:{here}", "::1", "ntlm"),
    ],
)
def test_auto_is_kerberos_where_that_can_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: str, address: str, method: str
) -> None:
    monkeypatch.setattr(winrm.transport, "HAVE_KERBEROS", True)
    monkeypatch.setenv("KRB5CCNAME", cache.format(here=tmp_path))
    where = endpoint("NODE1", address, HTTP)
    assert logon_method(where, HTTP) == method
    monkeypatch.setattr(winrm.transport, "HAVE_KERBEROS", False)
    assert logon_method(where, HTTP) == "ntlm"


def test_a_service_principals_host_of_its_own() -> None:
    settings = WinrmSettings(kerberos_hostname="node1.contoso.example")
    where = endpoint("NODE1", "10.0.0.7", settings)
    assert (where.host, where.service_host, where.is_address) == ("10.0.0.7", "node1.contoso.example", False)
    assert endpoint("NODE1", "10.0.0.7", HTTP).service_host == "10.0.0.7"


def built_for(monkeypatch: pytest.MonkeyPatch, file: Path, folder: Path) -> None:
    """What OpenSSL was built to take for the system's store."""
    paths = ssl.get_default_verify_paths()._replace(openssl_cafile=str(file), openssl_capath=str(folder))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)


def test_certificates_are_the_systems_unless_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    where = endpoint("NODE1", "node1", HTTPS)
    store, other = tmp_path / "store.pem", tmp_path / "other.pem"
    store.touch()
    other.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    built_for(monkeypatch, store, tmp_path / "none")
    assert certificates(where, HTTPS) == str(store)
    built_for(monkeypatch, tmp_path / "none", tmp_path)
    assert certificates(where, HTTPS) == str(tmp_path)
    assert certificates(where, WinrmSettings(scheme="https", insecure_skip_verify=True)) is None
    assert certificates(endpoint("NODE1", "node1", HTTP), HTTP) is None


def test_without_a_system_store_certifis_list_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    built_for(monkeypatch, tmp_path / "none", tmp_path / "none")
    trusted = certificates(endpoint("NODE1", "node1", HTTPS), HTTPS)
    assert trusted is not None
    assert trusted.endswith("cacert.pem")


def test_the_ca_file_is_checked_at_the_start(tmp_path: Path) -> None:
    where = endpoint("NODE1", "node1", HTTPS)
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate\n")
    for path, code in ((tmp_path / "missing.pem", "ca-missing"), (empty, "ca-invalid")):
        with pytest.raises(Fault) as caught:
            certificates(where, WinrmSettings(scheme="https", ca_file=str(path)))
        assert (caught.value.stage, caught.value.code) == (FaultStage.CONFIGURE, code)


def test_is_address() -> None:
    assert Endpoint("N", "10.0.0.7", 1, "http").is_address
    assert Endpoint("N", "::1", 1, "http").is_address
    assert not Endpoint("N", socket.gethostname() + ".example", 1, "http").is_address
