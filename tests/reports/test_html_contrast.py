"""Contrast of every pair of colours that meets in the page, by the formula of WCAG 2."""

import re
from importlib.resources import files

import pytest

CSS = files("ssoaudit.reports.html").joinpath("report.css").read_text()
STATES = ("fail", "not_verified", "warning", "waived", "pass", "not_applicable")
GROUNDS = ("surface", "bg", "sunk")
TEXT = (
    *((ink, ground) for ink in ("ink", "ink2", "link") for ground in GROUNDS),
    *((state, ground) for state in STATES for ground in (*GROUNDS, f"{state}-bg")),
    *(("on", verdict) for verdict in ("v-fail", "v-not_verified", "v-pass")),
    ("ink", "code"),
    ("ink", "not_verified-bg"),
    ("ink2", "not_verified-bg"),
    ("ink2", "warning-bg"),
    ("warning", "code"),
)
GRAPHIC = (
    *((f"{state}-s", ground) for state in STATES for ground in ("surface", f"{state}-bg")),
    ("not_verified-s", "hatch"),
    ("ctl", "surface"),
    ("focus", "bg"),
    ("focus", "surface"),
)


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def themes() -> dict[str, dict[str, str]]:
    light, dark, *_, paper = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    return {
        "light": tokens(light),
        "dark": tokens(light) | tokens(dark),
        "paper": tokens(light) | tokens(paper),
    }


def luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark", "paper"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (GRAPHIC, 3.0)], ids=["text", "graphic"])
def test_contrast_is_enough(theme: str, pairs: tuple[tuple[str, str], ...], least: float) -> None:
    colours = themes()[theme]
    faint = {pair: ratio for pair in pairs if (ratio := round(contrast(colours[pair[0]], colours[pair[1]]), 2)) < least}
    assert not faint


def test_the_formula_gives_the_known_extremes() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_dark_and_paper_replace_what_they_must() -> None:
    assert themes()["dark"]["surface"] != themes()["light"]["surface"]
    assert themes()["paper"]["ink"] == "#000000"
