"""Logging on with a ticket of a real KDC, over the real wire."""

import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ssoaudit.collect.collection import Collection, Options
from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.winrm.endpoint import endpoint, logon_method
from ssoaudit.collect.winrm.shell import Limits, Logon, Output, run
from ssoaudit.credentials import Secret
from ssoaudit.evidence import Missing
from ssoaudit.inventory import Inventory, Server, WinrmSettings
from ssoaudit.vocabulary import Role
from tests.lab.child import ChildProcess
from tests.lab.kdc import REALM, Realm, free_port, needs_kerberos, running_realm, shift_clock, silent_kdc, write_config

ROOT = Path(__file__).parents[2]
AUDITOR = f"auditor@{REALM}"
TICKET = Logon("", Secret(""))
QUICK = Limits(connect=2.0, operation=5.0, deadline=20.0, cleanup=2.0)
HOUR = 3600


@dataclass
class Estate:
    """A realm, the process of its nodes, and a cache with a ticket for the auditor."""

    realm: Realm
    cache: Path
    processes: dict[str, ChildProcess]

    def ask(self, do: str, *, keytab: str = "right", **arguments: object) -> dict[str, Any]:
        answer: dict[str, Any] = self.processes[keytab].ask(do, **arguments)
        return answer


def node_process(realm: Realm, keytab: Path) -> ChildProcess:
    return ChildProcess("tests.lab.kerberos_child", {**realm.environment, "KRB5_KTNAME": str(keytab)})


@pytest.fixture(scope="module")
def running_estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    needs_kerberos()
    with running_realm(tmp_path_factory.mktemp("realm")) as realm:
        cache = realm.directory / "cache"
        realm.log_on(AUDITOR, realm.keytab("auditor"), cache)
        stale = realm.keytab("HTTP/localhost")
        right = realm.keytab("HTTP/localhost")
        other = realm.keytab("HTTP/other.contoso.example")
        with (
            node_process(realm, right) as honest,
            node_process(realm, stale) as outdated,
            node_process(realm, other) as stranger,
        ):
            yield Estate(realm, cache, {"right": honest, "stale": outdated, "other": stranger})


@pytest.fixture
def estate(running_estate: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Estate]:
    """The estate, with a fresh copy of its cache in force for the auditor's process."""
    cache = tmp_path / "cache"
    shutil.copy(running_estate.cache, cache)
    monkeypatch.setenv("KRB5_CONFIG", str(running_estate.realm.config))
    monkeypatch.setenv("KRB5CCNAME", str(cache))
    yield Estate(running_estate.realm, cache, running_estate.processes)
    for keytab in running_estate.processes:
        running_estate.ask("stop_all", keytab=keytab)


def converse(
    port: int, address: str = "localhost", logon: Logon = TICKET, limits: Limits = QUICK, **changes: Any
) -> Output:
    settings = WinrmSettings(**{"auth": "kerberos", "port": port, **changes})
    return run(endpoint("NODE1", address, settings), settings, logon, "program", [], b"what was sent", limits=limits)


def fault(port: int, *arguments: Any, **changes: Any) -> Fault:
    with pytest.raises(Fault) as caught:
        converse(port, *arguments, **changes)
    assert caught.value.stage is FaultStage.AUTHENTICATE
    assert not caught.value.retryable
    return caught.value


@pytest.mark.parametrize("protocol", ["SPNEGO", "Kerberos"])
def test_messages_are_sealed_under_the_tickets_key(estate: Estate, protocol: str) -> None:
    port = estate.ask("start", protocol=f"application/HTTP-{protocol}-session-encrypted")["port"]

    assert converse(port).stdout == b"read what was sent of 13"

    seen = estate.ask("seen", port=port)
    assert seen["principals"] == [AUDITOR]
    assert seen["requests"] == 7, "one to log on; Create, Command, Send, two Receives, Delete"
    assert seen["encrypted_messages"] == 6
    assert seen["plaintext_bodies"] == seen["open_shells"] == seen["delegated"] == 0


def test_over_https_the_ticket_is_bound_to_the_certificate(estate: Estate, tmp_path: Path) -> None:
    started = estate.ask("start", tls=True)
    authority = tmp_path / "ca.pem"
    authority.write_text(started["authority"])

    output = converse(started["port"], scheme="https", ca_file=str(authority))

    assert output.stdout == b"read what was sent of 13"
    seen = estate.ask("seen", port=started["port"])
    assert (seen["bound"], seen["logons"], seen["delegated"]) == (1, 1, 0)
    assert seen["open_shells"] == 0


