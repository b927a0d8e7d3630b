import pytest

from ssoaudit.cli import main
from ssoaudit.collect.sql.grants import NAMES, grant_script, login_script
from ssoaudit.facts.columns import Database


def test_the_rights_on_all_databases_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    login = "CONTOSO\\SSO Auditors"
    assert main(["sql-grants"]) == 0
    assert capsys.readouterr().out == grant_script(login) + login_script(login)


@pytest.mark.parametrize("database", Database)
def test_the_rights_on_one_database(capsys: pytest.CaptureFixture[str], database: Database) -> None:
    assert main(["sql-grants", "--login", "a'b]c", "--database", database.value]) == 0
    assert capsys.readouterr().out == grant_script("a'b]c", [database])


def test_a_database_may_be_called_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql-grants", "--database", "ssodb", "--name", "SSO]Prod"]) == 0
    told = capsys.readouterr().out
    assert "USE [SSO]]Prod];" in told
    assert told == grant_script("CONTOSO\\SSO Auditors", [Database.SSODB], {**NAMES, Database.SSODB: "SSO]Prod"})


@pytest.mark.parametrize("login", ["CONTOSO\\auditor", "auditor"])
def test_the_login_alone(capsys: pytest.CaptureFixture[str], login: str) -> None:
    assert main(["sql-grants", "--login", login, "--login-only"]) == 0
    assert capsys.readouterr().out == login_script(login)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--login", ""],
        ["--login", "a\nGO"],
        ["--login", "a\nGO", "--login-only"],
        ["--login", "x" * 129],
        ["--database", "master"],
        ["--database", "ssodb", "--name", ""],
        ["--database", "ssodb", "--name", "a\nGO"],
        ["--name", "SSODB2"],
        ["--login-only", "--database", "ssodb"],
        ["SSODB"],
    ],
)
def test_what_is_not_understood_ends_with_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(["sql-grants", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "\nGO" not in told.err
