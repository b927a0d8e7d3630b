import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssoaudit.collect.winrm.clixml import clean

CAPTURED = Path(__file__).parent / "clixml"
OPEN = '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'


def document(*records: str) -> bytes:
    return f"#< CLIXML\r\n{OPEN}{''.join(records)}</Objs>".encode()


@pytest.mark.parametrize(
    ("name", "errors"),
    [
        ("control", "abred\nline2\ttab \N{REPLACEMENT CHARACTER} end"),
        ("mixed", "e"),
        ("multi", "one\ntwo\nCannot find path '/nonexistent' because it does not exist."),
        ("native", "plain text on stderr\nafter"),
        ("progress", ""),
        ("throw", "no access to K\\u00f6ln"),
        ("umlaut", "Zugriff verweigert: Köln <a> & b — ’x’"),
    ],
)
def test_real_documents(name: str, errors: str) -> None:
    assert clean((CAPTURED / f"{name}.txt").read_bytes()) == errors


def test_every_captured_document_is_tested() -> None:
    assert len(list(CAPTURED.glob("*.txt"))) == 7


def test_error_strings_of_windows_powershell_are_joined() -> None:
    lines = ('<S S="Error">At line:1_x000D__x000A_</S>', '<S S="warning">no</S>', '<S S="Error">+ throw</S>')
    assert clean(document(*lines)) == "At line:1\n+ throw"


def test_text_around_documents_is_kept() -> None:
    stderr = b"before\r\n" + document('<S S="Error">one</S>') + b"\r\nbetween " + document('<S S="Error">two</S>')
    assert clean(stderr + b" after\r\n") == "before\none\nbetween two after"


def test_plain_text_stays() -> None:
    assert clean(b"'foo' is not recognized\r\n") == "'foo' is not recognized"


def test_bytes_of_another_code_page_do_no_harm() -> None:
    assert clean("Zugriff verweigert: Köln".encode("cp850")) == "Zugriff verweigert: K\N{REPLACEMENT CHARACTER}ln"


def test_nested_tostring_is_not_taken() -> None:
    inner = '<MS><Obj N="Exception" S="Error"><ToString>inner</ToString></Obj></MS>'
    assert clean(document(f'<Obj S="Error"><ToString>outer</ToString>{inner}</Obj>')) == "outer"


def test_escapes() -> None:
    assert clean(document('<S S="Error">_x005F_x0041_ _xD83D__xDE00_ _xDE00_</S>')) == (
        "_x0041_ \N{GRINNING FACE} \N{REPLACEMENT CHARACTER}"
    )


def test_an_escape_cannot_reach_the_terminal() -> None:
    assert clean(document('<S S="Error">a_x001B_]0;title_x0007_b_x001B_[2Jc_x202E_d_x009B_e</S>')) == (
        "abc\N{REPLACEMENT CHARACTER}de"
    )


def test_a_document_cut_short_gives_what_came_whole() -> None:
    stderr = document('<S S="Error">whole</S>', '<S S="Error">cut</S>')
    assert clean(stderr[: stderr.index(b"cut") + 1]) == "whole"


@pytest.mark.parametrize("broken", ['<S S="Error">a</T>', '<!DOCTYPE x [<!ENTITY e "boom">]><S S="Error">&e;</S>'])
def test_what_cannot_be_parsed_is_said_to_be_so(broken: str) -> None:
    text = clean(document(broken))
    assert text == "(an error record that cannot be read)"


def test_output_is_capped() -> None:
    text = clean(b"x" * 1_000_000)
    assert len(text) == 65536
    assert text.endswith("\N{HORIZONTAL ELLIPSIS}")


def test_many_openings_without_an_end_are_read_once() -> None:
    assert clean(b"<Objs" * 200_000) == "(an error record that cannot be read)"


@given(st.one_of(st.binary(), st.text().map(lambda text: document(f'<S S="Error">{text}</S>'))))
def test_nothing_raises_and_nothing_controls(stderr: bytes) -> None:
    text = clean(stderr)
    assert not [sign for sign in text if unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t"]
