import json
from pathlib import Path

import pytest
from program import run

from ssoaudit.cli import main
from ssoaudit.cli.schema import SCHEMAS
from ssoaudit.registry import find_checks
from ssoaudit.vocabulary import Profile

CHECKS = find_checks().checks


def test_every_check_is_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checks", "list"]) == 0
    listed = capsys.readouterr().out
    for registered in CHECKS:
        assert f"\n{registered.id} " in listed
        assert main(["checks", "show", registered.id]) == 0
        shown = capsys.readouterr().out
        assert " ".join(shown.split()).startswith(
            f"{registered.id} {registered.check.title} {registered.check.description} Severity: "
        )
        assert all(reference in shown for reference in registered.check.references)


@pytest.mark.parametrize("profile", list(Profile))
def test_a_profiles_checks(capsys: pytest.CaptureFixture[str], profile: Profile) -> None:
    assert main(["checks", "list", "--profile", profile.value]) == 0
    listed = {line.split()[0] for line in capsys.readouterr().out.splitlines()[2:]}
    assert listed == {registered.id for registered in CHECKS if profile in registered.check.profiles}


def test_the_shell_completes_ids(tmp_path: Path) -> None:
    words = "ssoaudit run i.yaml --only msdtc.c"
    variables = {"_SSOAUDIT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "4"}
    ended = run(cwd=tmp_path, variables=variables)
    assert ended.stdout.split() == [b"plain,msdtc.cids-are-unique"]


@pytest.mark.parametrize("kind", list(SCHEMAS))
def test_schemas(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    assert main(["schema", kind]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert (schema["title"], schema["type"]) == (f"ssoaudit {kind}", "object")
    assert schema["additionalProperties"] is False
