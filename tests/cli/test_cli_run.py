import base64
import html
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from program import SECONDS, environment, run, write_inventory

from ssoaudit.cli.audit import run as run_command
from ssoaudit.collect.winrm.limits import Limits
from ssoaudit.inventory import Inventory, Server
from ssoaudit.lab.process import Lab
from ssoaudit.vocabulary import Role

ONE_CHECK = "cluster.entsso-uses-network-name"

# A shell's background job ignores the signal, and hands that on.
INTERRUPTIBLE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from ssoaudit.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A port on which nothing listens, and which nobody else can take."""
    with socket.socket() as unserved:
        unserved.bind(("127.0.0.1", 0))
        yield unserved


def rejected(lab: Lab) -> int:
    return sum(counters["rejected_logons"] for counters in lab.counters().values())


def inventory_at(port: int, *names: str) -> Inventory:
    servers = tuple(Server(host=name, address="127.0.0.1", port=port, roles=(Role.CLUSTER,)) for name in names)
    return Inventory(name="Silent", network_name="SSOMSS", servers=servers)


@pytest.mark.usefixtures("driver")
def test_a_healthy_estate_is_ready(lab: Lab, inventory: Path, passwords: dict[str, str], tmp_path: Path) -> None:
    ended = run("run", inventory, "--profile", "post-failover", "--out", "out", cwd=tmp_path, variables=passwords)
    assert (ended.code, ended.stdout[:7]) == (0, b"READY: ")
    assert all(counters["open_shells"] == 0 for counters in lab.counters().values())


@pytest.mark.usefixtures("driver")
def test_collect_then_evaluate_says_what_run_says(inventory: Path, passwords: dict[str, str], tmp_path: Path) -> None:
    collected = run("collect", inventory, "-o", "e.json", cwd=tmp_path, variables=passwords)
    assert (collected.code, collected.stdout, collected.stderr) == (0, b"e.json: 5 of 5 servers answered\n", "")
    evaluated = run("evaluate", "e.json", "--profile", "compliance", "--out", "new/q4", cwd=tmp_path)
    assert (evaluated.code, evaluated.stdout[:7]) == (0, b"READY: ")
    result = json.loads(Path(tmp_path, "new", "q4", "result.json").read_bytes())
    assert (result["estate"], result["profile"]["name"]) == ("Prüfstand", "compliance")


def test_evidence_goes_to_stdout_where_it_is_asked_to(
    inventory: Path, passwords: dict[str, str], tmp_path: Path
) -> None:
    ended = run("collect", inventory, "-o", "-", cwd=tmp_path, variables=passwords)
    assert json.loads(ended.stdout)["schema_version"] == 1
    assert (ended.code, ended.stderr) == (0, "5 of 5 servers answered\n")
    assert not list(tmp_path.iterdir())


def test_a_narrowed_run_passes(inventory: Path, passwords: dict[str, str], tmp_path: Path) -> None:
    ended = run("run", inventory, "--only", ONE_CHECK, "--out", "proof", cwd=tmp_path, variables=passwords)
    assert ended.code == 0
    assert ended.stdout.decode().startswith("PASSED (1 of ")


def test_a_wrong_password_costs_one_logon(lab: Lab, inventory: Path, passwords: dict[str, str], tmp_path: Path) -> None:
    before = rejected(lab)
    ended = run("run", inventory, cwd=tmp_path, variables={**passwords, "SSOAUDIT_PASSWORD": "wrong"})
    assert ended.code == 4
    assert rejected(lab) == before + 1
    assert "Error: no server answered, so nothing is known of the estate. SSONODE1 " in ended.stderr
    assert "CONTOSO\\auditor" in ended.stderr
    assert ended.stdout.startswith(b"INCOMPLETE")


def test_no_server_answers(silent: socket.socket, tmp_path: Path) -> None:
    inventory = write_inventory(tmp_path / "i.yaml", inventory_at(silent.getsockname()[1], "NODE1", "NODE2"))
    ended = run("run", inventory, "--out", "out", cwd=tmp_path, variables={"SSOAUDIT_PASSWORD": "any"})
    assert ended.code == 4
    assert "Error: no server answered, so nothing is known of the estate. Nothing listens on port" in ended.stderr
    evaluated = run("evaluate", "out/evidence.json", "--out", "again", cwd=tmp_path)
    assert (evaluated.code, evaluated.stdout) == (4, ended.stdout)
    collected = run("collect", inventory, "-o", "e.json", cwd=tmp_path, variables={"SSOAUDIT_PASSWORD": "any"})
    assert (collected.code, collected.stdout) == (4, b"e.json: 0 of 2 servers answered\n")


@pytest.mark.usefixtures("driver")
def test_the_password_appears_nowhere(lab: Lab, inventory: Path, passwords: dict[str, str], tmp_path: Path) -> None:
    arguments = ("-vv", "--log-file", "log.jsonl", "run", inventory, "--out", "out")
    good = run(*arguments, cwd=tmp_path, variables=passwords)
    other = {name: password + "x" for name, password in passwords.items()}
    bad = run(*arguments[:-1], "rejected", cwd=tmp_path, variables=other)
    assert (good.code, bad.code) == (0, 4)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 7
    said = [
        good.stdout,
        good.stderr.encode(),
        bad.stdout,
        bad.stderr.encode(),
        *(path.read_bytes() for path in written),
    ]
    for form in forms(lab.password.reveal()):
        assert not [text[:200] for text in said if form in text]


def forms(secret: str) -> set[bytes]:
    """The secret as text, escaped as Python, JSON, HTML and URLs do, and in base64 wherever it begins."""
    shown = {
        secret,
        repr(secret)[1:-1],
        ascii(secret)[1:-1],
        json.dumps(secret)[1:-1],
        html.escape(secret),
        quote(secret),
    }
    shown |= {json.dumps(form)[1:-1] for form in shown}
    raw = {form.encode() for form in shown}
    for encoded in (secret.encode(), secret.encode("utf-16-le")):
        raw |= {encoded, encoded.hex().encode()}
        raw |= {base64.b64encode(bytes(shift) + encoded)[4:-4] for shift in range(3)}
    return raw


def test_the_log_tells_run_target_and_stage(silent: socket.socket, tmp_path: Path) -> None:
    inventory = write_inventory(tmp_path / "i.yaml", inventory_at(silent.getsockname()[1], "NODE1"))
    run("--log-file", "l.jsonl", "collect", inventory, cwd=tmp_path, variables={"SSOAUDIT_PASSWORD": "any"})
    lines = [json.loads(line) for line in Path(tmp_path, "l.jsonl").read_text().splitlines()]
    evidence = json.loads(Path(tmp_path, "evidence.json").read_bytes())
    assert {line["run"] for line in lines} == {evidence["run"]["id"]}
    assert {"connect"} == {line["stage"] for line in lines if line.get("target") == "NODE1"}
    assert lines[-1]["message"] == "exit code 4"


@pytest.mark.parametrize("auth", ["kerberos", "certificate, scheme: https, client_cert: client.pem"])
def test_without_a_password_where_none_is_used(silent: socket.socket, tmp_path: Path, auth: str) -> None:
    inventory = write_inventory(tmp_path / "i.yaml", inventory_at(silent.getsockname()[1], "NODE1"))
    inventory.write_text(inventory.read_text(encoding="utf-8").replace("auth: ntlm", f"auth: {auth}"), encoding="utf-8")
    Path(tmp_path, "client.pem").touch()
    ended = run("collect", inventory, cwd=tmp_path)
    assert ended.code == 4
    assert "password" not in ended.stderr


def test_nobody_to_ask_for_a_password(inventory: Path, tmp_path: Path) -> None:
    ended = run("run", inventory, "--out", "out", cwd=tmp_path)
    assert ended.code == 2
    assert ended.stderr.startswith("Error: no password for CONTOSO\\auditor: ")


@pytest.mark.skipif(sys.platform == "win32", reason="there a signal reaches the whole console")
def test_control_c_ends_with_130(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        inventory = write_inventory(tmp_path / "i.yaml", inventory_at(server.getsockname()[1], "NODE1"))
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", INTERRUPTIBLE, "run", str(inventory), "--out", "out"],
            cwd=tmp_path,
            env=environment({"SSOAUDIT_PASSWORD": "any"}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        server.settimeout(SECONDS)
        connection, _ = server.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=SECONDS)
    assert (process.returncode, stdout) == (130, b"")
    assert stderr.decode().splitlines()[-1] == "Interrupted."
    assert "Traceback" not in stderr.decode()
    assert not list(Path(tmp_path, "out").iterdir())


def test_the_time_limits_told_are_the_collectors() -> None:
    told = {parameter.name: parameter.default for parameter in run_command.params}
    assert (told["timeout"], told["connect_timeout"]) == (Limits.deadline, Limits.connect)
