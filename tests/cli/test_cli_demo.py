import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from program import SECONDS, Ended, environment, run

from ssoaudit.cli.audit import LAB_SCENARIOS
from ssoaudit.lab.scenarios import SCENARIOS


def test_first_scan_is_not_ready(first_scan: tuple[Ended, Path]) -> None:
    ended, out = first_scan
    assert ended.code == 1
    assert ended.stdout.startswith(b"NOT READY")
    assert ended.stderr == f"Report: {Path('out', 'report.html')}\n"
    assert sorted(path.name for path in out.iterdir()) == ["evidence.json", "report.html", "result.json"]


@pytest.mark.usefixtures("driver")
@pytest.mark.parametrize(
    ("scenario", "code", "verdict"),
    [("healthy", 0, "READY"), ("unreachable-node", 3, "INCOMPLETE"), ("planned-new", 0, "READY")],
)
def test_the_other_scenarios(tmp_path: Path, scenario: str, code: int, verdict: str) -> None:
    ended = run("demo", "--scenario", scenario, cwd=tmp_path)
    assert ended.code == code
    assert ended.stdout.decode().startswith(f"{verdict}: ")
    assert json.loads(Path(tmp_path, "result.json").read_bytes())["verdict"] == verdict


def test_every_scenario_of_the_lab_can_be_asked_for() -> None:
    assert tuple(SCENARIOS) == LAB_SCENARIOS


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_only_the_operator_reads_what_was_found(first_scan: tuple[Ended, Path], tmp_path: Path) -> None:
    _, out = first_scan
    drawn = tmp_path / "r.html"
    run("report", out / "result.json", "--format", "html", "-o", drawn, cwd=tmp_path)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (*out.iterdir(), drawn)} == {0o600}


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


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("evidence.json", '{"inventory": {"name": "Contoso"}}'),
        ("evidence.json", "not JSON"),
        ("evidence.json", "[]"),
        ("result.json", '{"estate": "Contoso"}'),
        ("result.json", "[]"),
        ("report.html", "<title>Contoso</title>"),
    ],
)
def test_demo_spares_the_files_of_another_estate(tmp_path: Path, name: str, content: str) -> None:
    path = Path(tmp_path, name)
    path.write_text(content)
    ended = run("demo", cwd=tmp_path)
    assert ended.code == 2
    assert ended.stderr == f"Error: {name}: the file there is not the lab's; give another --out\n"
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    assert path.read_text() == content


def test_demo_writes_over_its_own_files(first_scan: tuple[Ended, Path], tmp_path: Path) -> None:
    Path(tmp_path, "result.json").write_bytes(Path(first_scan[1], "result.json").read_bytes())
    Path(tmp_path, "report.html").touch()
    assert run("demo", cwd=tmp_path).code == 1
    assert Path(tmp_path, "report.html").stat().st_size


WITHOUT_ODBC = """
import sys
sys.modules["pyodbc"] = None
from ssoaudit.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("scenario", "code"), [("healthy", 3), ("first-scan", 1)])
def test_without_odbc_the_demo_runs_to_its_end_and_nothing_is_ready(tmp_path: Path, scenario: str, code: int) -> None:
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", WITHOUT_ODBC, "demo", "--scenario", scenario],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert (ended.returncode, b"Traceback" in ended.stderr) == (code, False)
    assert ended.stderr.splitlines()[-1] == b"Report: report.html"
    assert b"apt-get install libodbc2" in b" ".join(ended.stdout.split())
