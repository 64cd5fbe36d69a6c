import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
PATIENCE = 120_000  # milliseconds, on a busy machine
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        reason = "Chromium is missing (on Debian: apt-get install chromium)."
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, page_url: str) -> Iterator[Callable[..., Page]]:
    """Opens the page as a new visitor; requests to anywhere else and errors in the browser fail the test."""
    contexts, foreign, errors = [], [], []

    def on_request(request):
        if not request.url.startswith((page_url, "data:", "blob:")):
            foreign.append(request.url)

    def open_page(width=1440, height=900, scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("request", on_request)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(page_url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert foreign == []
    assert errors == []
