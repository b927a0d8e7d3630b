import json
import stat
import sys
from pathlib import Path

import pytest
from program import Ended, run


def test_first_scan_is_not_ready(first_scan: tuple[Ended, Path]) -> None:
    ended, out = first_scan
    assert ended.code == 1
    assert ended.stdout.startswith(b"NOT READY")
    assert ended.stderr == f"Report: {Path('out', 'report.html')}\n"
    assert sorted(path.name for path in out.iterdir()) == ["evidence.json", "report.html", "result.json"]


@pytest.mark.parametrize(
    ("scenario", "code", "verdict"), [("healthy", 0, "READY"), ("unreachable-node", 3, "INCOMPLETE")]
)
def test_the_other_scenarios(tmp_path: Path, scenario: str, code: int, verdict: str) -> None:
    ended = run("demo", "--scenario", scenario, cwd=tmp_path)
    assert ended.code == code
    assert ended.stdout.decode().startswith(f"{verdict}: ")
    assert json.loads(Path(tmp_path, "result.json").read_bytes())["verdict"] == verdict


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_only_the_operator_reads_evidence(first_scan: tuple[Ended, Path]) -> None:
    _, out = first_scan
    assert stat.S_IMODE(Path(out, "evidence.json").stat().st_mode) == 0o600


def test_the_same_evidence_gives_the_same_bytes(first_scan: tuple[Ended, Path], tmp_path: Path) -> None:
    ended, out = first_scan
    again = run("evaluate", out / "evidence.json", "--out", "again", cwd=tmp_path)
    assert (again.code, again.stdout) == (ended.code, ended.stdout)
    for name in ("result.json", "report.html"):
        assert Path(tmp_path, "again", name).read_bytes() == Path(out, name).read_bytes()
    assert not Path(tmp_path, "again", "evidence.json").exists()


def test_a_report_is_drawn_again_from_the_result(first_scan: tuple[Ended, Path], tmp_path: Path) -> None:
    ended, out = first_scan
    result = out / "result.json"
    assert run("report", result, cwd=tmp_path).stdout == ended.stdout
    assert run("report", result, "--format", "json", "-o", "-", cwd=tmp_path).stdout == result.read_bytes()
    assert run("report", result, "--format", "html", "-o", "r.html", cwd=tmp_path) == Ended(0, b"", "")
    assert Path(tmp_path, "r.html").read_bytes() == Path(out, "report.html").read_bytes()


@pytest.mark.parametrize("content", ['{"inventory": {"name": "Contoso"}}', "not JSON", "[]"])
def test_demo_spares_the_evidence_of_another_estate(tmp_path: Path, content: str) -> None:
    evidence = Path(tmp_path, "evidence.json")
    evidence.write_text(content)
    ended = run("demo", cwd=tmp_path)
    assert ended.code == 2
    assert ended.stderr == "Error: evidence.json: the evidence there is not the lab's; give another --out\n"
    assert evidence.read_text() == content