def test_auto_picks_the_ticket_and_needs_no_password(estate: Estate) -> None:
    port = estate.ask("start")["port"]
    settings = WinrmSettings(port=port)
    assert logon_method(endpoint("NODE1", "localhost", settings), settings) == "kerberos"
    server = Server(host="NODE1", address="localhost", port=port, roles=(Role.CLUSTER,))
    inventory = Inventory(name="Lab", servers=(server,))

    evidence = Collection(inventory, TICKET).collect()

    readings = evidence.topics("NODE1")
    assert list(readings) == [topic.topic for topic in Options().wanted]
    assert {reading.stage for reading in readings.values() if isinstance(reading, Missing)} == {"run"}
    seen = estate.ask("seen", port=port)
    assert set(seen["principals"]) == {AUDITOR}
    assert seen["plaintext_bodies"] == seen["open_shells"] == 0


@pytest.mark.parametrize("user", [AUDITOR, "auditor@contoso.example", "CONTOSO\\auditor", ""])
def test_a_user_that_the_ticket_is_for(estate: Estate, user: str) -> None:
    port = estate.ask("start")["port"]
    converse(port, logon=Logon(user, Secret("not looked at")))
    assert estate.ask("seen", port=port)["principals"] == [AUDITOR]


def test_a_user_that_the_ticket_is_not_for(estate: Estate) -> None:
    port = estate.ask("start")["port"]
    told = fault(port, logon=Logon("other@contoso.example", Secret("")))
    assert (told.code, "other@contoso.example" in told.message) == ("krb-no-ticket", True)
    assert estate.ask("seen", port=port)["requests"] == 0


def test_an_address_has_no_service_principal(estate: Estate) -> None:
    port = estate.ask("start")["port"]
    told = fault(port, "127.0.0.1")
    assert (told.code, "HTTP/127.0.0.1" in told.message) == ("krb-spn", True)


def test_an_address_with_the_name_of_its_principal(estate: Estate) -> None:
    port = estate.ask("start")["port"]
    assert converse(port, "127.0.0.1", kerberos_hostname="localhost").exit_code == 0


def test_a_name_that_no_service_has(estate: Estate) -> None:
    port = estate.ask("start")["port"]
    told = fault(port, kerberos_hostname="node9.contoso.example")
    assert (told.code, "HTTP/node9.contoso.example" in told.message) == ("krb-spn", True)
    assert estate.ask("seen", port=port)["requests"] == 0


def test_no_cache(estate: Estate) -> None:
    estate.cache.unlink()
    assert fault(estate.ask("start")["port"]).code == "krb-no-ticket"


def test_a_cache_that_is_none(estate: Estate) -> None:
    estate.cache.write_bytes(b"no cache")
    assert fault(estate.ask("start")["port"]).code == "krb-no-ticket"


def test_a_ticket_that_has_expired(estate: Estate) -> None:
    shift_clock(estate.cache, 24 * HOUR)
    assert fault(estate.ask("start")["port"]).code == "krb-expired"


def test_clocks_that_differ(estate: Estate) -> None:
    shift_clock(estate.cache, HOUR)
    assert fault(estate.ask("start")["port"]).code == "krb-skew"


def test_clocks_that_differ_between_here_and_the_machine(estate: Estate) -> None:
    port = estate.ask("start")["port"]
    converse(port)
    shift_clock(estate.cache, HOUR)
    assert fault(port).code == "krb-rejected"


