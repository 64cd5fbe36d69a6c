import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.looking import (
    METHODS,
    assert_nothing_is_wider,
    assert_readable,
    choose,
    each_size,
    maps,
    settle,
    settle_tests,
)

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def upload(page, path):
    page.locator("#photo input[type=file]").set_input_files(path)


def probabilities(page):
    return page.locator(".verdict .bars").all_inner_texts()


def test_upload_leads_to_a_verdict_and_twelve_maps(open_page):
    page = open_page()
    settle(page)
    assert page.title() == "What car classifiers look at"
    assert page.locator("#examples [aria-pressed=true]").count() == 1
    before = [each["alt"] for each in maps(page)]

    upload(page, EXAMPLES / "truck_2.jpg")
    page.wait_for_function("document.querySelectorAll('.method.busy').length > 0")
    settle(page)
    assert re.match(r"(Sedan|Coupe|SUV|Truck), [>\d ]+ %: ", page.locator(".verdict h2").inner_text())
    assert page.locator(".method h3").all_inner_texts() == METHODS
    found = maps(page)
    assert len(found) == 12
    for each, method in zip(found, [name for name in METHODS for _ in range(4)], strict=True):
        assert each["alt"].startswith(f"{method}, ")
        assert each["loaded"] > 0 and each["height"] > 100
    assert [each["alt"] for each in found] != before
    assert page.locator(".method .receipt").count() == 8  # Grad-CAM has none
    page.wait_for_selector("#examples [aria-pressed=true]", state="detached")


def test_broken_file_is_a_sentence_and_the_result_stays(open_page, tmp_path):
    page = open_page()
    settle_tests(page)
    shown = page.locator("#results .card").evaluate_all("cards => cards.map(card => card.outerHTML)")
    broken = tmp_path / "car.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 and no more")
    upload(page, broken)
    page.wait_for_selector(".notice")
    assert page.get_by_role("alert").inner_text() == (
        "This picture is damaged or incomplete; please save it again or use another one."
    )
    assert page.locator("#results .card").evaluate_all("cards => cards.map(card => card.outerHTML)") == shown
    page.wait_for_function("document.querySelector('#photo img')?.naturalWidth > 0")  # the photo before it

    page.locator('[data-file="coupe_1.jpg"]').click()
    page.wait_for_selector(".notice", state="detached")
    settle(page)


def test_photo_that_browsers_cannot_show_is_shown(open_page, tmp_path):
    page = open_page()
    settle(page)
    path = tmp_path / "car.tiff"
    Image.open(EXAMPLES / "suv_2.jpg").save(path)
    upload(page, path)
    page.wait_for_function("document.querySelector('#photo img')?.naturalWidth == 450")
    settle(page)


def test_every_map_of_a_network_is_tested(open_page):
    page = open_page()
    settle(page)
    assert page.locator(".method .tests").count() == 9  # at once, so that nothing moves
    settle_tests(page)
    figures = page.locator(".method .tests dd").all_inner_texts()
    assert len(figures) == 18 and all(0 <= float(each) <= 1 for each in figures)
    sentences = page.locator(".method .beats").all_inner_texts()
    assert all(re.match("(Beats|Does not beat) both controls", each) for each in sentences)
    page.wait_for_function("document.querySelector('.progress').textContent == ''")


def test_class_explained_leaves_the_prediction_alone(open_page):
    page = open_page()
    settle(page)
    sentence, bars = page.locator(".verdict h2").inner_text(), probabilities(page)
    choose(page, "Class explained", "Coupe")
    page.wait_for_selector("text=Why coupe?")
    expect(page.locator(".method .map[alt*='for coupe: ']")).to_have_count(12)
    assert (page.locator(".verdict h2").inner_text(), probabilities(page)) == (sentence, bars)

    choose(page, "… and not", "Coupe")
    page.wait_for_selector(".notice")
    assert "please choose another one" in page.get_by_role("alert").inner_text()
    assert page.locator(".reading h2").inner_text() == "Why coupe?"
    choose(page, "… and not", "Truck")
    page.wait_for_selector("text=Why coupe and not truck?")
    expect(page.locator(".method .map[alt*='for coupe and not truck: ']")).to_have_count(12)


def test_priority_shows_the_map_of_the_network_that_decides(open_page):
    page = open_page()
    settle(page)
    page.get_by_label("Priority", exact=True).check()
    title = page.wait_for_selector("text=/Ensemble: (75|100) px decides/").inner_text()
    network = re.search(r"\d+ px", title)[0]
    for row, method in enumerate(METHODS):
        third = page.locator(".method .map").nth(4 * row + 2)
        expect(third).to_have_attribute("alt", re.compile(f"^{method}, {network}, "))


def test_strength_and_own_scale_only_redraw(open_page):
    page = open_page()
    settle(page)
    receipts = page.locator(".receipt").all_inner_texts()
    picture = page.locator(".map").first.get_attribute("src")
    page.locator("#controls input[type=range]").press("ArrowLeft")
    page.wait_for_function("before => document.querySelector('.map').src != before", arg=picture)
    settle(page)
    page.get_by_label("Own scale for each map").check()
    expect(page.locator("text=Full colour at")).to_have_count(12)
    expect(page.locator(".receipt")).to_have_text(receipts, use_inner_text=True)


def test_newer_request_replaces_the_older(open_page):
    page = open_page()
    settle(page)
    first = page.locator("#examples [aria-pressed=true]").get_attribute("data-file")
    for file in ("sedan_1.jpg", "coupe_2.jpg", first):
        page.locator(f'[data-file="{file}"]').click()
        page.wait_for_timeout(300)
    alone = open_page()  # a new visitor sees the first example, and nothing of the other two
    settle(alone)
    for seen, way in ((".method .map", "alt"), ("#examples button", "aria-pressed")):
        for at, each in enumerate(alone.locator(seen).all()):
            expect(page.locator(seen).nth(at)).to_have_attribute(way, each.get_attribute(way))
    expect(page.locator(".verdict h2")).to_have_text(alone.locator(".verdict h2").inner_text())
    expect(page.locator(".method.finished")).to_have_count(3)


@pytest.mark.parametrize("drawn", [False, True])
def test_removed_photo_leads_back_to_the_start(open_page, drawn):
    """Also while what is known of it is still being drawn, and then to the next photo."""
    page = open_page()
    settle(page)
    for file in ("coupe_2.jpg", "truck_1.jpg"):
        page.locator(f'[data-file="{file}"]').click()
        page.wait_for_function("document.querySelectorAll('.method.busy').length > 0")
        if drawn:
            settle(page)
        page.get_by_label("Remove Image").click()
        page.wait_for_selector("text=Give a photo of a car")
        page.wait_for_selector("#photo >> text=Drop a photo of a car here")
        assert page.locator(".method").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_fits_and_can_be_read(open_page, scheme):
    page = open_page(scheme=scheme)
    settle(page)
    for width in each_size(page):
        assert_nothing_is_wider(page, ".method *")
        found = maps(page)
        in_a_row = sum(each["top"] == found[0]["top"] for each in found)
        assert in_a_row == (4 if width > 1000 else 2)
        assert all(each["left"] >= 0 and each["right"] <= width for each in found)
    assert_readable(page, scheme, (".verdict h2", "color"), ".verdict", by=0.5)


def test_examples_work_by_keyboard(open_page):
    page = open_page()
    settle(page)
    button = page.locator('[data-file="truck_4.jpg"]')
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.method.busy').length > 0")
    settle(page)
    assert button.get_attribute("aria-pressed") == "true"
