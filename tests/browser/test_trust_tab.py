import re

import pytest
from playwright.sync_api import expect

from tests.browser.looking import (
    assert_nothing_is_wider,
    assert_readable,
    choose,
    each_size,
    settle_tests,
)

PATIENCE = 300_000  # milliseconds: a test of minutes on a busy machine


def open_tab(page):
    page.get_by_role("tab", name="Trust").click()
    page.get_by_role("heading", name="How far can these maps be trusted?").wait_for()


def test_tests_are_there_without_being_asked_for(open_page):
    page = open_page()
    open_tab(page)
    settle_tests(page, PATIENCE)
    assert len(page.locator(".finding").all_inner_texts()) == 2
    charts = page.locator("#test-faithfulness svg.chart")
    assert charts.count() == 4
    for chart in charts.all():
        assert chart.get_attribute("role") == "img" and "SHAP: " in chart.get_attribute("aria-label")
    areas = page.locator(".areas tbody tr").all_inner_texts()
    assert [re.split("\t", row)[0] for row in areas] == [
        *("Grad-CAM", "Integrated Gradients", "SHAP", "Random maps", "Centred Gaussian"),
    ] * 2
    parts = page.locator(".parts tbody th").all_inner_texts()  # of an example picture
    assert parts[0] == "Border" and {"Wheels", "Windows"} <= set(parts)
    page.get_by_role("tab", name="Explain").click()
    below = page.locator(".method .tests dd").all_inner_texts()
    page.get_by_role("tab", name="Trust").click()
    first = page.locator(".areas tbody tr").first.inner_text().split("\t")
    assert first[1:3] == below[:2]  # the same areas on both tabs


def test_other_class_begins_anew(open_page):
    page = open_page()
    settle_tests(page, PATIENCE)
    open_tab(page)
    choose(page, "Class explained", "Truck")
    page.wait_for_selector("text=Four tests of the maps that explain truck")
    charts = page.locator("#test-faithfulness svg.chart")
    expect(charts.first).to_have_attribute("aria-label", re.compile("truck"))


def test_stability_by_its_button(open_page):
    page = open_page()
    settle_tests(page, PATIENCE)
    open_tab(page)
    page.locator("#test-stability").get_by_role("button", name="Run the test").click()
    page.wait_for_selector("#test-stability .finding", timeout=PATIENCE)
    figures = page.locator("#test-stability tbody td").all_inner_texts()
    assert len(figures) == 6 and all(re.fullmatch(r"[<>]? ?\d+ %|∞", each.strip()) for each in figures)
    page.locator("#test-stability").get_by_role("button", name="Run the test").wait_for()
    page.get_by_label("Remove Image").click()
    page.wait_for_selector("#trust >> text=Give a photo of a car")
    assert not page.locator("#test-stability").is_visible()


def test_randomisation_shows_its_progress_and_can_be_stopped(open_page):
    page = open_page()
    settle_tests(page, PATIENCE)
    open_tab(page)
    block = page.locator("#test-sanity")
    block.get_by_role("button", name="Run the test").click()
    page.wait_for_selector("#test-sanity .strips li:nth-child(2)", timeout=PATIENCE)
    assert block.locator(".strips ol").count() == 6
    assert block.locator("svg.chart").count() == 2
    assert "Random so far: fc3" in block.get_by_role("status").inner_text()
    block.get_by_role("button", name="Stop").click()
    page.wait_for_selector("#test-sanity >> text=/Random so far: .*; stopped/", timeout=PATIENCE)
    block.get_by_role("button", name="Run the test").wait_for()


def test_another_photo_wipes_the_long_tests(open_page):
    page = open_page()
    settle_tests(page, PATIENCE)
    open_tab(page)
    page.locator("#test-stability").get_by_role("button", name="Run the test").click()
    page.wait_for_selector("#test-stability :is(table, .progress)")
    page.locator('[data-file="suv_2.jpg"]').click()
    page.wait_for_function("!document.querySelector('#test-stability :is(table, .progress)')")
    page.locator("#test-stability").get_by_role("button", name="Run the test").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_fits_and_can_be_read(open_page, scheme):
    page = open_page(scheme=scheme)
    open_tab(page)
    settle_tests(page, PATIENCE)
    for width in each_size(page):
        assert_nothing_is_wider(page, "#trust .card *:not(svg *)")
        charts = page.locator("#test-faithfulness svg.chart").evaluate_all(
            "charts => charts.map(each => each.getBoundingClientRect().top)"
        )
        assert len(set(charts)) == (1 if width > 1000 else 4)
    assert_readable(page, scheme, ("#trust svg.chart text", "fill"), "#test-faithfulness")


def test_tab_and_button_by_keyboard(open_page):
    page = open_page()
    settle_tests(page, PATIENCE)
    page.get_by_role("tab", name="Trust").focus()
    page.keyboard.press("Enter")
    button = page.locator("#test-sanity").get_by_role("button", name="Run the test")
    button.focus()
    page.keyboard.press("Enter")
    page.locator("#test-sanity").get_by_role("button", name="Stop").wait_for()
    page.keyboard.press("Enter")
    button.wait_for()
