import re

from PIL import Image

from page.theme import FAVICON, FOLDER, HEAD, THEME


def test_nothing_is_fetched():
    assert "//" not in HEAD and "url(" not in HEAD and "@import" not in HEAD
    assert THEME._stylesheets == []
    assert re.findall(r"url\((?!['\"]?data:)", THEME._get_theme_css()) == []


def test_every_style_sheet_is_in_the_head():
    sheets = list(FOLDER.rglob("*.css"))
    assert len(sheets) > 1 and all(sheet.read_text() in HEAD for sheet in sheets)


def test_favicon_is_a_square_picture():
    with Image.open(FAVICON) as image:
        assert image.size == (192, 192)
