"""What the tests of every tab wait for and look at."""

SIZES = ((1440, 900), (390, 844))  # windows to look at: a desktop's and a phone's
METHODS = ["Grad-CAM", "Integrated Gradients", "SHAP"]
GREY = """([of, property]) => getComputedStyle(document.querySelector(of))[property]
  .match(/[\\d.]+/g).slice(0, 3).reduce((sum, channel) => sum + channel / 765, 0)"""


def each_size(page):
    """Gives the window each of SIZES, one after the other, and yields its width."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        yield width


def settle(page, timeout=None):
    """Waits until every map of the last request is there."""
    page.wait_for_function(
        "document.querySelectorAll('.method.finished').length == 3"
        " && !document.querySelector('.progress').textContent.startsWith('Computing')",
        timeout=timeout,
    )


def settle_tests(page, timeout=None):
    """Waits until what needs no button is tested too."""
    settle(page, timeout)
    page.wait_for_function(
        "!document.querySelector('.pending')"
        " && [...document.querySelectorAll('.progress')].every(each => each.textContent == '')",
        timeout=timeout,
    )


def maps(page):
    """Alt text, width of the picture itself, and place of every map."""
    return page.locator(".method .map").evaluate_all("""images => images.map(each =>
      ({...each.getBoundingClientRect().toJSON(), alt: each.alt, loaded: each.naturalWidth}))""")


def choose(page, label, option):
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()
    page.get_by_role("option").first.wait_for(state="detached")  # the list closes with an animation


def assert_nothing_is_wider(page, inside):
    """Nothing that is found inside reaches over the window's right edge, which does not scroll sideways."""
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.locator(inside).evaluate_all(
        "(all, width) => all.filter(each => each.getBoundingClientRect().right > width + 0.5"
        " && !each.closest('.scroll')).map(each => each.outerHTML)",
        width,
    )
    assert wide == []


def assert_readable(page, scheme, ink, ground, by=0.3):
    """What has the colour `ink` is lighter than what it stands on by so much, or darker in a light page.

    ink is a selector with the name of the property, ground a selector of what has a background colour.
    """
    text, card = page.evaluate(GREY, ink), page.evaluate(GREY, [ground, "backgroundColor"])
    assert text > card + by if scheme == "dark" else card > text + by


def console_errors(page):
    """What the browser complains about from now on: a list that grows."""
    errors = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    return errors
