"""A real browser for the reports, where there is one."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")


# Not for the whole session: while it lives, its event loop runs, and no other test could run one of its own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("SSOAUDIT_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        missing = f"no Chromium: none of {', '.join(_NAMES)} is on the PATH and SSOAUDIT_CHROMIUM is not set"
        if "browser" in os.environ.get("SSOAUDIT_REQUIRE", ""):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
