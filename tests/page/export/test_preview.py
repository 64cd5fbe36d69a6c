import re

from PIL import Image
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from page.export.preview import APP, DESCRIPTION, PICTURE, tags
from page.theme import TITLE

THEIRS = """<html><head><meta property="og:title" content="Gradio" /><meta
  property="og:image" content="https://elsewhere.example/image.jpg" />
<meta name="twitter:card" content="summary" /></head><body>Café</body></html>"""


def client(html=THEIRS):
    async def page(_):
        return HTMLResponse(html)

    routes = [*APP["routes"], Route("/", page), Route("/other", page)]
    return TestClient(Starlette(routes=routes, middleware=APP["middleware"]), base_url="http://cars.example")


def test_tags_are_ours_alone():
    answer = client().get("/")
    found = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', answer.text))
    assert found["og:title"] == found["twitter:title"] == TITLE
    assert found["og:description"] == DESCRIPTION
    assert found["og:image"] == found["twitter:image"] == "http://cars.example/preview.jpg"
    assert found["twitter:card"] == "summary_large_image"
    assert answer.text.count("og:title") == 1 and "elsewhere" not in answer.text
    assert answer.text.endswith("<body>Café</body></html>")
    assert f"<title>{TITLE}</title>" in answer.text


def test_address_is_that_of_the_request_behind_a_proxy_too():
    answer = client().get("/", headers={"x-forwarded-host": "space.example", "x-forwarded-proto": "https"})
    assert 'property="og:url" content="https://space.example/"' in answer.text
    assert 'content="https://space.example/preview.jpg"' in answer.text


def test_nothing_else_is_touched():
    assert client().get("/other").text == THEIRS


def test_picture_is_small_and_of_the_size_that_the_tags_say():
    answer = client().get("/preview.jpg")
    assert answer.headers["content-type"] == "image/jpeg" and answer.content == PICTURE.read_bytes()
    assert len(answer.content) <= 300_000
    with Image.open(PICTURE) as picture:
        for name, pixels in zip(("width", "height"), picture.size, strict=True):
            assert f'property="og:image:{name}" content="{pixels}"' in tags("")
