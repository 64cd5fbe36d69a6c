import re

import pytest
from playwright.sync_api import expect

from tests.browser.looking import assert_nothing_is_wider, assert_readable, choose, each_size

PATIENCE = 300_000  # milliseconds: several networks on a busy machine


def open_tab(page, method=None):
    page.get_by_role("tab", name="Compare").click()
    if method:
        page.locator("#compare-method").get_by_label(method).check()
        page.wait_for_selector(f'#compare .compared .map[alt^="{method}, "]', timeout=PATIENCE)
    settle(page)


def settle(page):
    """Waits until everything is there, the two photos last."""
    page.wait_for_selector("#compare-photos :is(.untested, .compared)", timeout=PATIENCE)
    page.wait_for_function("!document.querySelector('#compare .computing, #compare .busy')", timeout=PATIENCE)


def grid_maps(page):
    return page.locator("#compare > .card .compared .map").evaluate_all("maps => maps.map(each => each.alt)")


def test_all_networks_any_two_and_their_agreement(open_page):
    page = open_page()
    open_tab(page)
    count = len(grid_maps(page))
    assert count >= 2 and all(each.startswith("SHAP, ") for each in grid_maps(page))
    assert page.locator("#compare .compared .receipt").count() == count
    verdict = r"(Sedan|Coupe|SUV|Truck) [<>\d ]+ %"
    assert all(re.fullmatch(verdict, each) for each in page.locator("#compare h4 > b").all_inner_texts())
    cells = page.locator(".matrix td[style]").all_inner_texts()
    assert len(cells) == count * (count - 1) / 2
    assert all(re.fullmatch(r"(−?[01]\.\d\d|–)\n+[<>\d ]+ %", each) for each in cells)
    first, second = page.locator(".swipe .tag b").all_inner_texts()
    change = page.locator("#compare-pair .map").last.get_attribute("alt")
    assert change.startswith(f"SHAP, {first} − {second}, ")

    choose(page, "Left", second)
    page.wait_for_selector("#compare-pair >> text=Please choose two different networks.")
    choose(page, "Right", first)
    page.wait_for_function("name => document.querySelector('.swipe .tag b')?.textContent == name", arg=second)
    change = re.compile(f"^SHAP, {second} − {first}, ")
    expect(page.locator("#compare-pair .map").last).to_have_attribute("alt", change)

    page.locator("#compare-method").get_by_label("Grad-CAM").check()
    page.wait_for_selector('#compare .compared .map[alt^="Grad-CAM"]')
    settle(page)
    assert len(grid_maps(page)) == count


def test_slider_by_keyboard(open_page):
    page = open_page()
    open_tab(page, "Grad-CAM")
    first, second = page.locator(".swipe .tag b").all_inner_texts()
    handle = page.get_by_role("slider", name=f"How much of the picture shows {first} rather than {second}")
    handle.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert handle.get_attribute("aria-valuetext") == f"60 % {first}, 40 % {second}"
    edges = page.evaluate("""() => {
      const at = (of) => document.querySelector(of).getBoundingClientRect();
      return [at('.swipe i').x + 1 - at('.swipe').x, at('.swipe').width,
        getComputedStyle(document.querySelector('.swipe .left')).clipPath];
    }""")
    assert edges[0] == pytest.approx(0.6 * edges[1], abs=1)
    picture = page.locator(".swipe .map").first.get_attribute("src")
    page.locator("#controls input[type=range]").press("ArrowLeft")  # the maps are redrawn, the handle stays
    page.wait_for_function("before => document.querySelector('.swipe .map').src != before", arg=picture)
    page.wait_for_function("document.querySelector('.swipe input').value == 60")


def test_tab_follows_the_photo_and_the_class(open_page):
    page = open_page()
    open_tab(page, "Grad-CAM")
    before = grid_maps(page)
    page.locator('#examples [data-file="suv_2.jpg"]').click()
    page.wait_for_function(
        "before => ![...document.querySelectorAll('#compare > .card .map')].some(each => each.alt == before)",
        arg=before[0],
    )
    settle(page)
    choose(page, "Class explained", "Truck")
    page.wait_for_selector("#compare >> text=What each of them relied on for truck")
    settle(page)
    expect(page.locator("#compare > .card .compared .map[alt*=', for truck: ']")).to_have_count(len(before))
    page.locator("#photo").get_by_label("Remove Image").click()
    page.wait_for_selector("#compare >> text=Give a photo of a car")
    assert not page.locator("#compare-pair").is_visible()


def test_second_photo_beside_the_first(open_page, tmp_path):
    page = open_page()
    open_tab(page, "Grad-CAM")
    page.locator('#second-examples [data-file="truck_1.jpg"]').click()
    page.wait_for_selector("#compare-photos .compared")
    settle(page)
    assert page.locator("#compare-photos h4 > span").all_inner_texts() == ["This photo", "Second photo"]
    assert page.locator("#compare-photos .compared .map").count() == 4  # each photo and its map
    assert page.locator("#second-photo img").count() == 1
    broken = tmp_path / "car.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 and no more")
    page.locator("#second-photo").get_by_label("Remove Image").click()
    page.wait_for_selector("#compare-photos .untested")
    page.locator("#second-photo input[type=file]").set_input_files(broken)
    page.wait_for_selector("#compare-photos >> text=This picture is damaged")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_fits_and_can_be_read(open_page, scheme):
    page = open_page(scheme=scheme)
    open_tab(page)
    page.locator('#second-examples [data-file="suv_2.jpg"]').click()
    page.wait_for_selector("#compare-photos .compared")
    settle(page)
    for width in each_size(page):
        assert_nothing_is_wider(page, "#compare .card *:not(.wide *, .swipe input)")
        halves = page.locator("#compare-pair .frame").evaluate_all(
            "frames => frames.map(each => each.getBoundingClientRect().top)"
        )
        assert (len(set(halves)) == 1) == (width > 1000)
    assert_readable(page, scheme, ("#compare .question h3", "color"), "#compare .card", by=0.5)
