import json
import re
from pathlib import Path

import pytest
from program import run

from ssoaudit.cli import main
from ssoaudit.cli.catalogue import topics_of
from ssoaudit.cli.schema import SCHEMAS
from ssoaudit.facts import SSODB_TOPICS, TOPICS
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
        reads = next(line for line in shown.splitlines() if line.startswith("Reads:"))
        assert reads.split(maxsplit=1)[1].split(", ") == list(topics_of(registered) or ["the inventory"])


def test_a_check_names_its_topics_once_each() -> None:
    reads = {registered.id: topics_of(registered) for registered in CHECKS}
    assert reads["msdtc.cids-are-unique"] == ("msdtc_identities",)
    assert all(len(set(topics)) == len(topics) for topics in reads.values())


def test_every_topic_is_listed_with_its_source_its_right_and_what_it_does_not_see(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["topics"]) == 0
    _, heading, *rows = re.split(r"(?m)^\+[-=+]+\+$", capsys.readouterr().out)
    listed = [columns(row) for row in rows if row.strip()]
    assert columns(heading) == ["Topic", "Reads", "Needs", "Doesnotsee"]
    assert listed == [
        [re.sub(r"[\s`]", "", text) for text in (topic.topic, topic.source, topic.privilege, topic.unseen)]
        for topic in (*TOPICS, *SSODB_TOPICS)
    ]
    assert max(map(len, "".join(rows).splitlines())) <= 140


def columns(row: str) -> list[str]:
    """The cells of a row that may have several lines, without blanks."""
    lines = [line.strip("|").split("|") for line in row.strip().splitlines()]
    return ["".join("".join(cells).split()) for cells in zip(*lines, strict=True)]


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
