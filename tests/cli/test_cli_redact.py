"""The commands redact and pilot, as an operator runs them."""

import json
import stat
import sys
from pathlib import Path

import pytest
from bundles import bundle, judge
from program import Ended, run

from ssoaudit import evidence, pilot, record
from ssoaudit.lab.estate import NODES, healthy
from ssoaudit.redact import mapping_file


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    path = Path(tmp_path, "evidence.json")
    path.write_bytes(record.dump(bundle(healthy())))
    return path


def told(ended: Ended) -> tuple[int, str]:
    return ended.code, ended.stderr


def test_evidence_is_redacted_and_judged_the_same(collected: Path, tmp_path: Path) -> None:
    ended = run("redact", collected, "-o", "redacted.json", cwd=tmp_path)
    redacted, _ = evidence.load(Path(tmp_path, "redacted.json"))

    assert told(ended) == (0, "redacted.json: redacted; read it before you hand it on.\n")
    assert redacted.run.redacted
    assert "SSONODE1" not in Path(tmp_path, "redacted.json").read_text().upper()
    assert judge(redacted).verdict is judge(bundle(healthy())).verdict


def test_the_report_says_that_it_is_redacted(collected: Path, tmp_path: Path) -> None:
    run("redact", collected, cwd=tmp_path)
    ended = run("evaluate", "redacted.json", "--out", "out", cwd=tmp_path)

    assert b"Redacted: names, addresses and ids are pseudonyms." in ended.stdout
    assert "Redacted: names, addresses and ids are pseudonyms." in Path(tmp_path, "out", "report.html").read_text()
    assert json.loads(Path(tmp_path, "out", "result.json").read_text())["run"]["redacted"]


def test_the_map_undoes_it_and_is_gone_on_with(collected: Path, tmp_path: Path) -> None:
    for output in ("one.json", "two.json"):
        assert run("redact", collected, "-o", output, "--map", "map.json", cwd=tmp_path).code == 0
    third = run("redact", collected, "-o", "three.json", cwd=tmp_path)
    known = mapping_file.load(Path(tmp_path, "map.json")).as_kinds()["word"]
    one = json.loads(Path(tmp_path, "one.json").read_text())

    assert third.code == 0
    assert known["ssonode1"].upper() == one["servers"][0]["name"]
    assert Path(tmp_path, "one.json").read_bytes() == Path(tmp_path, "two.json").read_bytes()
    assert Path(tmp_path, "one.json").read_bytes() != Path(tmp_path, "three.json").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no modes")
def test_what_is_written_is_private(collected: Path, tmp_path: Path) -> None:
    run("redact", collected, "-o", "one.json", "--map", "map.json", cwd=tmp_path)
    assert {stat.S_IMODE(Path(tmp_path, name).stat().st_mode) for name in ("one.json", "map.json")} == {0o600}


def test_a_redacted_file_may_go_to_stdout(collected: Path, tmp_path: Path) -> None:
    ended = run("redact", collected, "-o", "-", cwd=tmp_path)
    assert json.loads(ended.stdout)["run"]["redacted"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["evidence.json", "-o", "evidence.json"], "this is the file that is read"),
        (["evidence.json", "-o", "x.json", "--map", "evidence.json"], "this is the file that is read"),
        (["evidence.json", "-o", "x.json", "--map", "x.json"], "this is the file of --map, too"),
        (["broken.json", "-o", "x.json"], "broken.json:1:1: this is no JSON"),
        (["evidence.json", "-o", "x.json", "--map", "broken.json"], "broken.json:1:1: this is no JSON"),
        (["evidence.json", "-o", "x.json", "--map", "twice.json"], "two originals have one pseudonym"),
        (
            ["evidence.json", "-o", "x.json", "--map", "worded.json"],
            "what stands for an original of the kind subnet is no pseudonym",
        ),
        (
            ["evidence.json", "-o", "x.json", "--map", "large.json"],
            "what stands for an original of the kind subnet is no pseudonym",
        ),
        (
            ["evidence.json", "-o", "x.json", "--map", "empty.json"],
            "what stands for an original of the kind word is no pseudonym",
        ),
        (["evidence.json", "-o", "x.json", "--map", "itself.json"], "an original of the kind word stands for itself"),
        (["evidence.json", "-o", "x.json", "--map", "kind.json"], "there is no kind names"),
        (["missing.json"], "missing.json"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    collected: Path, tmp_path: Path, arguments: list[str], says: str
) -> None:
    before = collected.read_bytes()
    Path(tmp_path, "broken.json").write_text("nothing")
    maps = {
        "twice": {"word": {"a": "x", "b": "x"}},
        "worded": {"subnet": {"192.0.2.0/24": "x"}},
        "large": {"subnet": {"192.0.2.0/24": "65536"}},
        "empty": {"word": {"a": ""}},
        "itself": {"word": {"ssonode1": "ssonode1"}},
        "kind": {"names": {"a": "b"}},
    }
    for name, kinds in maps.items():
        Path(tmp_path, f"{name}.json").write_text(json.dumps({"schema_version": 1, "pseudonyms": kinds}))
    ended = run("redact", *arguments, cwd=tmp_path)

    assert ended.code == 2
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
    assert collected.read_bytes() == before
    assert not Path(tmp_path, "x.json").exists()


def test_the_pilot_kit_of_the_lab(inventory: Path, tmp_path: Path, passwords: dict[str, str]) -> None:
    ended = run("pilot", inventory, cwd=tmp_path, variables=passwords)
    found = pilot.load(Path(tmp_path, "pilot.json"))
    text = Path(tmp_path, "pilot.json").read_text().casefold()

    assert told(ended) == (0, "")
    assert b"5 of 5 servers answered" in ended.stdout
    assert [len(part) for part in (found.winrm, found.self_tests, found.evidence.servers)] == [5, 5, 5]
    assert all(path.fault is None for path in found.winrm)
    assert found.run.redacted
    assert NODES[0].casefold() not in text
    assert not any(password.casefold() in text for password in passwords.values())


def test_what_is_redacted_is_not_redacted_again(collected: Path, tmp_path: Path) -> None:
    assert run("redact", "evidence.json", cwd=tmp_path).code == 0
    ended = run("redact", "redacted.json", "-o", "twice.json", cwd=tmp_path)

    assert (ended.code, ended.stderr) == (2, "Error: redacted.json: it is redacted already; hand it on as it is\n")
    assert not Path(tmp_path, "twice.json").exists()


def test_a_map_is_not_printed(collected: Path, tmp_path: Path) -> None:
    ended = run("redact", "evidence.json", "--map", "-", cwd=tmp_path)

    assert ended.code == 2
    assert "Invalid value for '--map': it undoes the redaction" in ended.stderr
    assert not Path(tmp_path, "-").exists()


def test_more_addresses_than_pseudonyms_are_refused_in_a_sentence(collected: Path, tmp_path: Path) -> None:
    taken = {f"172.{high}.{low}.0/24": str(high * 256 + low) for high in range(256) for low in range(256)}
    taken.pop("172.0.0.0/24")
    Path(tmp_path, "map.json").write_text(json.dumps({"schema_version": 1, "pseudonyms": {"subnet": taken}}))
    ended = run("redact", "evidence.json", "--map", "map.json", cwd=tmp_path)

    says = "it holds more originals of the kind subnet than there are pseudonyms"
    assert ended.code == 2
    assert ended.stderr.startswith(f"Error: evidence.json: {says}; look at what the servers answered")
