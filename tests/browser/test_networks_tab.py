import pytest


def open_tab(open_page, *size):
    page = open_page(*size)
    page.get_by_role("tab", name="Networks").click()
    page.wait_for_selector(".measured nav")
    return page


@pytest.mark.parametrize(
    ("width", "height", "scheme"), [(1440, 900, "light"), (390, 844, "light"), (1440, 900, "dark")]
)
def test_everything_fits_and_can_be_read(open_page, width, height, scheme):
    page = open_page(width, height, scheme)
    errors = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.get_by_role("tab", name="Networks").click()
    page.wait_for_selector(".measured nav")
    for folded in page.locator(".measured details:not([open]) summary").all():
        folded.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.locator(".measured *:not(svg *)").evaluate_all(
        "(all, width) => all.filter(each => each.getBoundingClientRect().right > width + 0.5"
        " && !each.closest('.scroll')).map(each => each.outerHTML)",
        width,
    )
    assert wide == []
    unnamed = page.locator(".measured :is(svg.chart:not([aria-label]), img:not([alt]), img[alt=''])")
    assert page.locator(".measured svg.chart").count() >= 8 and unnamed.count() == 0
    ink, card = page.evaluate("""() => {
      const grey = (of, property) => getComputedStyle(document.querySelector(of))[property]
        .match(/[\\d.]+/g).slice(0, 3).reduce((sum, channel) => sum + channel / 765, 0);
      return [grey(".measured svg.chart text", "fill"), grey(".measured .card", "backgroundColor")];
    }""")
    assert ink > card + 0.3 if scheme == "dark" else card > ink + 0.3
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
