import re

from PIL import Image

from page.theme import FAVICON, FOLDER, HEAD, THEME


def test_nothing_is_fetched():
    style = (FOLDER / "style.css").read_text()
    assert "//" not in style + HEAD and "url(" not in style and "@import" not in style
    assert THEME._stylesheets == []
    assert re.findall(r"url\((?!['\"]?data:)", THEME._get_theme_css()) == []


def test_favicon_is_a_square_picture():
    with Image.open(FAVICON) as image:
        assert image.size == (192, 192)
