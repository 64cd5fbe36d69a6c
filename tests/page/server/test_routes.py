import pytest

from page.server.refusals import Refused
from page.server.routes import API, MAX_BODY, MAX_UPLOAD, find


def status(path, method="GET"):
    try:
        find(path, method)
    except Refused as refused:
        return refused.status
    return 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/config",
        "/assets/index.js",
        "/static/img/logo.svg",
        "/pwa_icon/192",
        "/theme.css",
        "/preview.jpg",
    ]
    + [f"{API}/{each}" for each in ("info", "queue/data", "heartbeat/abc", "file=/x/y", "call/classify/e1")]
    + [f"{API}/{each}" for each in ("upload_progress", "mcp/", "startup-events", "call/v2/classify/e1")],
)
def test_what_the_page_reads_is_open(path):
    assert status(path) == 200
    assert status(path, "PUT") == 405
    assert status(path, "DELETE") == (200 if path.endswith("mcp/") else 405)


@pytest.mark.parametrize(
    "path", ["upload", "queue/join", "call/classify", "call/v2/classify", "cancel", "reset", "mcp"]
)
def test_what_the_page_sends_is_open(path):
    assert status(f"{API}/{path}", "POST") == 200
    route, _ = find(f"{API}/{path}", "POST")
    assert route.json == (path != "upload")


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/gradio_api", "/GRADIO_API/upload", "//", "/login", "/monitoring", "/docs", "/assets/"]
    + [
        f"{API}/{each}"
        for each in ("stream/x", "component_server", "vibe-edit", "dev/reload", "mcp/sse", "deep_link")
    ],
)
def test_the_rest_is_closed(path):
    assert {status(path, method) for method in ("GET", "POST", "HEAD", "PUT")} <= {404, 405}


@pytest.mark.parametrize("path", ["call/upload", "call/v2/upload", "stream/upload", "upload/", "x/upload"])
def test_only_uploads_may_be_large(path):
    """A route whose name merely ends like that of uploads once took 600 MB."""
    assert find(f"{API}/upload", "POST")[0].most == MAX_UPLOAD
    try:
        assert find(f"{API}/{path}", "POST")[0].most == MAX_BODY
    except Refused as refused:
        assert refused.status in (404, 405)


@pytest.mark.parametrize("path", ["/gradio_api/run/classify", "/api/explain", "/run/predict"])
def test_nobody_passes_the_queue(path):
    with pytest.raises(Refused, match="one queue") as refused:
        find(path, "POST")
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "path",
    ["/proxy=http://a.b", "/gradio_api/proxy=https://a.hf.space/x", "/gradio_api/file=HTTP://a.b/c.jpg"],
)
def test_nothing_is_fetched_from_elsewhere(path):
    assert status(path) == 403


@pytest.mark.parametrize(
    ("size", "expected"), [("192", 200), ("512", 200), ("513", 404), ("x", 404), ("-1", 404)]
)
def test_icons_have_two_sizes(size, expected):
    assert status(f"/pwa_icon/{size}") == expected


def test_ids_are_found():
    assert find(f"{API}/heartbeat/abc", "GET")[1]["id"] == "abc"
    assert find(f"{API}/call/classify/e1", "GET")[1]["id"] == "e1"
    assert find(f"{API}/queue/join", "POST")[0].needs == ("session_hash",)
