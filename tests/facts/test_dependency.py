from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ssoaudit.facts.dependency import Alternatives, parse_dependencies

ids = st.text(st.characters(exclude_characters="[]", codec="utf-8"), min_size=1, max_size=12)
expressions = st.lists(st.lists(ids, min_size=1, max_size=4), max_size=5)


def written(parts: Sequence[Sequence[str]], blank: str = " ", word: str = "and", other: str = "or") -> str:
    """An expression with these parts; one alternative stands with or without parentheses, turn by turn."""
    texts = []
    for number, part in enumerate(parts):
        text = f"{blank}{other}{blank}".join(f"[{name}]" for name in part)
        texts.append(text if len(part) == 1 and number % 2 else f"({text})")
    return f"{blank}{word}{blank}".join(texts)


def expected(parts: Sequence[Sequence[str]]) -> tuple[Alternatives, ...]:
    return tuple(frozenset(name.lower() for name in part) for part in parts)


@given(expressions, st.sampled_from([" ", "", "\t", "  "]), st.sampled_from(["and", "AND", "And"]))
def test_an_expression_is_read_back(parts: list[list[str]], blank: str, word: str) -> None:
    assert parse_dependencies(written(parts, blank, word, "OR" if word == "AND" else "or")) == expected(parts)


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        (None, ()),
        ("", ()),
        ("  ", ()),
        ("[A1]", ({"a1"},)),
        ("([A1])", ({"a1"},)),
        (" ( [A1] ) ", ({"a1"},)),
        ("[a] and [b]", ({"a"}, {"b"})),
        ("([a] or [b]) and ([c] or [d])", ({"a", "b"}, {"c", "d"})),
        ("([a] or [a])", ({"a"},)),
        ("[and] and ([or] or [(])", ({"and"}, {"or", "("})),
        (
            "([a904e1b7-95dd-47f0-9b2e-f1007d92699b]) and ([C471ABC6-E454-482E-8BE4-FAE084CF799B])",
            ({"a904e1b7-95dd-47f0-9b2e-f1007d92699b"}, {"c471abc6-e454-482e-8be4-fae084cf799b"}),
        ),
    ],
)
def test_forms_of_an_expression(expression: str | None, parts: tuple[set[str], ...]) -> None:
    assert parse_dependencies(expression) == tuple(frozenset(part) for part in parts)


@pytest.mark.parametrize(
    "expression",
    [
        "a",
        "[]",
        "[a",
        "a]",
        "[a] [b]",
        "[a] or [b]",
        "[a] and",
        "and [a]",
        "([a] and [b])",
        "([a]",
        "([a] or",
        "([a] or )",
        "()",
        "(([a]))",
        "[a])",
        "[a] and and [b]",
        "[a]; drop",
        "[[a]]",
        "[a] andy [b]",
        "not [a]",
    ],
)
def test_anything_else_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="dependency expression"):
        parse_dependencies(expression)


@given(st.text() | st.text(st.sampled_from("[]() aonrd")))
@example("[a] and [b] or [c]")
def test_arbitrary_text_raises_nothing_but_value_errors(text: str) -> None:
    try:
        parts = parse_dependencies(text)
    except ValueError as error:
        assert "dependency expression" in str(error)  # noqa: PT017 - whether it raises is the text's choice
        return
    assert all(parts)
    assert all(name for part in parts for name in part)


def test_the_message_does_not_repeat_the_expression() -> None:
    with pytest.raises(ValueError, match="unexpected character") as caught:
        parse_dependencies("planted-secret")
    assert "planted" not in str(caught.value)
