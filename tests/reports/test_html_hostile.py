"""Every string of a result is somebody else's: whatever it holds, the page keeps its shape."""

import re
from collections import Counter
from enum import Enum
from importlib.resources import files

import pytest

from ssoaudit.reports import html
from ssoaudit.result import Result
from tests.reports import estates
from tests.reports.markup import parse

WORDS_OF_OURS = ("shell",)
PLAIN = (
    "</script><script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{7*7}}{% raw %}{{ config }}",
    "<!-- ]]> -->",
    "&lt;b&gt;&#60;script&#62;",
    "javascript:alert(1)",
)
INVISIBLE = ("\u202egpj.exe", "\x00", "\x1b[2J", "\u2066\u2069", "\ud800", "x" * 1_000_000)


def poisoned(value: object, payload: str, key: str = "") -> object:
    """The same data with the payload after every string that is not a word of our own."""
    if isinstance(value, dict):
        return {name: poisoned(inner, payload, name) for name, inner in value.items()}
    if isinstance(value, tuple | list):
        return tuple(poisoned(inner, payload, key) for inner in value)
    if isinstance(value, str) and not isinstance(value, Enum) and key not in WORDS_OF_OURS:
        return value + payload
    return value


def poisoned_result(payload: str) -> Result:
    result = estates.not_ready()
    return Result.model_validate(poisoned(result.model_dump(), payload))


def shape(page: bytes) -> Counter[str]:
    return parse(page).census()


@pytest.fixture(scope="module")
def harmless() -> Counter[str]:
    return shape(html.render(poisoned_result("\u00e9")))


@pytest.fixture(scope="module")
def harmless_with_chips() -> Counter[str]:
    return shape(html.render(poisoned_result("\u200b")))


def check(page: bytes) -> None:
    parsed = parse(page)
    assert sum(tag == "script" for tag, _ in parsed.tags) == 1
    assert sum(tag == "style" for tag, _ in parsed.tags) == 1
    for _, attributes in parsed.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
    for link in parsed.values("href"):
        assert link.startswith(("#", "https://", "data:,"))
    for anchor in parsed.values("id"):
        assert anchor.replace(".", "").replace("-", "").replace("_", "").isalnum()
        assert anchor.isascii()


@pytest.mark.parametrize("payload", PLAIN)
def test_markup_stays_text(payload: str, harmless: Counter[str]) -> None:
    page = html.render(poisoned_result(payload))
    check(page)
    assert shape(page) == harmless


@pytest.mark.parametrize("payload", INVISIBLE, ids=lambda payload: ascii(payload[:12]))
def test_the_invisible_becomes_a_chip(payload: str, harmless_with_chips: Counter[str]) -> None:
    page = html.render(poisoned_result(payload))
    check(page)
    assert shape(page) == harmless_with_chips
    text = page.decode()
    assert not any(character in text for character in payload if not character.isprintable())
    assert len(page) < 2_000_000


def test_templates_do_not_evaluate_text() -> None:
    text = html.render(poisoned_result("{{7*7}}")).decode()
    assert "SSOCLU01{{7*7}}" in text
    assert "SSOCLU0149" not in text


def test_only_style_and_script_are_trusted() -> None:
    sources = [path.read_text() for path in files("ssoaudit.reports.html").iterdir() if path.name.endswith(".j2")]
    trusted = [name for source in sources for name in re.findall(r"(\w+)\s*\|\s*safe", source)]
    assert sorted(trusted) == ["css", "js"]
    assert not any("autoescape" in source for source in sources)
