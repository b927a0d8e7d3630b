import re

import pytest

from ssoaudit.reports import table
from ssoaudit.result import Result
from ssoaudit.vocabulary import Severity, State, Status
from tests.reports import estates, results


def text(result: Result, *, width: int = 100) -> str:
    return table.render(result, width=width).decode()


def test_not_ready_says_why_first() -> None:
    lines = text(estates.not_ready()).splitlines()
    assert lines[0] == "NOT READY: 3 blocking findings, 9 not verified at high or above"
    assert lines[1] == "SSOCLU01, preflight, 20 Nov 2026 08:42 UTC"
    assert lines[3] == (
        "  cluster.entsso-depends-on-network-name  SSOCLU01: ENTSSO does not depend on Network Name SSOMSS"
    )
    assert lines[8] == "  and 7 more"


@pytest.mark.parametrize(
    ("result", "first"),
    [
        (estates.incomplete(), "INCOMPLETE: 0 blocking findings, 7 not verified at high or above"),
        (estates.ready(), "READY: 0 blocking findings"),
        (estates.narrowed(), "PASSED (1 of 85 checks): 0 blocking findings"),
    ],
    ids=["incomplete", "ready", "narrowed"],
)
def test_each_verdict_has_its_first_line(result: Result, first: str) -> None:
    assert text(result).splitlines()[0] == first


def test_the_table_lists_what_needs_attention_worst_first() -> None:
    result = estates.not_ready()
    states = re.findall(r"^(FAIL|NOT VERIFIED|WARNING|PASS|NOT APPLICABLE) {2}", text(result), re.MULTILINE)
    assert states == ["FAIL"] * 3 + ["NOT VERIFIED"] * 10 + ["WARNING"] * 2


def test_the_totals_sum_to_the_results() -> None:
    result = estates.not_ready()
    line = next(line for line in text(result, width=200).splitlines() if " results: " in line)
    whole, *parts = map(int, re.findall(r"\d+", line))
    assert whole == sum(parts) == len(result.findings)
    assert parts == [result.totals()[state] for state in State]


def test_what_is_not_covered_unsafe_or_broken_is_said() -> None:
    assert "Not covered: BizTalk management database" in text(estates.not_ready())
    narrowed = text(estates.narrowed())
    assert "UNSAFE OPTIONS: --insecure-skip-certificate-check" in narrowed
    assert "NOT LOADED: The plugin acme could not be loaded" in narrowed
    assert "Evidence 5f0c2b91a7e3, collected 20 Nov 2026 08:42 UTC, expires 21 Nov 2026 08:42 UTC" in narrowed


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_no_line_is_wider_than_asked(width: int) -> None:
    assert max(map(len, text(estates.not_ready(), width=width).splitlines())) <= width


def test_colour_only_adds_to_the_words() -> None:
    coloured = table.render(estates.not_ready(), colour=True).decode()
    assert "\x1b[1;31mNOT READY\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text(estates.not_ready())


def test_text_from_outside_cannot_steer_the_terminal() -> None:
    hostile = "\x1b[2J\nREADY\u202e\x9b\u200b\ud800"
    found = results.finding("a.b", f"N{hostile}", Status.FAIL, severity=Severity.CRITICAL, text=hostile)
    shown = text(
        results.result((found,), estate=hostile, subline=hostile, not_covered=(hostile,), problems=(hostile,)),
        width=200,
    )
    assert "<U+001B>[2J<U+000A>READY<U+202E><U+009B><U+200B><U+D800>" in shown
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e\ud800]", shown)
    assert not any(line.startswith("READY") for line in shown.splitlines())


def test_a_result_of_nothing_is_incomplete() -> None:
    assert text(results.result()).startswith("INCOMPLETE: 0 blocking findings\n")


def test_what_to_do_next_is_said_once_for_each_cause() -> None:
    causes = [results.reason("SSONODE3"), results.reason("SSONODE3")]
    found = [results.finding(f"a.c{n}", "N1", Status.NOT_VERIFIED, reasons=(each,)) for n, each in enumerate(causes)]

    assert text(results.result(found)).count("Start WinRM on the server") == 1
