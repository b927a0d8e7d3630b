import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from winrm_servers import USER, HealthyNode

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.winrm.endpoint import endpoint
from ssoaudit.collect.winrm.shell import Logon, Output, run
from ssoaudit.credentials import Secret
from ssoaudit.inventory import WinrmSettings

Start = Callable[..., HealthyNode]


def converse(
    node: HealthyNode,
    command: str,
    *arguments: str,
    stdin: bytes = b"",
    password: str = "",
    on_stdout: Callable[[bytes], None] = lambda _: None,
    **settings: object,
) -> Output:
    chosen = WinrmSettings.model_validate({"auth": "ntlm", "port": node.port, **settings})
    logon = Logon(node.user, Secret(password or node.password))
    where = endpoint("NODE1", "127.0.0.1", chosen)
    return run(where, chosen, logon, command, arguments, stdin, on_stdout=on_stdout)


def test_a_command_its_arguments_and_its_input(healthy: Start) -> None:
    node = healthy("ntlm")
    output = converse(node, "program.exe", "-Flag", "a b", "<&>", stdin=b"\0\xff" * 200_000)
    told = json.loads(output.stdout)
    assert (told["command"], told["arguments"], told["bytes"]) == ("program.exe", ["-Flag a b <&>"], 400_000)
    assert (output.stderr, output.exit_code) == ("", 0)
    assert output.seconds > 0


def test_nothing_is_left_behind_and_nothing_went_in_clear(healthy: Start) -> None:
    node = healthy("ntlm")
    converse(node, "program.exe")
    counters = node.counters
    assert counters["plaintext_bodies"] == 0
    assert (counters["shells_opened"], counters["open_shells"]) == (1, 0)
    assert (counters["logons"], counters["requests"]) == (1, 9)


@pytest.mark.parametrize(("scheme", "requests"), [("ntlm", 8), ("basic", 6)])
def test_https(healthy: Start, scheme: str, requests: int) -> None:
    node = healthy(scheme, names=("127.0.0.1",))
    output = converse(node, "program.exe", scheme="https", auth=scheme, ca_file=node.ca_file)
    assert json.loads(output.stdout)["command"] == "program.exe"
    assert (node.counters["open_shells"], node.counters["requests"]) == (0, requests)


def test_long_output_comes_whole_and_piece_by_piece(healthy: Start) -> None:
    pieces: list[bytes] = []
    output = converse(healthy("ntlm"), "repeat", "100", stdin=bytes(range(256)) * 40, on_stdout=pieces.append)
    assert output.stdout == bytes(range(256)) * 4000
    assert b"".join(pieces) == output.stdout
    assert len(pieces) > 5


def test_a_failing_command_is_an_output(healthy: Start) -> None:
    output = converse(healthy("ntlm"), "fail")
    assert (output.stdout, output.stderr, output.exit_code) == (b"before", "broken", 7)


@pytest.mark.parametrize(("scheme", "names"), [("ntlm", ()), ("ntlm", ("127.0.0.1",)), ("basic", ("127.0.0.1",))])
def test_a_wrong_password_is_one_failed_logon(healthy: Start, scheme: str, names: tuple[str, ...]) -> None:
    node = healthy(scheme, names=names)
    https: dict[str, Any] = {"scheme": "https", "ca_file": node.ca_file} if names else {}
    with pytest.raises(Fault) as caught:
        converse(node, "program.exe", password="wrong", auth=scheme, **https)
    assert (caught.value.stage, caught.value.code) == (FaultStage.AUTHENTICATE, "auth")
    assert USER in caught.value.message
    assert node.counters["rejected_logons"] == 1
    assert node.counters["plaintext_bodies"] == 0


def test_a_scheme_that_is_not_offered(healthy: Start) -> None:
    node = healthy("ntlm", names=("127.0.0.1",))
    with pytest.raises(Fault) as caught:
        converse(node, "program.exe", auth="basic", scheme="https", ca_file=node.ca_file)
    assert caught.value.code == "auth-scheme"
    assert "NTLM" in caught.value.details


def test_an_address_without_a_route() -> None:
    settings = WinrmSettings(auth="ntlm")
    where = endpoint("NODE1", "255.255.255.255", settings)
    with pytest.raises(Fault) as caught:
        run(where, settings, Logon(USER, Secret("any")), "program.exe", [], b"")
    assert (caught.value.stage, caught.value.code) == (FaultStage.CONNECT, "unreachable")


def test_an_account_that_may_not_open_a_shell(healthy: Start) -> None:
    node = healthy("ntlm", may_open_shell=False)
    with pytest.raises(Fault) as caught:
        converse(node, "program.exe")
    assert (caught.value.stage, caught.value.code) == (FaultStage.SHELL, "denied")


def test_ntlm_user_file_of_the_environment_is_not_used(
    healthy: Start, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("ntlm") / "users"
    other.write_text("CONTOSO:auditor:another\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(other))
    assert converse(healthy("ntlm"), "program.exe").exit_code == 0


def test_the_password_reaches_no_log(healthy: Start, caplog: pytest.LogCaptureFixture) -> None:
    node = healthy("basic", names=("127.0.0.1",))
    with caplog.at_level(logging.DEBUG):
        converse(node, "program.exe", scheme="https", auth="basic", ca_file=node.ca_file)
        converse(healthy("ntlm"), "program.exe")
    assert node.password not in caplog.text
    assert not [record for record in caplog.records if record.name.startswith(("urllib3", "spnego", "requests"))]
