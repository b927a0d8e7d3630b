import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssoaudit.reports.visible import segments, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SSONODE1", "SSONODE1"),
        ("\x1b[31mREADY", "<U+001B>[31mREADY"),
        ("a\x00b", "a<U+0000>b"),
        ("\u202egpj.exe", "<U+202E>gpj.exe"),
        ("a\u2066b\u2069", "a<U+2066>b<U+2069>"),
        ("SSO\u200bNODE", "SSO<U+200B>NODE"),
        ("line\nREADY\r", "line<U+000A>READY<U+000D>"),
        ("\x9b31m", "<U+009B>31m"),
        ("\ud800", "<U+D800>"),
        ("\U000e0041", "<U+E0041>"),
        ("Größe 名前", "Größe 名前"),
    ],
)
def test_what_hides_or_steers_is_spelt_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_kept_characters_stay_as_they_are() -> None:
    assert visible("one\n\ttwo\x07", keep="\n\t") == "one\n\ttwo<U+0007>"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert visible("x" * 12, limit=10) == "xxxxxxxxxx<2 more characters>"


@given(st.text(alphabet=st.characters(codec=None)))
def test_nothing_shown_is_a_control_format_or_surrogate_character(text: str) -> None:
    subtending = {"\u0600", "\u0601", "\u0602", "\u0603", "\u0604", "\u0605", "\u06dd", "\u070f", "\u0890", "\u0891"}
    for character in visible(text):
        category = unicodedata.category(character)
        assert category not in {"Cc", "Cs", "Zl", "Zp"}
        assert category != "Cf" or character in subtending or ord(character) > 0xFFFF or character == "\u08e2"


@given(st.text())
def test_no_character_is_lost(text: str) -> None:
    back = "".join(
        chr(int(segment.text.removeprefix("U+"), base=16)) if segment.marked else segment.text
        for segment in segments(text, limit=10_000)
    )
    assert back == text
