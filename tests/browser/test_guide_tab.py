import pytest


@pytest.mark.parametrize(
    ("width", "height", "scheme"), [(1440, 900, "light"), (390, 844, "light"), (1440, 900, "dark")]
)
def test_everything_fits_and_can_be_read(open_page, width, height, scheme):
    page = open_page(width, height, scheme)
    errors = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.get_by_role("tab", name="Guide").click()
    page.wait_for_selector(".handbook")
    page.locator(".handbook summary").click()
    page.wait_for_selector(".handbook .guide dd")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.locator(".handbook *").evaluate_all(
        "(all, width) => all.filter(each => each.getBoundingClientRect().right > width + 0.5)"
        ".map(each => each.outerHTML)",
        width,
    )
    assert wide == []
    pictures = page.locator(".handbook img").evaluate_all(
        "all => all.map(each => [each.alt.length > 20, each.complete && each.naturalWidth > 0])"
    )
    assert pictures == [[True, True]] * 4
    columns = page.locator(".classes figure").evaluate_all(
        "all => new Set(all.map(each => Math.round(each.getBoundingClientRect().left))).size"
    )
    assert columns == (4 if width > 1000 else 1)
    ink, card = page.evaluate("""() => {
      const grey = (of, property) => getComputedStyle(document.querySelector(of))[property]
        .match(/[\\d.]+/g).slice(0, 3).reduce((sum, channel) => sum + channel / 765, 0);
      return [grey(".handbook dd", "color"), grey(".handbook .card", "backgroundColor")];
    }""")
    assert ink > card + 0.3 if scheme == "dark" else card > ink + 0.3
    assert errors == []
