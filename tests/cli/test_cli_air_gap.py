"""The collector shown and written, and its files taken: what an operator types, and reads when a file is refused."""

import hashlib
import json
import os
import stat
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import click
import pytest
from program import Ended, run

from ssoaudit import cli
from ssoaudit.cli.collector import collector
from ssoaudit.collect.parameters import MOST_EVENTS
from ssoaudit.collect.script import script, sha256
from ssoaudit.lab.estate import NODES, healthy
from ssoaudit.lab.powershell import Answer, facts_file
from ssoaudit.lab.process import answers

Said = Callable[..., Ended]
ESTATE = healthy()
INVENTORY = """
name: Prüfstand
network_name: SSOMSS
service_account: 'CONTOSO\\svc-entsso'
groups: {sso_administrators: 'CONTOSO\\SSO Administrators'}
servers:
  - {host: ssonode1.contoso.com, roles: [cluster]}
  - {host: ssonode2.contoso.com, roles: [cluster]}
"""


@pytest.fixture
def said(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Said:
    """Runs the program in this process, in a directory with an inventory."""
    for name in [name for name in os.environ if name.startswith("SSOAUDIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    Path("i.yaml").write_text(INVENTORY, encoding="utf-8")

    def call(*arguments: object) -> Ended:
        code = cli.main([str(argument) for argument in arguments])
        captured = capsysbinary.readouterr()
        return Ended(code, captured.out, captured.err.decode())

    return call


def put(folder: Path, name: str, *, age: timedelta = timedelta(0)) -> Path:
    """What the script C.ps1 leaves on a machine of the lab."""
    answered = {topic: Answer(**answer) for topic, answer in answers(ESTATE.machines[name]).items()}  # type: ignore[arg-type]
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.ssofacts"
    path.write_bytes(facts_file(Path("C.ps1").read_bytes(), name, answered, datetime.now(timezone.utc) - age))
    return path


# The script


def test_the_script_and_its_hash_are_those_of_the_reports(said: Said, tmp_path: Path) -> None:
    shown, told = said("collector", "--print"), said("collector", "--sha256")
    assert shown.stdout == script().encode("ascii")
    assert told.stdout.decode().strip() == hashlib.sha256(shown.stdout).hexdigest() == sha256()
    assert (shown.code, shown.stderr, told.code, told.stderr) == (0, "", 0, "")


def test_print_writes_the_very_bytes(tmp_path: Path) -> None:
    assert run("collector", "--print", cwd=tmp_path).stdout == script().encode("ascii")


def test_the_stand_alone_script_asks_for_what_the_inventory_names(said: Said) -> None:
    ended = said("collector", "-o", "C.ps1", "--inventory", "i.yaml")
    assert (ended.code, ended.stdout.decode()) == (0, f"C.ps1: the node script in it has the SHA-256 {sha256()}\n")
    assert ended.stderr == ""
    text = Path("C.ps1").read_text()
    assert '"accounts": ["CONTOSO\\\\svc-entsso"], "groups": ["CONTOSO\\\\SSO Administrators"]' in text
    if sys.platform != "win32":
        assert stat.S_IMODE(Path("C.ps1").stat().st_mode) == 0o644
    again = said("collector", "--verify", "C.ps1")
    assert again.code == 0
    assert again.stdout.decode() == (
        f"C.ps1: this version's script, unaltered, with the node script {sha256()}; it is not signed\n"
    )


def test_without_names_it_is_warned(said: Said) -> None:
    ended = said("collector", "-o", "-", "--no-compile")
    assert b'"compile": false' in ended.stdout
    assert b"logon_rights" not in ended.stdout.split(b"What is asked for: ")[1].splitlines()[0]
    assert ended.stderr == "warning: no account and no group is asked for; give the --inventory that names them\n"


def test_what_is_asked_for_follows_the_options_of_a_collection(said: Said) -> None:
    asked = said("collector", "-o", "-", "--active-network", "--event-days", "30", "--event-count", "7").stdout
    told = json.loads(asked.split(b"What is asked for: ")[1].splitlines()[0])
    assert (told["active_network"], told["event_days"], told["event_count"]) == (True, 30, 7)
    assert "endpoint_mapper" in told["topics"]
    assert said("collector", "--sha256", "--event-days", "30").code == 2


def test_parameters_come_from_a_file(said: Said) -> None:
    Path("p.json").write_text('{"topics": ["env"], "accounts": ["CONTOSO\\\\x"], "s4u": false}')
    asked = said("collector", "-o", "-", "--parameters", "p.json").stdout
    told = json.loads(asked.split(b"What is asked for: ")[1].splitlines()[0])
    assert (told["topics"], told["accounts"], told["s4u"], told["compile"]) == (["env"], ["CONTOSO\\x"], False, True)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "p.json:1:2: this is no JSON: expecting property name enclosed in double quotes"),
        ("[]", "p.json: the parameters are not a JSON object"),
        ('{"account": []}', "p.json: 'account' is no parameter, did you mean 'accounts'?"),
        ('{"accounts": "x"}', "p.json: accounts is not a list of texts of at most 512 characters"),
        ('{"accounts": [""]}', "p.json: accounts is not a list of texts of at most 512 characters"),
        ('{"groups": [1]}', "p.json: groups is not a list of texts of at most 512 characters"),
        (json.dumps({"groups": ["x"] * 101}), "p.json: groups has more than 100 entries"),
        ('{"topics": ["services"]}', "p.json: topics leaves out env, without which no answer"),
        ('{"topics": ["env", "env"]}', "p.json: topics names one twice"),
        ('{"topics": []}', "p.json: topics leaves out env"),
        ('{"topics": ["ssoss"]}', "p.json: 'ssoss' is no topic of this version"),
        ('{"compile": 1}', "p.json: compile is not true or false"),
        ('{"event_days": 0}', "p.json: event_days is not a whole number from 1 to 3650"),
        ('{"event_count": 5001}', "p.json: event_count is not a whole number from 1 to 5000"),
        ('{"event_count": true}', "p.json: event_count is not a whole number from 1 to 5000"),
        ("[" * 100_000, "p.json: this is no JSON"),
        ("\x00", "p.json:1:1: this is no JSON: expecting value"),
    ],
)
def test_parameters_that_cannot_be_used(said: Said, text: str, sentence: str) -> None:
    Path("p.json").write_text(text)
    ended = said("collector", "-o", "C.ps1", "--parameters", "p.json")
    assert ended.code == 2
    assert ended.stderr.startswith(f"Error: {sentence}")
    assert not Path("C.ps1").exists()


