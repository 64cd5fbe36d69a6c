"""Under which names the page answers, and who says so."""

import httpx
import pytest

from tests.hostile.client import API, ROOT, explained, visitor

CAR = (ROOT / "examples" / "suv_1.jpg").read_bytes()


@pytest.mark.parametrize(
    "path", ["/", "/config", f"{API}/info", f"{API}/queue/data?session_hash=a", "/nothing"]
)
def test_other_names_reach_nothing(swept, path):
    ann, _, _, _ = swept
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example"):
        evil = {"host": host, "origin": f"http://{host}"}
        assert ann.get(path, headers=evil).status_code == 421
        assert ann.post(path, json={}, headers=evil).status_code == 421


def test_nobody_says_for_others_what_the_page_is_called(serve):
    """gradio described the API once, with the address that its first caller named."""
    from page.server.hosts import Hosts

    with serve(hosts=Hosts("0.0.0.0")) as (url, _, _), visitor(url) as ann, visitor(url, 1) as bob:
        named = {"host": "evil.example", "x-gradio-server": "http://worse.example"}
        for path in (f"{API}/info", f"{API}/openapi.json", "/"):
            assert "worse.example" not in ann.get(path, headers=named).text
            said = bob.get(f"{API}/info", headers={"host": "cars.example"}).text
            assert "http://cars.example" in said and "evil.example" not in said


def test_a_space_is_served_unchanged(serve, monkeypatch):
    """As Hugging Face sets it up and passes requests on."""
    from page.server.hosts import Hosts

    name = "ann-what-cars.hf.space"
    monkeypatch.setenv("SPACE_HOST", name)
    with serve(hosts=Hosts("0.0.0.0")) as (url, _, _):
        headers = {
            "host": name,
            "origin": f"https://{name}",
            "x-forwarded-for": "192.0.2.9",
            "x-forwarded-proto": "https",
            "x-forwarded-host": name,
            "referer": "https://huggingface.co/",
        }
        with httpx.Client(base_url=url, timeout=60, headers=headers) as http:
            home = http.get("/")
            assert home.status_code == 200
            assert "https://huggingface.co" in home.headers["content-security-policy"]
            assert explained(http)
            assert http.get("/", headers={"host": "10.0.3.7:7860"}).status_code == 200
            evil = http.post(
                f"{API}/call/classify", json={"data": []}, headers={"origin": "https://evil.example"}
            )
            assert evil.status_code == 403