def test_a_kdc_that_is_down(estate: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRB5_CONFIG", str(write_config(tmp_path, f"127.0.0.1:{free_port()}")))
    assert fault(estate.ask("start")["port"]).code == "krb-kdc"


@pytest.mark.parametrize(("limits", "code"), [(Limits(connect=0.5), "krb-kdc"), (Limits(deadline=0.5), "deadline")])
def test_a_kdc_that_is_silent(
    estate: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: Limits, code: str
) -> None:
    port = estate.ask("start")["port"]
    converse(port)  # the ticket for localhost is at hand, but another one is asked for
    before = estate.ask("seen", port=port)
    with silent_kdc() as kdc:
        monkeypatch.setenv("KRB5_CONFIG", str(write_config(tmp_path, f"127.0.0.1:{kdc}")))
        started = time.monotonic()
        with pytest.raises(Fault) as caught:
            converse(port, limits=limits, kerberos_hostname="other.contoso.example")
        assert time.monotonic() - started <= 0.5 + 2
    assert caught.value.code == code
    assert estate.ask("seen", port=port) == before


def test_a_ticket_that_was_fetched_needs_no_kdc(
    estate: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = estate.ask("start")["port"]
    converse(port)
    monkeypatch.setenv("KRB5_CONFIG", str(write_config(tmp_path, f"127.0.0.1:{free_port()}")))
    assert converse(port).exit_code == 0


@pytest.mark.parametrize("keytab", ["stale", "other"])
def test_a_machine_that_lacks_the_services_key(estate: Estate, keytab: str) -> None:
    port = estate.ask("start", keytab=keytab)["port"]
    told = fault(port)
    assert (told.code, "setspn -Q HTTP/localhost" in told.hint) == ("krb-rejected", True)
    seen = estate.ask("seen", keytab=keytab, port=port)
    assert (seen["logons"], seen["plaintext_bodies"]) == (0, 0)


def test_a_rejected_ticket_is_no_rejected_credential(estate: Estate) -> None:
    ports = [estate.ask("start", keytab="other")["port"], estate.ask("start")["port"]]
    servers = tuple(
        Server(host=f"NODE{number}", address="localhost", port=port, roles=(Role.CLUSTER,))
        for number, port in enumerate(ports, start=1)
    )
    evidence = Collection(Inventory(name="Lab", servers=servers), TICKET).collect()
    codes = [
        {reading.code for reading in each.topics.values() if isinstance(reading, Missing)} for each in evidence.servers
    ]
    assert codes[0] == {"krb-rejected"}
    assert not codes[1] & {"krb-rejected", "not-tried"}


@pytest.mark.parametrize("proof", ["none", "empty", "forged"])
def test_a_machine_that_does_not_prove_its_identity(estate: Estate, proof: str) -> None:
    port = estate.ask("start", proof=proof)["port"]
    assert fault(port).code == "krb-mutual"
    seen = estate.ask("seen", port=port)
    assert (seen["requests"], seen["plaintext_bodies"]) == (1, 0)


def test_a_machine_without_kerberos(estate: Estate) -> None:
    port = estate.ask("start", offers=["NTLM"])["port"]
    told = fault(port)
    assert (told.code, "NTLM" in told.details) == ("auth-scheme", True)


def test_an_answer_that_was_altered(estate: Estate) -> None:
    port = estate.ask("start", answers="altered")["port"]
    with pytest.raises(Fault) as caught:
        converse(port)
    assert caught.value.code == "integrity"


def test_an_answer_that_was_replayed(estate: Estate) -> None:
    """The library takes a message that comes twice: what it answers to has to tell."""
    port = estate.ask("start", answers="replayed")["port"]
    with pytest.raises(Fault) as caught:
        converse(port)
    assert caught.value.code in {"integrity", "protocol"}


def test_thirty_conversations_share_a_cache(estate: Estate) -> None:
    ports = [estate.ask("start")["port"] for _ in range(3)] * 10
    with ThreadPoolExecutor(len(ports)) as pool:
        outputs = list(pool.map(converse, ports))
    assert {output.stdout for output in outputs} == {b"read what was sent of 13"}
    for port in set(ports):
        seen = estate.ask("seen", port=port)
        assert (seen["logons"], seen["plaintext_bodies"], seen["open_shells"]) == (10, 0, 0)


def break_cache(estate: Estate) -> int:
    estate.cache.unlink()
    return int(estate.ask("start")["port"])


def break_proof(estate: Estate) -> int:
    return int(estate.ask("start", proof="forged")["port"])


def break_key(estate: Estate) -> int:
    return int(estate.ask("start", keytab="other")["port"])


@pytest.mark.parametrize("broken", [break_cache, break_proof, break_key])
def test_no_library_logs_what_failed(
    estate: Estate, caplog: pytest.LogCaptureFixture, broken: Callable[[Estate], int]
) -> None:
    caplog.set_level("DEBUG")
    fault(broken(estate))
    assert [record for record in caplog.records if record.exc_info or not record.name.startswith("ssoaudit")] == []
    assert "Negotiate" not in caplog.text