@pytest.mark.parametrize("name", MOST_EVENTS)
def test_parameters_have_the_bounds_of_the_options(name: str) -> None:
    (option,) = [each for each in collector.params if each.name == name]
    assert isinstance(option.type, click.IntRange)
    assert (option.type.min, option.type.max) == (1, MOST_EVENTS[name])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Give one of --print, --sha256, --output and --verify."),
        (["--print", "--sha256"], "Give one of --print, --sha256, --output and --verify."),
        (["--print", "--no-s4u"], "What to ask for is told with --output alone."),
        (["--sha256", "--inventory", "i.yaml"], "What to ask for is told with --output alone."),
        (["-o", "x", "--parameters", "p", "--inventory", "i.yaml"], "--parameters says everything; "),
        (["-o", "x", "--parameters", "p", "--no-s4u"], "--parameters says everything; "),
        (["-o", "i.yaml", "--inventory", "i.yaml"], "i.yaml: this is the file that is read; give another --output"),
        (["-o", "x", "--inventory", "no.yaml"], "no.yaml: the file does not exist; check the path"),
        (["--verify", "i.yaml"], "i.yaml: this is no stand-alone script of ssoaudit; make it again"),
    ],
)
def test_what_is_asked_wrongly(said: Said, arguments: list[str], sentence: str) -> None:
    ended = said("collector", *arguments)
    assert (ended.code, ended.stdout) == (2, b"")
    assert f"Error: {sentence}" in ended.stderr
    assert Path("i.yaml").read_text(encoding="utf-8") == INVENTORY


# The files


@pytest.fixture
def folder(said: Said, tmp_path: Path) -> Path:
    """Where the files of both nodes are, written by the inventory's script."""
    said("collector", "-o", "C.ps1", "--inventory", "i.yaml")
    folder = tmp_path / "facts"
    for node in NODES:
        put(folder, node)
    return folder


def test_files_of_all_servers_need_no_network_and_no_password(said: Said, folder: Path) -> None:
    ended = said("collect", "i.yaml", "--from", folder, "--offline", "-o", "e.json")
    assert (ended.code, ended.stdout, ended.stderr) == (0, b"e.json: 2 of 2 servers answered\n", "")
    evidence = json.loads(Path("e.json").read_bytes())
    assert [server["source"] for server in evidence["servers"]] == ["file", "file"]
    digest = hashlib.sha256(Path(folder, "SSONODE1.ssofacts").read_bytes()).hexdigest()
    assert evidence["servers"][0]["file"]["name"] == "SSONODE1.ssofacts"
    assert evidence["servers"][0]["file"]["sha256"] == digest
    ended = said("run", "i.yaml", "--from", folder, "--offline", "--out", "out")
    assert ended.code in (1, 3)
    assert b"Not read over WinRM: SSONODE1 (file of " in ended.stdout


def test_a_server_without_a_file_is_not_collected_offline(said: Said, folder: Path) -> None:
    Path(folder, "SSONODE2.ssofacts").unlink()
    ended = said("collect", "i.yaml", "--from", folder, "--offline", "-o", "e.json")
    assert (ended.code, ended.stdout) == (3, b"e.json: 1 of 2 servers answered\n")
    reading = json.loads(Path("e.json").read_bytes())["servers"][1]["topics"]["env"]
    assert (reading["status"], reading["message"]) == (
        "not_collected",
        "SSONODE2 was not asked (--offline), and no file of it was given.",
    )


