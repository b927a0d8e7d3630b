import logging
from pathlib import Path

import pytest

from ssoaudit.plugin import Check
from ssoaudit.registry import Catalogue, Registered, catalogue, checks_below, find_checks, find_reports

PLUGINS = Path(__file__).parent / "plugins"
GROUP = "ssoaudit.sample"
GOOD = ("acme.deeper-still.clock-is-told", "acme.server-is-named")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Install":
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(PLUGINS))
    return Install(tmp_path)


class Install:
    """Writes what pip leaves of an installed distribution: its metadata and entry points."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, distribution: str, **areas: str) -> None:
        metadata = self._folder / f"{distribution}-1.2.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
        lines = [f"[{GROUP}]", *(f"{name} = {value}" for name, value in areas.items())]
        (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")


def ids(found: Catalogue) -> tuple[str, ...]:
    return tuple(registered.id for registered in found.checks)


def problem(found: Catalogue, start: str) -> str:
    (text,) = [text for text in found.problems if text.startswith(f"{start}: ")]
    return text


def test_checks_are_found_below_their_entry_point(install: Install) -> None:
    install("acme_sso", acme="sample_good")
    found = find_checks(GROUP)
    assert ids(found) == GOOD
    assert found.problems == ()
    assert {registered.source for registered in found.checks} == {"acme_sso 1.2"}
    assert all(isinstance(registered.check, Check) for registered in found.checks)


def test_an_id_has_dashes_for_underscores_in_the_entry_points_name_too(install: Install) -> None:
    install("acme_sso", our_own="sample_good")
    assert ids(find_checks(GROUP)) == ("our-own.deeper-still.clock-is-told", "our-own.server-is-named")


def test_a_check_is_known_by_its_alias(install: Install) -> None:
    install("acme_sso", acme="sample_good")
    found = find_checks(GROUP)
    by_id, by_alias = found.get("acme.server-is-named"), found.get("sample.machine-is-named")
    assert by_id is not None
    assert by_alias is by_id
    assert found.get("acme.nothing-of-the-kind") is None
    assert found.get("server-is-named") is None


def test_what_is_broken_is_named_and_the_rest_is_used(install: Install) -> None:
    install("acme_sso", acme="sample_good", broken="sample_broken", gone="sample_gone.checks")
    found = find_checks(GROUP)
    assert ids(found) == GOOD
    assert "ModuleNotFoundError" in problem(found, "broken.needs-what-is-not-there")
    assert "a_module_that_nobody_has_installed" in problem(found, "broken.needs-what-is-not-there")
    assert "ZeroDivisionError: division by zero" in problem(found, "broken.has-a-slip")
    assert "has no check named has_no_check" in problem(found, "broken.has-no-check")
    assert "has no check named has_another_name" in problem(found, "broken.has-another-name")
    assert "ModuleNotFoundError" in problem(found, "gone")


def test_a_bad_signature_is_a_problem_with_file_line_and_parameter(install: Install) -> None:
    install("acme_sso", broken="sample_broken")
    text = problem(find_checks(GROUP), "broken.asks-for-too-much")
    source = (PLUGINS / "sample_broken" / "asks_for_too_much.py").read_text(encoding="utf-8").splitlines()
    line = source.index("@check(") + 1
    assert f"asks_for_too_much.py:{line}: parameter 'password' of asks_for_too_much" in text


def test_what_is_broken_is_logged_with_its_traceback(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    install("acme_sso", broken="sample_broken")
    with caplog.at_level(logging.WARNING):
        find_checks(GROUP)
    assert "sample_broken.has_a_slip" in caplog.text
    assert "RATIO = 1 / 0" in caplog.text


def test_of_two_checks_with_one_id_the_first_is_kept(install: Install) -> None:
    install("acme_sso", acme="sample_good")
    install("other_sso", acme="sample_twin")
    found = find_checks(GROUP)
    assert ids(found) == GOOD
    kept = found.get("acme.server-is-named")
    assert kept is not None
    (loser,) = {"acme_sso 1.2", "other_sso 1.2"} - {kept.source}
    assert found.problems == (f"acme.server-is-named: {loser} brings a check of an id that {kept.source} has",)


def test_a_package_that_cannot_be_imported_is_named(install: Install) -> None:
    install("acme_sso", broken="sample_broken")
    assert "ZeroDivisionError" in problem(find_checks(GROUP), "broken.area")


def test_an_area_that_is_no_package_is_named(install: Install) -> None:
    install("acme_sso", acme="sample_good", alone="sample_alone")
    found = find_checks(GROUP)
    assert ids(found) == GOOD
    assert "sample_alone" in problem(found, "alone")


def test_a_group_that_nobody_fills_is_empty() -> None:
    assert find_checks("ssoaudit.nobody") == Catalogue((), ())


def test_checks_are_in_the_order_of_their_ids(install: Install) -> None:
    install("acme_sso", acme="sample_good")
    first, second = find_checks(GROUP).checks
    found = catalogue(iter([iter([second, "x: broken"]), iter([first])]))
    assert found == Catalogue((first, second), ("x: broken",))


def test_our_own_checks_are_whole() -> None:
    found = find_checks()
    assert found.problems == ()
    assert len(found.checks) > 5
    for registered in found.checks:
        assert registered.id.rsplit(".", 1)[-1] == registered.check.name.replace("_", "-")
        assert registered.check.description
        assert registered.check.title


def test_every_required_check_exists() -> None:
    found = find_checks()
    required = {name for registered in found.checks for name in registered.check.requires}
    assert {name for name in required if found.get(name) is None} == set()


def test_checks_below_a_package_need_no_entry_point(install: Install) -> None:
    import sample_good  # noqa: PLC0415 - on the path only while the test runs

    found = sorted(
        registered.id for registered in checks_below(sample_good, "x", "s") if isinstance(registered, Registered)
    )
    assert found == ["x.deeper-still.clock-is-told", "x.server-is-named"]


def test_reports_are_named_but_not_loaded() -> None:
    reports = find_reports()
    assert {"html", "json", "table"} <= set(reports)
    assert reports["table"].value == "ssoaudit.reports.table"
