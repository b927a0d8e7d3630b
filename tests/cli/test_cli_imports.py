"""Judging and reporting have no door outside: they work where the libraries that have one cannot be imported."""

import subprocess
import sys
from pathlib import Path

import pytest
from program import SECONDS, Ended, environment

BLOCKED = ("winrm", "requests", "pyodbc", "spnego", "cryptography", "ssoaudit.collect", "ssoaudit.lab")
PROGRAM = f"""
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if any(name == blocked or name.startswith(blocked + ".") for blocked in {BLOCKED!r}):
            raise ImportError(name + " is blocked")

sys.meta_path.insert(0, Blocked())
from ssoaudit.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--version"], 0),
        (["evaluate", "evidence.json"], 1),
        (["report", "result.json", "--format", "html", "-o", "new.html"], 0),
        (["redact", "evidence.json", "-o", "redacted.json"], 0),
        (["report", "result.json", "--format", "table"], 0),
        (["report", "result.json", "--format", "json"], 0),
        (["checks", "list"], 0),
        (["checks", "show", "msdtc.cids-are-unique"], 0),
        (["schema", "inventory"], 0),
        (["schema", "evidence"], 0),
        (["schema", "result"], 0),
        (["run", "missing.yaml"], 2),
        (["demo"], 5),
    ],
)
def test_works_without_the_libraries(
    first_scan: tuple[Ended, Path], tmp_path: Path, arguments: list[str], code: int
) -> None:
    for name in ("evidence.json", "result.json"):
        Path(tmp_path, name).write_bytes(Path(first_scan[1], name).read_bytes())
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=tmp_path,
        env=environment({"TMPDIR": str(tmp_path)}),
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert (ended.returncode, b"Traceback" in ended.stderr) == (code, False), ended.stderr.decode()