def test_a_server_without_a_file_needs_the_password(said: Said, folder: Path) -> None:
    Path(folder, "SSONODE2.ssofacts").unlink()
    ended = said("collect", "i.yaml", "--from", folder, "--user", "CONTOSO\\x", "-o", "e.json")
    assert ended.code == 2
    assert ended.stderr.startswith("Error: no password for CONTOSO\\x: ")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def alter(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"env ok 3 ", b"env ok 4 "))


def make_foreign(path: Path) -> None:
    path.unlink()
    put(path.parent, "BTSAPP01")


def age(path: Path) -> None:
    put(path.parent, "SSONODE1", age=timedelta(hours=25))


def copy(path: Path) -> None:
    path.with_name("zz.ssofacts").write_bytes(path.read_bytes())


@pytest.mark.parametrize(
    ("spoil", "name", "sentence"),
    [
        (truncate, "SSONODE1", "the file is cut short: its last line with the SHA-256 is missing; "),
        (alter, "SSONODE1", "the file was altered: its content does not have the SHA-256 of its last line; "),
        (make_foreign, "BTSAPP01", "it is of BTSAPP01, which is no server of this inventory; "),
        (age, "SSONODE1", "it is of 20"),
        (copy, "zz", "SSONODE1.ssofacts is of SSONODE1, too; keep the one that is meant"),
    ],
)
def test_a_file_that_cannot_be_taken_ends_it_before_anything_is_written(
    said: Said, folder: Path, spoil: Callable[[Path], None], name: str, sentence: str
) -> None:
    spoil(Path(folder, "SSONODE1.ssofacts"))
    for command in (("collect", "-o", "e.json"), ("run", "--out", "out")):
        ended = said(command[0], "i.yaml", "--from", "facts", "--offline", *command[1:])
        assert (ended.code, ended.stdout) == (2, b"")
        assert ended.stderr.startswith(f"Error: {Path('facts', name)}.ssofacts: {sentence}")
        assert len(ended.stderr.splitlines()) == 1
    assert not Path("e.json").exists()
    assert not Path("out").exists()


def test_an_old_file_is_taken_where_that_is_asked_for(said: Said, folder: Path) -> None:
    age(Path(folder, "SSONODE1.ssofacts"))
    ended = said("collect", "i.yaml", "--from", folder, "--max-age", "26", "--offline", "-o", "e.json")
    assert ended.code == 0


# On the spot


def test_a_machine_without_powershell_is_told_in_one_sentence(
    said: Said, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Path("i.yaml").write_text("name: x\nservers: [{host: A, roles: [cluster], transport: local}]\n", encoding="utf-8")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SystemRoot", raising=False)
    ended = said("collect", "i.yaml", "-o", "e.json")
    assert (ended.code, ended.stdout) == (4, b"e.json: 0 of 1 servers answered\n")
    assert ended.stderr.count("A is to be read on the spot, and this machine has no powershell.exe.") == 1
    assert "password" not in ended.stderr


def test_local_names_a_server_of_the_inventory(said: Said) -> None:
    ended = said("collect", "i.yaml", "--local", "ssonode3", "-o", "e.json")
    assert ended.code == 2
    assert "Invalid value for '--local': 'ssonode3' is no server of the inventory; did you mean" in ended.stderr


def test_two_servers_are_not_this_machine(said: Said) -> None:
    text = "name: x\nservers:\n" + "".join(
        f"  - {{host: {name}, roles: [cluster], transport: local}}\n" for name in ("A", "B")
    )
    Path("i.yaml").write_text(text, encoding="utf-8")
    ended = said("collect", "i.yaml", "-o", "e.json")
    assert (ended.code, "a second server has transport: local; only the machine" in ended.stderr) == (2, True)
    assert ended.stderr.startswith("Error: i.yaml:4:")


# What does not go together


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--offline"], "--offline asks nobody: give the servers' files with --from."),
        (
            ["--from", "facts", "--offline", "--local", "ssonode1"],
            "--offline asks nobody, and --local asks this machine",
        ),
        (
            ["--from", "facts", "--local", "ssonode1"],
            "--local and a file of --from are both of SSONODE1: leave out one",
        ),
    ],
)
@pytest.mark.parametrize("command", ["collect", "run"])
def test_options_that_contradict_each_other_are_refused(
    said: Said, folder: Path, command: str, options: list[str], sentence: str
) -> None:
    before = sorted(Path().rglob("*"))
    ended = said(command, "i.yaml", *options)
    assert (ended.code, ended.stdout) == (2, b"")
    assert sentence in ended.stderr
    assert sorted(Path().rglob("*")) == before


def test_a_file_that_is_read_is_not_written_over(said: Said, folder: Path) -> None:
    path = Path(folder, "SSONODE1.ssofacts")
    before = path.read_bytes()
    ended = said("collect", "i.yaml", "--from", folder, "--offline", "-o", path)
    assert (ended.code, path.read_bytes()) == (2, before)
    assert "this is the file that is read; give another --output" in ended.stderr
