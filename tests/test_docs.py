"""The docs say what the code says, and all of it."""

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ssoaudit import config
from ssoaudit.cli import cli
from ssoaudit.cli.configuration import allowed_options
from ssoaudit.exitcodes import ExitCode
from ssoaudit.facts import SSODB_TOPICS, TOPICS
from ssoaudit.registry import checks_below, find_checks

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CHECKS = [registered.id for registered in find_checks().checks]


def text_of(name: str) -> str:
    return Path(ROOT, name).read_text(encoding="utf-8")


def commands(command: click.Command, path: str) -> Iterator[str]:
    yield path
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from commands(below, f"{path} {name}")


def test_the_generated_pages_are_up_to_date() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "docs.generate", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_has_its_section(check: str) -> None:
    assert f"\n### {check}\n" in text_of("docs/checks.md")


@pytest.mark.parametrize("command", list(commands(cli, "ssoaudit")))
def test_every_command_has_its_section(command: str) -> None:
    assert f"\n## {command}\n" in text_of("docs/cli.md")


def test_every_exit_code_and_topic_is_told() -> None:
    codes, topics = text_of("docs/exit-codes.md"), text_of("docs/topics.md")
    assert all(f"\n| {code.value} | {code.meaning} |" in codes for code in ExitCode)
    assert all(f"\n## {topic.topic}\n" in topics for topic in (*TOPICS, *SSODB_TOPICS))


def test_the_example_of_a_configuration_file_is_one(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", text_of("docs/cli.md"), re.DOTALL)
    Path(tmp_path, "ssoaudit.toml").write_text(example)
    assert config.defaults(tmp_path, None, allowed_options(cli))["run"]["profile"] == "compliance"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\((?!https?://)([^)#]*)(?:#([^)]*))?\)", text):
        linked = page.parent / target if target else page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_are_shown_exist(page: Path) -> None:
    known = {command.split()[1] for command in commands(cli, "ssoaudit") if " " in command}
    blocks = re.findall(r"^```.*?^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    shown = re.findall(r"^(?:\$ )?ssoaudit ([a-z-]+)", "\n".join(blocks), re.MULTILINE)
    assert set(shown) <= known


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))
    extras = project["project"]["optional-dependencies"]
    groups = project["dependency-groups"].values()
    to_run = [*project["project"]["dependencies"], *(one for extra in extras.values() for one in extra)]
    to_develop = [one for group in groups for one in group if isinstance(one, str)]
    run, develop = re.findall(r"\n\| To \w+ \| Why \|\n\| --- \| --- \|\n((?:\|.*\n)+)", text_of("CONTRIBUTING.md"))
    assert named(run) == sorted(map(distribution, to_run))
    assert named(develop) == sorted(map(distribution, to_develop))


def named(table: str) -> list[str]:
    return sorted(line.split("|")[1].strip() for line in table.splitlines())


def distribution(requirement: str) -> str:
    return re.split(r"[<>=;~! ]", requirement)[0]


def test_the_example_of_a_check_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file becomes a check, and its test passes where that check is installed."""
    check, test = re.findall(r"```python\n(.*?)```", text_of("CONTRIBUTING.md"), re.DOTALL)
    area = Path(tmp_path, "contributed", "msdtc")
    area.mkdir(parents=True)
    Path(area, "__init__.py").touch()
    Path(area, "is_running.py").write_text(check)
    Path(tmp_path, "test_example.py").write_text(test)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = list(checks_below(importlib.import_module("contributed.msdtc"), "msdtc", "contributed"))
    assert [getattr(registered, "id", registered) for registered in found] == ["msdtc.is-running"]
    installed = (
        "import sys, pytest, ssoaudit.registry as registry, contributed.msdtc as area;"
        "own = list(registry.checks_below(area, 'msdtc', 'contributed'));"
        "import tests.checks.bundles as bundles;"
        "bundles.find_checks = lambda: registry.Catalogue(tuple(own), ());"
        "sys.exit(pytest.main(['-q', '-p', 'no:randomly', '-p', 'no:cacheprovider', sys.argv[1]]))"
    )
    ended = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", installed, str(tmp_path / "test_example.py")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "4 passed" in ended.stdout, ended.stdout + ended.stderr
