from PIL import Image
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from page.export.preview import APP, DESCRIPTION, PICTURE, tags
from page.theme import TITLE
from tests.document import parsed

THEIRS = """<html><head><meta property="og:title" content="Gradio" /><meta
  property="og:image" content="https://elsewhere.example/image.jpg" />
<meta name="twitter:card" content="summary" /></head><body>Café</body></html>"""


def client(html=THEIRS):
    async def page(_):
        return HTMLResponse(html)

    routes = [*APP["routes"], Route("/", page), Route("/other", page)]
    return TestClient(Starlette(routes=routes, middleware=APP["middleware"]), base_url="http://cars.example")


def meta(html):
    """Name of a tag -> what each tag of this name says."""
    told = {}
    for tag in parsed(html).all("meta"):
        name = tag.attributes.get("property") or tag.attributes["name"]
        told.setdefault(name, []).append(tag.attributes["content"])
    return told


def test_tags_are_ours_alone():
    answer = client().get("/")
    told = meta(answer.text)
    assert told["og:title"] == told["twitter:title"] == [TITLE]
    assert told["og:description"] == [DESCRIPTION]
    assert told["og:image"] == told["twitter:image"] == ["http://cars.example/preview.jpg"]
    assert told["twitter:card"] == ["summary_large_image"]
    assert "elsewhere" not in answer.text
    page = parsed(answer.text)
    assert page.one("body").text == "Café" and page.one("title").text == TITLE


def test_address_is_that_of_the_request_behind_a_proxy_too():
    answer = client().get("/", headers={"x-forwarded-host": "space.example", "x-forwarded-proto": "https"})
    told = meta(answer.text)
    assert told["og:url"] == ["https://space.example/"]
    assert told["og:image"] == told["twitter:image"] == ["https://space.example/preview.jpg"]


def test_nothing_else_is_touched():
    assert client().get("/other").text == THEIRS


def test_picture_is_small_and_of_the_size_that_the_tags_say():
    answer = client().get("/preview.jpg")
    assert answer.headers["content-type"] == "image/jpeg" and answer.content == PICTURE.read_bytes()
    assert len(answer.content) <= 300_000
    with Image.open(PICTURE) as picture:
        sizes = [meta(tags(""))[f"og:image:{name}"] for name in ("width", "height")]
        assert sizes == [[str(pixels)] for pixels in picture.size]
