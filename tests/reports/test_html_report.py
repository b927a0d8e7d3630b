import base64
import hashlib
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssoaudit.reports import html
from ssoaudit.result import Finding, Result
from ssoaudit.vocabulary import Role, Severity, State, Status
from tests.reports import estates, results
from tests.reports.markup import parse

EVERY = (estates.not_ready(), estates.incomplete(), estates.ready(), estates.narrowed(), results.result())
A_MEGABYTE = 1_000_000

_checks = st.sampled_from(["a.one", "a.two", "b.three", "b.four"])
_targets = st.sampled_from(["SSONODE1", "SSONODE2", "SSODB"])


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    status = draw(st.sampled_from(Status))
    unread = status is Status.NOT_VERIFIED
    servers = st.lists(st.sampled_from(["SSONODE1", "SSONODE2", None]), max_size=2)
    return results.finding(
        draw(_checks),
        draw(_targets),
        status,
        severity=draw(st.sampled_from(Severity)),
        reasons=tuple(results.reason(server) for server in draw(servers)) if unread else (),
        blocked_by=draw(st.none() | _checks) if unread else None,
        servers=draw(st.just(()) | st.just(("SSONODE1",))),
    )


def h1(page: bytes) -> str:
    found = re.search(rb"<h1>.*?</svg>([A-Z ]+)</h1>", page)
    assert found is not None
    return found[1].decode()


@pytest.mark.parametrize("result", EVERY)
def test_the_verdict_is_the_heading(result: Result) -> None:
    assert h1(html.render(result)) == result.verdict.value


@pytest.mark.parametrize("result", EVERY)
def test_equal_results_give_equal_bytes(result: Result) -> None:
    again = Result.model_validate_json(result.model_dump_json())
    assert html.render(result) == html.render(again)


@pytest.mark.parametrize("result", EVERY)
def test_ids_are_unique_and_internal_links_lead_somewhere(result: Result) -> None:
    page = parse(html.render(result))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in page.values("href") if link.startswith("#")} <= set(ids)


def test_every_finding_that_needs_attention_stands_in_the_page_once() -> None:
    result = estates.not_ready()
    ids = parse(html.render(result)).values("id")
    for found in result.findings:
        if result.state(found) not in (State.PASS, State.NOT_APPLICABLE):
            assert any(anchor == found.check or anchor.startswith(f"{found.check}..") for anchor in ids)


def test_the_policy_allows_this_style_and_this_script_alone() -> None:
    text = html.render(estates.not_ready()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (inlined,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inlined.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in policy[1].replace("&#39;", "'") + ";"
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]


def test_nothing_is_styled_or_scripted_in_place_and_links_are_plain() -> None:
    page = parse(html.render(estates.not_ready()))
    names = {name for _, attributes in page.tags for name in attributes}
    assert "style" not in names
    assert not [name for name in names if name.startswith("on")]
    assert "src" not in names
    for link in page.values("href"):
        assert re.fullmatch(r"#[A-Za-z0-9._-]+|https://learn\.microsoft\.com/[!-~]+|data:,", link)


def test_a_run_id_of_unusual_form_stays_out_of_the_style_sheet() -> None:
    run = estates.ready().run.model_copy(update={"id": '"} body { display: none } x{"'})
    text = html.render(estates.ready().model_copy(update={"run": run})).decode()
    (css,) = re.findall("<style>(.*?)</style>", text, re.DOTALL)
    assert "display: none } x" not in css
    assert 'content: "ssoaudit 1.4.0 · READY"' in css


@pytest.mark.parametrize("digest", [results.EVIDENCE, results.SCRIPT])
def test_the_digests_stand_in_full(digest: str) -> None:
    assert digest in html.render(estates.ready()).decode()


def test_unsafe_options_broken_plugins_and_narrowing_are_loud() -> None:
    text = html.render(estates.narrowed()).decode()
    assert "Unsafe options were in force" in text
    assert "--insecure-skip-certificate-check" in text
    assert "The plugin acme could not be loaded" in text
    assert "Narrowed run: 1 of 85 checks" in text


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(findings(), max_size=12, unique_by=lambda found: (found.check, found.target)))
def test_nothing_passes_that_was_not_found_to_pass(found: list[Finding]) -> None:
    result = results.result(found)
    rendered = html.render(result)
    page = parse(rendered)
    passed = any(one.status is Status.PASS for one in found)
    if not passed:
        assert h1(rendered) not in ("READY", "PASSED")
        assert not any("pass" in attributes.get("class", "").split() for tag, attributes in page.tags if tag == "td")
        assert "b-pass" not in page.values("class")
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in page.values("href") if link.startswith("#")} <= set(ids)
    shown = sum(anchor.partition("..")[0] in {one.check for one in found} for anchor in ids)
    assert shown == sum(result.state(one) not in (State.PASS, State.NOT_APPLICABLE) for one in found)


def test_a_large_estate_stays_within_a_megabyte() -> None:
    servers = tuple(results.server(f"SSO{n:02}", Role.CLUSTER) for n in range(50))
    found = [
        results.finding(
            f"area.check-{check:02}",
            record.name,
            Status.FAIL if (check + at) % 10 == 0 else Status.PASS,
            evidence=tuple(
                results.observation(f"{record.name} resource {row}", "Expected = 1", f"Observed = {row}")
                for row in range(5)
            ),
            fix=(results.step(results.command("Get-ClusterResource 'Enterprise SSO' | Set-ClusterParameter X 1")),),
        )
        for check in range(40)
        for at, record in enumerate(servers)
    ]
    assert len(html.render(results.result(found, servers=servers))) < A_MEGABYTE
