import pytest

from ssoaudit.cli import main
from ssoaudit.collect.sql.grants import grant_script
from ssoaudit.facts.columns import Database


def test_the_rights_on_all_databases_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql-grants"]) == 0
    assert capsys.readouterr().out == grant_script("CONTOSO\\SSO Auditors")


@pytest.mark.parametrize("database", Database)
def test_the_rights_on_one_database(capsys: pytest.CaptureFixture[str], database: Database) -> None:
    assert main(["sql-grants", "--login", "a'b]c", "--database", database.value]) == 0
    assert capsys.readouterr().out == grant_script("a'b]c", [database])


@pytest.mark.parametrize(
    "arguments", [["--login", ""], ["--login", "a\nGO"], ["--login", "x" * 129], ["--database", "master"], ["SSODB"]]
)
def test_what_is_not_understood_ends_with_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(["sql-grants", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "\nGO" not in told.err
