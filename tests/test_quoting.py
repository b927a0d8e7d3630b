import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ssoaudit.quoting import Command, Unquotable, command, quote_cmd, quote_powershell, quote_tsql

POWERSHELL_QUOTES = "'\u2018\u2019\u201a\u201b"
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class Row(TypedDict):
    value: str
    quoted: str
    if_only_ascii_quotes_are_doubled: str
    unquoted: str


ROWS: list[Row] = json.loads((Path(__file__).parent / "data" / "quoting.json").read_text(encoding="utf-8"))

shown = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")))
tricky = st.text(st.sampled_from(POWERSHELL_QUOTES + '"`$;x \\%^!{}()[]\u201c\u201d\uff02'))


def shows(value: str) -> bool:
    return not any(unicodedata.category(char) in UNSEEN for char in value)


def read_powershell(text: str) -> str:
    """What PowerShell's tokenizer makes of one single-quoted string: any of five quotes ends it, two stand for one."""
    assert text[0] in POWERSHELL_QUOTES
    value, position = "", 1
    while text[position] not in POWERSHELL_QUOTES or text[position + 1 : position + 2] in tuple(POWERSHELL_QUOTES):
        position += text[position] in POWERSHELL_QUOTES
        value += text[position]
        position += 1
    assert position == len(text) - 1, "something stands after the string"
    return value


def read_tsql(text: str) -> str:
    assert text.startswith("N'")
    assert text.endswith("'")
    inner = text[2:-1]
    assert inner.replace("''", "").count("'") == 0, "the string ends early"
    return inner.replace("''", "'")


def test_the_reference_was_read() -> None:
    assert len(ROWS) == 101
    assert sum(shows(row["value"]) for row in ROWS) > 80


@pytest.mark.parametrize("row", [row for row in ROWS if shows(row["value"])], ids=lambda row: ascii(row["value"]))
def test_a_value_that_shows_is_quoted_as_powershell_reads_it(row: Row) -> None:
    assert quote_powershell(row["value"]) == row["quoted"]
    assert read_powershell(row["quoted"]) == row["value"]


@pytest.mark.parametrize("row", [row for row in ROWS if not shows(row["value"])], ids=lambda row: ascii(row["value"]))
@pytest.mark.parametrize("quote", [quote_powershell, quote_cmd, quote_tsql])
def test_a_value_that_does_not_show_is_refused(row: Row, quote: Callable[[str], str]) -> None:
    with pytest.raises(Unquotable):
        quote(row["value"])


def test_a_typographic_quote_does_not_end_the_string() -> None:
    value = "x\u2019; Remove-Item C:\\ -Recurse; \u2019"
    (row,) = [row for row in ROWS if row["value"] == value]
    assert row["if_only_ascii_quotes_are_doubled"] == "2 commands"
    text, complete = command("powershell", "Get-ClusterResource {name}", {"name": value}).render()
    assert (text, complete) == (f"Get-ClusterResource {row['quoted']}", True)
    assert read_powershell(text.removeprefix("Get-ClusterResource ")) == value


@given(shown | tricky)
def test_powershell_reads_back_what_was_quoted(value: str) -> None:
    assert read_powershell(quote_powershell(value)) == value


@given(st.text(st.characters()))
@example("\u202etxt.exe")
@example("\ud800")
@example("\ue000")
@example("a\nb")
def test_a_value_is_quoted_whole_or_refused(value: str) -> None:
    if shows(value):
        assert read_tsql(quote_tsql(value)) == value
    else:
        for quote in (quote_powershell, quote_tsql, quote_cmd):
            with pytest.raises(Unquotable):
                quote(value)


@given(shown | tricky)
@example("it's")
@example("''")
def test_tsql_reads_back_what_was_quoted(value: str) -> None:
    assert read_tsql(quote_tsql(value)) == value


@given(shown | tricky | st.text(st.sampled_from("a\\ &|<>()")))
@example("C:\\Program Files\\")
def test_cmd_gets_one_argument_with_nothing_to_expand(value: str) -> None:
    try:
        quoted = quote_cmd(value)
    except Unquotable:
        return
    inner = quoted[1:-1]
    assert quoted == f'"{inner}"'
    assert not set('"%!^') & set(inner)
    trailing = len(inner) - len(inner.rstrip("\\"))
    assert trailing % 2 == 0, "the closing quote is escaped"
    assert inner[: len(inner) - trailing // 2] == value


@pytest.mark.parametrize("value", ['a"b', "%PATH%", "a!b", "a^b", "a\u201db", "a\uff02b", "C:\\x\uff3c", "\u00a5"])
def test_cmd_refuses_what_it_or_a_code_page_would_change(value: str) -> None:
    with pytest.raises(Unquotable):
        quote_cmd(value)


@pytest.mark.parametrize("value", ["SSO Administrators", "a&b|c>d", "C:\\dir\\file.bak", "Z\u00fcrich", ""])
def test_cmd_takes_what_double_quotes_protect(value: str) -> None:
    assert quote_cmd(value) == f'"{value}"'


def test_only_a_named_value_is_a_placeholder() -> None:
    text, complete = command(
        "powershell", "Get-X {name} | % { $_.Name } {other} {} {Name} {{name}}", {"name": "a"}
    ).render()
    assert (text, complete) == ("Get-X 'a' | % { $_.Name } {other} {} {Name} {'a'}", True)


def test_a_value_is_not_expanded_again() -> None:
    values = {"one": "{other}", "other": "\\1 \\g<0> {one}"}
    text, _ = command("powershell", "{one} {other}", values).render()
    assert text == "'{other}' '\\1 \\g<0> {one}'"


@pytest.mark.parametrize("shell", ["powershell", "cmd", "tsql"])
def test_a_value_that_cannot_be_quoted_is_left_to_the_reader(shell: str) -> None:
    text, complete = Command(shell, "Do {service_name} on {node}", (("service_name", "a\nb"), ("node", "N1"))).render()  # type: ignore[arg-type]
    assert text.startswith("Do <SERVICE-NAME> on ")
    assert "N1" in text
    assert not complete


def test_each_shell_has_its_own_quotes() -> None:
    values = {"name": "O'Brien & Co"}
    rendered = [command(shell, "{name}", values).render()[0] for shell in ("powershell", "cmd", "tsql")]
    assert rendered == ["'O''Brien & Co'", '"O\'Brien & Co"', "N'O''Brien & Co'"]


def test_a_value_without_a_placeholder_is_a_slip() -> None:
    with pytest.raises(ValueError, match="no placeholder for node, role"):
        command("powershell", "Get-X {name}", {"name": "a", "node": "b", "role": "c"})


def test_values_of_other_types_become_text() -> None:
    assert command("tsql", "WHERE id = {id}", {"id": 7}).render() == ("WHERE id = N'7'", True)
