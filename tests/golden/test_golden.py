"""Bundles of real sites, each judged again. There is none yet: the first one is tested by being put there."""

import json
from pathlib import Path

import pytest
from bundles import judge

from ssoaudit import pilot
from ssoaudit.vocabulary import Profile

BUNDLES = Path(__file__).parent / "bundles"
EXPECTED = json.loads(Path(BUNDLES, "expected.json").read_text(encoding="utf-8"))
PATHS = sorted(path for path in BUNDLES.glob("*.json") if path.name != "expected.json")


def test_every_bundle_has_its_verdicts() -> None:
    assert EXPECTED.keys() == {path.name for path in PATHS}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_bundle_is_redacted_and_judged_as_before(path: Path) -> None:
    bundle = pilot.load(path)

    assert bundle.run.redacted
    assert bundle.evidence.run.redacted
    assert {profile.value: judge(bundle.evidence, profile).verdict.value for profile in Profile} == EXPECTED[path.name]
