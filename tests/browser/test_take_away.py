from zipfile import ZipFile

from PIL import Image

from tests.browser.looking import settle


def test_everything_is_downloaded_as_one_zip(open_page):
    page = open_page()
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all").click()
        page.wait_for_selector("#told >> text=/Packing: /")
    assert download.value.suggested_filename == "coupe_3-explained.zip"
    with ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None and len(archive.namelist()) == 17
    page.wait_for_selector("#told >> text=/coupe_3-explained.zip, .* MB/")


def test_a_picture_is_saved_as_it_is_shown(open_page):
    page = open_page()
    settle(page)
    with page.expect_download() as download:
        page.get_by_label("Save PNG of SHAP, 100").click()
    assert download.value.suggested_filename == "shap-100-coupe_3.png"
    with Image.open(download.value.path()) as picture:
        shown = page.locator("#shap .map").nth(1)
        assert picture.format == "PNG"
        assert picture.size == tuple(int(shown.get_attribute(name)) for name in ("width", "height"))


def test_link_restores_the_controls(open_page, page_url):
    page = open_page()
    settle(page)
    page.locator('[data-file="suv_1.jpg"]').click()
    page.get_by_label("Priority", exact=True).check()
    page.wait_for_selector("text=/Ensemble: (75|100) px decides/")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_selector("#told >> text=/The link is/")
    assert page.url == f"{page_url}?photo=suv_1.jpg&ensemble=priority"
    other = open_page()
    other.goto(f"{page.url}&class=tractor")
    other.wait_for_selector("text=/Ensemble: (75|100) px decides/")
    assert other.get_by_label("Priority", exact=True).is_checked()
    assert other.locator("#examples [aria-pressed=true]").get_attribute("data-file") == "suv_1.jpg"
    assert other.get_by_role("alert").inner_text() == (
        "Part of the link means nothing here and was ignored: “class”."
    )
