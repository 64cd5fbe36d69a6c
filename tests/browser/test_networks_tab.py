import pytest

from tests.browser.looking import (
    assert_nothing_is_wider,
    assert_readable,
    console_errors,
    each_size,
)


def open_tab(open_page, *size):
    page = open_page(*size)
    page.get_by_role("tab", name="Networks").click()
    page.wait_for_selector(".measured nav")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_fits_and_can_be_read(open_page, scheme):
    page = open_page(scheme=scheme)
    errors = console_errors(page)
    page.get_by_role("tab", name="Networks").click()
    page.wait_for_selector(".measured nav")
    for folded in page.locator(".measured details:not([open]) summary").all():
        folded.click()
    for _ in each_size(page):
        assert_nothing_is_wider(page, ".measured *:not(svg *)")
    unnamed = page.locator(".measured :is(svg.chart:not([aria-label]), img:not([alt]), img[alt=''])")
    assert page.locator(".measured svg.chart").count() >= 8 and unnamed.count() == 0
    assert_readable(page, scheme, (".measured svg.chart text", "fill"), ".measured .card")
    assert errors == []


def test_links_and_folded_parts_by_keyboard(open_page):
    page = open_tab(open_page)
    link = page.locator(".measured nav a", has_text="Disturbances")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => { const top = document.querySelector('#networks-robustness').getBoundingClientRect().top;"
        " return top >= 0 && top < 100; }"
    )
    assert page.get_by_role("tab", name="Networks").get_attribute("aria-selected") == "true"
    folded = page.locator(".measured details:not([open]) summary").first
    folded.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.querySelector('.measured details:not([open])')")
