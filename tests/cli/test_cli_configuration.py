"""Defaults: the command line wins over a variable, a variable over the file."""

import json
import os
from pathlib import Path

import click
import pytest
from program import Ended

from ssoaudit import cli
from ssoaudit.cli import audit
from ssoaudit.cli.audit import run
from ssoaudit.cli.collecting import Manner
from ssoaudit.cli.configuration import allowed_options
from ssoaudit.cli.failures import variables
from ssoaudit.evidence import load

ONE, OTHER = "msdtc.cids-are-unique", "secret.is-on-every-node"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("SSOAUDIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def evidence(first_scan: tuple[Ended, Path]) -> str:
    return str(first_scan[1] / "evidence.json")


def judged() -> tuple[str, list[str]]:
    result = json.loads(Path("result.json").read_bytes())
    return result["profile"]["name"], (result["narrowed"] or {"only": []})["only"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ssoaudit.toml", f'[evaluate]\nprofile = "compliance"\nonly = "{ONE}"\n'),
        ("pyproject.toml", f'[tool.ssoaudit.evaluate]\nprofile = "compliance"\nonly = ["{ONE}"]\n'),
    ],
)
def test_the_file_gives_the_defaults(evidence: str, name: str, text: str) -> None:
    Path(name).write_text(text)
    cli.main(["evaluate", evidence])
    assert judged() == ("compliance", [ONE])


def test_a_variable_wins_over_the_file_and_the_command_line_over_both(
    evidence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("ssoaudit.toml").write_text('evaluate = {profile = "compliance"}')
    monkeypatch.setenv("SSOAUDIT_EVALUATE_PROFILE", "post-failover")
    monkeypatch.setenv("SSOAUDIT_EVALUATE_ONLY", f"{ONE} {OTHER}")
    cli.main(["evaluate", evidence])
    assert judged() == ("post-failover", [ONE, OTHER])
    cli.main(["evaluate", evidence, "--profile", "preflight", "--only", OTHER])
    assert judged() == ("preflight", [OTHER])


def test_the_programs_own_options(evidence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mine.toml").write_text('log-file = "log.jsonl"\nverbose = 1\n')
    monkeypatch.setenv("SSOAUDIT_CONFIG", "mine.toml")
    cli.main(["evaluate", evidence])
    assert Path("log.jsonl").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[evaluate]\nprofil = "x"', "Error: ssoaudit.toml:2:1: unknown key 'profil'; did you mean 'profile'?\n"),
        ('[evaluate]\nprofile = "x"', "\nIt stands in the configuration file.\n"),
        ('[evaluate]\nprofile = ["x"]', "'--profile': one text or number is expected, found a list in the config"),
        ("[evaluate]\nout = true", "'--out': one text or number is expected, found true in the config"),
        ("[evaluate\n", "Error: ssoaudit.toml:1:"),
        ('[run]\npassword = "x"', "a password is never written here; "),
    ],
)
def test_a_bad_file(evidence: str, capsys: pytest.CaptureFixture[str], text: str, sentence: str) -> None:
    Path("ssoaudit.toml").write_text(text)
    assert cli.main(["evaluate", evidence]) == 2
    assert sentence in capsys.readouterr().err


def test_a_bad_variable_is_named(
    evidence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSOAUDIT_EVALUATE_PROFILE", "x")
    assert cli.main(["evaluate", evidence]) == 2
    assert capsys.readouterr().err.endswith("\nIt stands in the variable SSOAUDIT_EVALUATE_PROFILE.\n")


@pytest.mark.parametrize("name", ["VERSION", "HELP", "EVALUATE_HELP"])
def test_help_and_version_are_asked_for_on_the_command_line_alone(
    evidence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"SSOAUDIT_{name}", "1")
    assert cli.main(["evaluate", evidence]) == 1
    assert capsys.readouterr().out.startswith("NOT READY")


def test_what_may_be_done_on_the_servers_can_be_a_default(evidence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Manner] = []
    kept = load(Path(evidence))[0]
    monkeypatch.setattr(audit, "read_estate", lambda *given: told.append(given[3]) or kept)
    Path("i.yaml").write_text("name: x\nservers: [{host: A, roles: [cluster]}]\n")
    Path("ssoaudit.toml").write_text(
        "[run]\nno-compile = true\n[collect]\nallow-temp-files = true\nactive-network = true\n"
    )
    monkeypatch.setenv("SSOAUDIT_PASSWORD", "any")
    monkeypatch.setenv("SSOAUDIT_USER", "CONTOSO\\auditor")
    monkeypatch.setenv("SSOAUDIT_RUN_NO_S4U", "1")
    cli.main(["run", "i.yaml"])
    monkeypatch.setenv("SSOAUDIT_PASSWORD", "any")
    cli.main(["collect", "i.yaml"])
    assert [(one.no_compile, one.no_s4u, one.allow_temp_files, one.active_network) for one in told] == [
        (True, True, False, False),
        (False, False, True, True),
    ]


def test_every_option_has_a_variable_and_a_key() -> None:
    context = click.Context(cli.cli, info_name="ssoaudit", auto_envvar_prefix="SSOAUDIT")
    known = allowed_options(cli.cli)
    assert "log_file" in known[""]
    collecting = {"user", "workers", "timeout", "connect_timeout"}
    collecting |= {"no_compile", "no_s4u", "allow_temp_files", "active_network", "event_days", "event_count"}
    collecting |= {"from", "max_age", "offline", "local"}
    assert set(known["collect"]) == collecting | {"output"}
    assert set(known["run"]) == collecting | {"profile", "only", "skip", "out"}
    below = click.Context(run, info_name="run", parent=context)
    names = {name for parameter in run.params for name in variables(below, parameter)}
    assert {"SSOAUDIT_USER", "SSOAUDIT_RUN_USER", "SSOAUDIT_RUN_PROFILE", "SSOAUDIT_RUN_NO_S4U"} <= names
    assert not any("PASSWORD" in name for name in names)


def test_an_options_key_is_its_name() -> None:
    for command, keys in allowed_options(cli.cli).items():
        found: click.Command = cli.cli
        for word in command.split():
            assert isinstance(found, click.Group)
            found = found.commands[word]
        longest = {max(option.opts, key=len) for option in found.params if isinstance(option, click.Option)}
        assert {f"--{key.replace('_', '-')}" for key in keys} <= longest
