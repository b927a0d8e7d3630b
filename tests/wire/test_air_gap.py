"""What comes in files, or from this machine's own PowerShell, is what WinRM would have brought."""

import json
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from ssoaudit import record
from ssoaudit.collect.collection import Collection, Options
from ssoaudit.collect.facts_file import read_folder
from ssoaudit.collect.parameters import of_inventory
from ssoaudit.collect.script import COMMAND
from ssoaudit.collect.sql.address import SqlLogin
from ssoaudit.collect.standalone import standalone
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.credentials import Secret
from ssoaudit.evaluate import evaluate
from ssoaudit.evidence import Evidence, Missing, Read, ServerEvidence
from ssoaudit.inventory import Inventory
from ssoaudit.lab.estate import BIZTALK, NODES, LabEstate, healthy
from ssoaudit.lab.powershell import Answer, facts_file
from ssoaudit.lab.process import Lab, answers
from ssoaudit.lab.scenarios import first_scan
from ssoaudit.registry import find_checks, find_reports
from ssoaudit.result import Result
from ssoaudit.vocabulary import Profile

NOBODY = Logon("", Secret(""))


def answered(estate: LabEstate, name: str) -> dict[str, Answer]:
    return {topic: Answer(**answer) for topic, answer in answers(estate.machines[name]).items()}  # type: ignore[arg-type]


def files(folder: Path, estate: LabEstate, *names: str, age: timedelta = timedelta(0)) -> dict[str, ServerEvidence]:
    """The machines' files, written by the stand-alone script of the estate's inventory, and read."""
    inventory, now = estate.inventory(), datetime.now(timezone.utc)
    script = standalone(of_inventory(inventory, Options()))
    for name in names:
        Path(folder, f"{name}.ssofacts").write_bytes(facts_file(script, name, answered(estate, name), now - age))
    return read_folder(folder, inventory, now, timedelta(hours=24))


def collect(lab: Lab, from_files: Mapping[str, ServerEvidence], inventory: Inventory | None = None) -> Evidence:
    sql = SqlLogin(lab.sql_user, lab.password)
    logon = Logon(lab.user, lab.password)
    return Collection(
        inventory or lab.inventory(), logon, sql_login=sql, biztalk_login=sql, from_files=from_files
    ).collect()


def facts(evidence: Evidence) -> dict[str, dict[str, object]]:
    return {
        server.name: {topic: reading.model_dump() for topic, reading in server.topics.items()}
        for server in evidence.servers
    }


def judged(evidence: Evidence) -> Result:
    return evaluate(evidence, find_checks(), Profile.PREFLIGHT, sha256="0" * 64)


def statuses(result: Result) -> list[tuple[str, str, str]]:
    return [(finding.check, finding.target, finding.status.value) for finding in result.findings]


@pytest.mark.parametrize("estate", [healthy(), first_scan()], ids=["healthy", "first scan"])
def test_files_hold_what_winrm_brings(tmp_path: Path, estate: LabEstate) -> None:
    with Lab(estate) as lab:
        over_winrm = collect(lab, {})
        before = lab.counters()
        through_files = collect(lab, files(tmp_path, estate, *estate.machines))
        assert lab.counters() == before, "nobody is asked"

    assert facts(through_files) == facts(over_winrm)
    one, other = judged(through_files), judged(over_winrm)
    assert (one.verdict, statuses(one)) == (other.verdict, statuses(other))
    assert {server.source for server in through_files.servers} == {"file"}
    assert {server.source for server in over_winrm.servers} == {"winrm"}


def test_some_servers_answer_in_files_and_the_others_over_winrm(tmp_path: Path) -> None:
    with Lab(healthy()) as lab:
        from_files = files(tmp_path, healthy(), NODES[0], BIZTALK[1])
        evidence = collect(lab, from_files)
        counters = lab.counters()

    assert {server.name for server in evidence.servers if server.source == "file"} == {NODES[0], BIZTALK[1]}
    assert {name for name, each in counters.items() if each["logons"]} == set(counters) - {NODES[0], BIZTALK[1]}
    assert all(isinstance(evidence.topics(server.name)["env"], Read) for server in evidence.servers)


def test_offline_nobody_is_asked_and_nothing_passes_for_it(tmp_path: Path) -> None:
    with Lab(healthy()) as lab:
        options = Options(offline=True)
        from_files = files(tmp_path, healthy(), *NODES)
        evidence = Collection(lab.inventory(), NOBODY, options, from_files=from_files).collect()
        assert not any(each["logons"] for each in lab.counters().values())
        assert lab.sessions() == []

    unread = evidence.topics(BIZTALK[0])
    assert list(unread) == [topic.topic for topic in Options().wanted]
    assert {(reading.status.value, reading.code) for reading in unread.values() if isinstance(reading, Missing)} == {
        ("not_collected", "offline")
    }
    assert evidence.ssodb is not None
    assert {reading.status.value for reading in evidence.ssodb.topics.values()} == {"not_collected"}
    assert evidence.management is not None
    assert {reading.status.value for reading in evidence.management.topics.values()} == {"not_collected"}
    about_it = {finding.status.value for finding in judged(evidence).findings if finding.target == BIZTALK[0]}
    assert about_it == {"not_verified"}


