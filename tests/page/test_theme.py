import re

from PIL import Image

from page.requests import NUMBER_SCRIPT
from page.theme import FAVICON, FOLDER, THEME, head


def test_nothing_is_fetched():
    assert "//" not in head() and "url(" not in head() and "@import" not in head()
    assert THEME._stylesheets == []
    assert re.findall(r"url\((?!['\"]?data:)", THEME._get_theme_css()) == []


def test_every_style_sheet_is_in_the_head():
    sheets = list(FOLDER.rglob("*.css"))
    assert len(sheets) > 1 and all(sheet.read_text() in head() for sheet in sheets)


def test_browser_can_number_its_events():
    assert NUMBER_SCRIPT in head()


def test_favicon_is_a_square_picture():
    with Image.open(FAVICON) as image:
        assert image.size == (192, 192)
