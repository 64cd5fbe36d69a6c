from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.looking import assert_nothing_is_wider, each_size

PATIENCE = 300_000  # milliseconds: all maps twice, on a busy machine


def open_tab(page):
    page.get_by_role("tab", name="What if").click()
    page.locator("#bars .before-after").wait_for()


def said(page):
    return page.locator("#bars h2").inner_text()


def wait_until_said(page, words):
    page.wait_for_function(
        "words => document.querySelector('#bars h2')?.textContent.includes(words)", arg=words
    )


def settle(page):
    """Waits until every map before and after is there."""
    page.wait_for_function(
        "document.querySelectorAll('#what-if .method.finished').length == 3"
        " && document.querySelector('#what-if .progress').textContent == ''",
        timeout=PATIENCE,
    )


def stroke(page):
    """Draws a line across the upper half of the photo, by mouse."""
    page.locator(".sheet").scroll_into_view_if_needed()
    box = page.locator(".sheet").bounding_box()
    x, y, width, height = (box[name] for name in ("x", "y", "width", "height"))
    page.mouse.move(x + 0.2 * width, y + 0.3 * height)
    page.mouse.down()
    page.mouse.move(x + 0.8 * width, y + 0.3 * height, steps=8)
    page.mouse.up()


def test_edits_of_one_click_show_before_and_after(open_page):
    page = open_page()
    open_tab(page)
    assert "Nothing is changed yet" in said(page)
    page.get_by_label("Hide the wheels’ row").check()
    wait_until_said(page, "Without the wheels’ row")
    page.get_by_label("Mirror").check()
    wait_until_said(page, "Mirrored, without the wheels’ row")
    settle(page)
    assert page.locator(".paired .pairs li").count() % 12 == 0
    pairs = page.locator("#what-if .maps-pair img.map")
    assert pairs.count() == 18
    assert [alt.partition(":")[0] for alt in pairs.evaluate_all("all => all.map(each => each.alt)")] == [
        *("Before", "After") * 9
    ]
    assert page.locator("#what-if .share").count() == 9
    page.get_by_role("button", name="Reset").click()
    wait_until_said(page, "Nothing is changed yet")
    expect(page.get_by_label("Mirror")).not_to_be_checked()
    page.get_by_role("button", name="Undo").click()
    wait_until_said(page, "Mirrored, without the wheels’ row")
    expect(page.get_by_label("Mirror")).to_be_checked()


def test_brush_box_and_undo(open_page):
    page = open_page()
    open_tab(page)
    stroke(page)
    wait_until_said(page, "Without what is marked")
    expect(page.locator(".sheet polyline")).to_have_count(1)
    page.get_by_role("button", name="Box", exact=True).click()
    stroke(page)  # a box without height is none
    page.locator(".sheet rect").wait_for(state="detached")
    page.get_by_role("button", name="A box by numbers").click()
    page.get_by_role("button", name="Cover this box").click()
    page.locator(".sheet rect").wait_for()
    assert page.get_by_role("button", name="Box", exact=True).get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Undo").click()
    page.locator(".sheet rect").wait_for(state="detached")
    page.get_by_role("button", name="Undo").click()
    wait_until_said(page, "Nothing is changed yet")
    expect(page.locator(".sheet polyline")).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def test_steps_that_arrive_together_are_all_shown(open_page):
    """Everything is computed before the browser hears that its request was taken."""
    page = open_page()
    open_tab(page)
    page.get_by_label("Grey").first.check()
    wait_until_said(page, "In grey")

    def answer_late(route):
        answer = route.fetch()
        page.wait_for_timeout(2000)
        route.fulfill(response=answer)

    page.route("**/queue/join*", answer_late)
    page.get_by_role("button", name="Reset").click()
    wait_until_said(page, "Nothing is changed yet")
    expect(page.get_by_role("button", name="Reset")).to_be_disabled()
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    page.unroute_all(behavior="wait")


def test_marks_do_not_go_on_to_another_photo_but_switches_do(open_page):
    page = open_page()
    open_tab(page)
    page.get_by_label("Hide the border").check()
    wait_until_said(page, "Without the border,")
    stroke(page)
    wait_until_said(page, "Without the border and what is marked")
    page.locator("#examples [data-file='truck_2.jpg']").click()
    wait_until_said(page, "Without the border,")
    expect(page.locator(".sheet path")).to_have_count(1)
    expect(page.locator(".sheet polyline")).to_have_count(0)
    page.get_by_label("Remove Image").click()
    page.wait_for_selector("#bars >> text=Give a photo of a car")
    expect(page.locator(".sheet")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window(open_page, scheme):
    page = open_page(scheme=scheme)
    open_tab(page)
    page.get_by_label("Grey").first.check()
    wait_until_said(page, "In grey")
    page.locator("#what-if .method").first.wait_for()
    for _ in each_size(page):
        assert_nothing_is_wider(page, "#what-if *:not(.sr-only)")
        # What stands beside the photo does not reach over it.
        boxes = page.locator("#what-if .try > .column").evaluate_all(
            "all => all.map(each => each.getBoundingClientRect().toJSON())"
        )
        for first, second in pairwise(boxes):
            assert second["left"] >= first["right"] or second["top"] >= first["bottom"]