def test_the_report_tells_how_a_server_was_read_and_evidence_ages_with_its_oldest_file(tmp_path: Path) -> None:
    with Lab(healthy()) as lab:
        evidence = collect(lab, files(tmp_path, healthy(), NODES[0], age=timedelta(hours=9)))
    result = judged(evidence)

    file = evidence.servers[0].file
    assert file is not None
    assert result.expires == file.written + timedelta(hours=result.profile.lifetime_hours)
    assert result.expires < evidence.run.started + timedelta(hours=result.profile.lifetime_hours)
    table, html, stored = (find_reports()[name].load().render(result) for name in ("table", "html", "json"))
    told = f"{NODES[0]} (file of {file.written.day} "
    assert told in " ".join(table.decode().split())
    assert told in html.decode()
    assert f"{NODES[0]}.ssofacts" in html.decode()
    assert file.sha256 in html.decode()
    assert file.sha256 == json.loads(stored)["servers"][0]["file"]["sha256"]


def test_a_report_of_winrm_alone_says_nothing_of_other_ways() -> None:
    with Lab(healthy()) as lab:
        result = judged(collect(lab, {}))
    assert b"Not read over WinRM" not in find_reports()["html"].load().render(result)


def test_a_bundle_that_names_no_source_was_read_over_winrm() -> None:
    with Lab(healthy()) as lab:
        document = json.loads(record.dump(collect(lab, {})))
    for server in document["servers"]:
        del server["source"], server["file"]
    assert {server.source for server in Evidence.model_validate_json(json.dumps(document)).servers} == {"winrm"}


POWERSHELL = """#!{python}
import json, sys
sys.path[:0] = {path!r}
from ssoaudit.collect.script import BOOTSTRAP, FALLBACK_BOOTSTRAP
from ssoaudit.lab.powershell import Answer, powershell

answers = {{topic: Answer(**answer) for topic, answer in json.loads({answers!r}).items()}}
run = powershell(answers, BOOTSTRAP, fallback=FALLBACK_BOOTSTRAP, drains_stdin={drains_stdin})
reply = run("powershell.exe", tuple(sys.argv[1:]), sys.stdin.buffer.read())
sys.stdout.buffer.write(reply.stdout)
sys.stderr.buffer.write(reply.stderr)
sys.exit(reply.exit_code)
"""


def put_powershell(folder: Path, estate: LabEstate, name: str, *, drains_stdin: bool = True) -> None:
    """A powershell.exe that answers as that machine of the lab."""
    encoded = json.dumps({topic: asdict(answer) for topic, answer in answered(estate, name).items()})
    text = POWERSHELL.format(python=sys.executable, path=sys.path, answers=encoded, drains_stdin=drains_stdin)
    program = folder / COMMAND
    program.write_text(text, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def on_the_spot(inventory: Inventory, name: str) -> Inventory:
    servers = tuple(
        server.model_copy(update={"transport": "local"} if server.name == name else {}) for server in inventory.servers
    )
    return inventory.model_copy(update={"servers": servers})


@pytest.mark.skipif(sys.platform == "win32", reason="there a script is no powershell.exe")
@pytest.mark.parametrize("drains_stdin", [True, False])
def test_a_server_is_read_on_the_spot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drains_stdin: bool) -> None:
    put_powershell(tmp_path, healthy(), NODES[0], drains_stdin=drains_stdin)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with Lab(healthy()) as lab:
        over_winrm = collect(lab, {})
        before = lab.counters()[NODES[0]]
        locally = collect(lab, {}, on_the_spot(lab.inventory(), NODES[0]))
        assert lab.counters()[NODES[0]] == before

    assert facts(locally) == facts(over_winrm)
    assert [server.source for server in locally.servers] == ["local", *["winrm"] * 4]
    assert f"{NODES[0]} (on the spot)" in find_reports()["html"].load().render(judged(locally)).decode()


@pytest.mark.skipif(sys.platform == "win32", reason="there a script is no powershell.exe")
def test_another_machine_than_the_inventory_means_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_powershell(tmp_path, healthy(), NODES[1])
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with Lab(healthy()) as lab:
        result = judged(collect(lab, {}, on_the_spot(lab.inventory(), NODES[0])))
    assert {finding.status.value for finding in result.findings if finding.target == NODES[0]} == {"not_verified"}
