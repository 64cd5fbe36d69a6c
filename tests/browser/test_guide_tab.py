import pytest

from tests.browser.looking import (
    assert_nothing_is_wider,
    assert_readable,
    console_errors,
    each_size,
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_fits_and_can_be_read(open_page, scheme):
    page = open_page(scheme=scheme)
    errors = console_errors(page)
    page.get_by_role("tab", name="Guide").click()
    page.wait_for_selector(".handbook")
    page.locator(".handbook summary").click()
    page.wait_for_selector(".handbook .guide dd")
    pictures = page.locator(".handbook img").evaluate_all(
        "all => all.map(each => [each.alt.length > 20, each.complete && each.naturalWidth > 0])"
    )
    assert pictures == [[True, True]] * 4
    for width in each_size(page):
        assert_nothing_is_wider(page, ".handbook *")
        columns = page.locator(".classes figure").evaluate_all(
            "all => new Set(all.map(each => Math.round(each.getBoundingClientRect().left))).size"
        )
        assert columns == (4 if width > 1000 else 1)
    assert_readable(page, scheme, (".handbook dd", "color"), ".handbook .card")
    assert errors == []
