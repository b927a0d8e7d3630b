"""Defaults for click from TOML."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssoaudit.config import defaults
from ssoaudit.documents import DocumentError

ANY_SPEED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

ALLOWED = {
    "": ["log-level", "color"],
    "run": ["inventory", "only", "fail_fast", "timeout"],
    "checks list": ["format"],
    "checks show": ["format"],
    "compare-runs": ["format"],
}


def written(directory: Path, text: str, name: str = "ssoaudit.toml") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(directory: Path, text: str, name: str = "ssoaudit.toml") -> str:
    path = written(directory, text, name)
    with pytest.raises(DocumentError) as caught:
        defaults(directory, None, ALLOWED)
    return str(caught.value).replace(str(path), "FILE")


def test_options_of_the_program_and_of_its_commands(tmp_path: Path) -> None:
    text = """
log-level = "debug"
[run]
inventory = "estate.yaml"
only = ["a", "b"]
fail-fast = true
timeout = 1.5
[checks.list]
format = "json"
[compare_runs]
format = "table"
"""
    written(tmp_path, text)
    assert defaults(tmp_path, None, ALLOWED) == {
        "log_level": "debug",
        "run": {"inventory": "estate.yaml", "only": ["a", "b"], "fail_fast": True, "timeout": 1.5},
        "checks": {"list": {"format": "json"}},
        "compare-runs": {"format": "table"},
    }


def test_click_takes_the_result(tmp_path: Path) -> None:
    @click.group()
    @click.option("--log-level", default="info")
    def program(log_level: str) -> None:
        click.echo(log_level)

    @program.command("compare-runs")
    @click.option("--only", multiple=True)
    def compare(only: tuple[str, ...]) -> None:
        click.echo(",".join(only))

    written(tmp_path, 'log-level = "debug"\n[compare-runs]\nonly = ["a", "b"]\n')
    allowed = {"": ["log_level"], "compare-runs": ["only"]}
    result = CliRunner().invoke(program, ["compare-runs"], default_map=defaults(tmp_path, None, allowed))
    assert result.output == "debug\na,b\n"


def test_without_a_file_there_are_no_defaults(tmp_path: Path) -> None:
    assert defaults(tmp_path, None, ALLOWED) == {}


def test_its_own_file_goes_before_the_project_s_and_the_named_one_before_both(tmp_path: Path) -> None:
    written(tmp_path, "[tool.ssoaudit]\ncolor = true\n", "pyproject.toml")
    assert defaults(tmp_path, None, ALLOWED) == {"color": True}
    written(tmp_path, "color = false\n")
    assert defaults(tmp_path, None, ALLOWED) == {"color": False}
    named = written(tmp_path, 'color = "auto"\n', "other.toml")
    assert defaults(tmp_path, named, ALLOWED) == {"color": "auto"}


def test_the_table_of_a_project_file(tmp_path: Path) -> None:
    text = '[tool.other]\nx = 1\n[tool.ssoaudit]\ncolor = true\n[tool.ssoaudit.run]\ninventory = "x.yaml"\n'
    path = written(tmp_path, text, "pyproject.toml")
    expected = {"color": True, "run": {"inventory": "x.yaml"}}
    assert defaults(tmp_path, None, ALLOWED) == expected
    assert defaults(tmp_path.parent, path, ALLOWED) == expected


@pytest.mark.parametrize("text", ["", "[tool.other]\nx = 1\n", "[project\n", "tool = 1\n"])
def test_a_project_that_is_not_ours_is_left_alone(tmp_path: Path, text: str) -> None:
    written(tmp_path, text, "pyproject.toml")
    assert defaults(tmp_path, None, ALLOWED) == {}


def test_a_named_file_must_exist_and_hold_something_for_us(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="the file does not exist"):
        defaults(tmp_path, tmp_path / "absent.toml", ALLOWED)
    project = written(tmp_path, "[tool.other]\n", "pyproject.toml")
    with pytest.raises(DocumentError, match=r"the file has no table \[tool.ssoaudit\]"):
        defaults(tmp_path, project, ALLOWED)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('log-levle = "x"\n', "FILE:1:1: unknown key 'log-levle'; did you mean 'log-level'?"),
        ("[rnu]\nonly = []\n", "FILE:1:1: unknown key 'rnu'; did you mean 'run'?"),
        ("[run]\nformat = 1\n", "FILE:2:1: unknown key 'format'; known here: fail-fast, inventory, only, timeout"),
        ('[checks.list]\nformat = "x"\n[checks.show]\n  formt = 1\n', "FILE:4:3: unknown key 'formt'; did you mean"),
        ("[checks.lst]\n", "FILE:1:1: unknown key 'lst'; did you mean 'list'?"),
        ("run = { onyl = 1 }\n", "FILE:1:9: unknown key 'onyl'; did you mean 'only'?"),
        ("run.onyl = 1\n", "FILE:1:5: unknown key 'onyl'; did you mean 'only'?"),
        ("[run]\n'onyl' = 1\n", "FILE:2:2: unknown key 'onyl'; did you mean 'only'?"),
        ("run = 1\n", "FILE:1:1: 'run' must be a table; write a table header in brackets"),
        ("[color]\n", "FILE:1:1: 'color' must be text, a number, true or false, or a list of them, found a table"),
        ("[run]\ninventory = 2024-01-01\n", "FILE:2:1: 'inventory' must be text"),
        ("[run]\nonly = [[1]]\n", "FILE:2:1: 'only' must be text"),
        ('[run]\ninventory = "a\\u001bb"\n', "FILE:2:1: 'inventory' holds the control character U+001B; remove it"),
        ("[run]\nfail-fast = true\nfail_fast = false\n", "FILE:3:1: 'fail_fast' is given twice; remove one spelling"),
        ('"\\u001b" = 1\n', "FILE: unknown key '\\x1b'; known here"),
        ("[run]\nonly = \n", "FILE:2:8: TOML syntax: invalid value; check quotes, brackets and the equals sign"),
        ("[run", "FILE:1:5: TOML syntax: expected ']' at the end of a table declaration"),
        ("a = 1\na = 2\n", "FILE:2:6: TOML syntax: cannot overwrite a value"),
        ("timeout = " + "9" * 5000, "FILE: a value is nested too deeply or too large; check brackets and numbers"),
        ("only = " + "[" * 50_000, "FILE: a value is nested too deeply or too large"),
    ],
)
def test_one_mistake_gives_one_sentence_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    assert refused(tmp_path, text).startswith(message)
    assert "\n" not in refused(tmp_path, text)


def test_all_mistakes_are_listed_in_the_file_s_order(tmp_path: Path) -> None:
    message = refused(tmp_path, "x = 1\n[run]\ny = 1\n[checks.list]\nz = 1\n")
    assert [line.split(":")[1] for line in message.splitlines()] == ["1", "3", "5"]


def test_a_place_in_a_project_file(tmp_path: Path) -> None:
    message = refused(tmp_path, "[project]\nonyl = 1\n[tool.ssoaudit.run]\nonyl = 1\n", "pyproject.toml")
    assert message.startswith("FILE:4:1: unknown key 'onyl'")


@pytest.mark.parametrize(
    "text", ['password = "hunter2"\n', '[run]\nsql-password = "hunter2"\n', '[run]\n"Password" = ["hunter2"]\n']
)
def test_a_password_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    message = refused(tmp_path, text)
    assert "a password is never written here; remove it; store it with keyring" in message
    assert "hunter2" not in message


def test_what_has_the_files_name_is_not_passed_over(tmp_path: Path) -> None:
    written(tmp_path, "[tool.ssoaudit]\ncolor = true\n", "pyproject.toml")
    Path(tmp_path, "ssoaudit.toml").mkdir()
    with pytest.raises(DocumentError, match="this is a directory, not a file"):
        defaults(tmp_path, None, ALLOWED)


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "ssoaudit.toml").write_bytes(b'color = "\xe4"\n')
    with pytest.raises(DocumentError, match="byte 0xE4 at offset 9 is not UTF-8"):
        defaults(tmp_path, None, ALLOWED)


TOML = st.lists(
    st.sampled_from(
        ["run", "color", "[", "]", "[[", "]]", "=", " ", ".", '"', "'", "\n", "1", "true", "#", "{", "}", ","]
    )
).map("".join)


@ANY_SPEED
@given(TOML | st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_raises_anything_but_a_document_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    directory = tmp_path_factory.getbasetemp()
    path = directory / "any.toml"
    path.write_bytes(text.encode())
    found: dict[str, object] = {}
    try:
        found = defaults(directory, path, ALLOWED)
    except DocumentError as error:
        found = dict.fromkeys(str(error).splitlines())
    assert all(key in ("run", "color") or key.startswith(str(path)) for key in found)
