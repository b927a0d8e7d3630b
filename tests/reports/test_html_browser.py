"""The report in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from ssoaudit.reports import html
from ssoaudit.result import Result
from ssoaudit.vocabulary import Role, Status
from tests.reports import estates, results

pytestmark = pytest.mark.browser

DEEP = "secret.master-secret-matches-ssodb"
NESTED = "secret.backup-restores"
PAPER_WIDTH = 703  # A4 without its margins, in CSS pixels
PAPER_HEIGHT = 1017
Open = Callable[..., Page]


@pytest.fixture
def report(tmp_path: Path, chromium: Browser) -> Iterator[Open]:
    """Opens a page in a fresh browser; in the end the page has asked nobody for anything, and nothing was said."""
    contexts = []
    said: list[str] = []
    asked: list[str] = []

    def show(
        result: Result, *, fragment: str = "", javascript: bool = True, width: int = 1440, dark: bool = False
    ) -> Page:
        path = tmp_path / "report.html"
        path.write_bytes(html.render(result))
        context = chromium.new_context(
            java_script_enabled=javascript,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri() + fragment)
        return page

    yield show
    for context in contexts:
        context.close()
    assert not said
    assert all(url.startswith(("file://", "data:,")) for url in asked)
    assert sum(url.startswith("file://") for url in asked) == len(contexts)


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def long_names() -> Result:
    """Names as long as NetBIOS allows, on more servers than fit side by side, and one long word without a break."""
    servers = tuple(results.server(f"SSOPRODNODE-{n:02}", Role.CLUSTER, answered=n != 3) for n in range(14))
    word = "unbreakable" * 30
    found = [
        results.finding("cluster.long", record.name, Status.FAIL, text=word, why=word, expected=word, observed=word)
        for record in servers
    ]
    return results.result(found, servers=servers, subline=word, estate=word, not_covered=(word,), problems=(word,))


@pytest.mark.parametrize("width", [390, 800, 1440])
@pytest.mark.parametrize(
    "result", [estates.not_ready(), estates.narrowed(), long_names()], ids=["usual", "narrowed", "long"]
)
def test_the_page_never_scrolls_sideways(report: Open, result: Result, width: int) -> None:
    page = report(result, width=width)
    assert overflow(page) == 0
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    assert overflow(page) == 0


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("anchor", [DEEP, NESTED, "NV-1", "passes"])
def test_a_deep_link_opens_what_it_leads_to(report: Open, anchor: str, javascript: bool) -> None:
    page = report(estates.not_ready(), fragment=f"#{anchor}", javascript=javascript)
    target = page.locator(f'[id="{anchor}"]')
    target.wait_for(state="visible")
    assert target.is_visible()


def test_without_a_script_everything_is_there_and_no_dead_button(report: Open) -> None:
    page = report(estates.not_ready(), javascript=False)
    assert page.locator("h1").inner_text() == "NOT READY"
    assert page.locator("button:visible").count() == 0
    assert page.locator("#filters").is_hidden()
    page.locator(".finding summary").nth(1).click()
    assert page.get_by_text("Copy the backup to SSONODE2 and restore it there.").is_visible()


def test_filters_show_what_fits(report: Open) -> None:
    page = report(estates.not_ready())
    assert page.locator("#shown").inner_text() == "Showing 7 of 7"
    page.locator("#filters").get_by_label("Search").fill("msdtc CID")
    assert page.locator(".finding:visible").count() == 1
    page.get_by_role("button", name="Reset").click()
    page.get_by_label("Severity").select_option("critical")
    assert page.locator(".finding:visible").count() == 2
    page.locator(".tiles a", has_text="Warning").click()
    assert page.locator("#shown").inner_text() == "Showing 2 of 7"


def test_a_link_to_a_filtered_finding_shows_it(report: Open) -> None:
    page = report(estates.not_ready())
    page.locator(".tiles a", has_text="Warning").click()
    page.locator(".why a").first.click()
    first = page.locator(".finding").first
    first.wait_for(state="visible")
    assert first.locator("summary").evaluate("summary => summary === document.activeElement")


def test_expand_all_and_back(report: Open) -> None:
    page = report(estates.not_ready())
    page.get_by_role("button", name="Expand all").click()
    assert page.locator(".finding:not([open])").count() == 0
    page.get_by_role("button", name="Collapse all").click()
    assert page.locator(".finding[open]").count() == 0


def test_a_command_is_copied_to_the_letter(report: Open) -> None:
    page = report(estates.not_ready(), fragment=f"#{DEEP}")
    page.evaluate("window.clipboard = { writeText: async text => { window.copied = text; } }")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: window.clipboard })")
    page.locator(f'[id="{DEEP}"] button[data-copy=command]').first.click()
    page.get_by_text("Copied to clipboard").wait_for(state="attached")
    assert page.evaluate("window.copied") == (
        "cd 'C:\\Program Files\\Common Files\\Enterprise Single Sign-On'\n.\\ssoconfig -restoresecret .\\SSO.bak"
    )


@pytest.mark.parametrize("expanded", [False, True], ids=["folded", "open"])
@pytest.mark.parametrize(("width", "dark"), [(1440, False), (1440, True), (800, False), (390, False)])
@pytest.mark.parametrize("result", [estates.not_ready(), estates.narrowed()], ids=["not-ready", "narrowed"])
def test_axe_finds_nothing(report: Open, result: Result, width: int, dark: bool, expanded: bool) -> None:
    page = report(result, width=width, dark=dark)
    if expanded:
        page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_first_printed_page_stands_alone(report: Open) -> None:
    page = report(estates.not_ready(), javascript=False, width=PAPER_WIDTH)
    page.emulate_media(media="print")
    first = page.locator(".first-page")
    assert first.evaluate("part => getComputedStyle(part).breakAfter") == "page"
    assert first.evaluate("part => part.getBoundingClientRect().bottom") < PAPER_HEIGHT
    for said in ("NOT READY", "2026-11-20T0840Z-7c1e", results.EVIDENCE):
        assert first.get_by_text(said).first.is_visible()


def test_paper_shows_every_fold_and_no_control(report: Open) -> None:
    page = report(estates.not_ready())
    page.emulate_media(media="print")
    assert page.locator("button:visible").count() == 0
    assert page.locator(f'[id="{DEEP}"]').is_visible()
