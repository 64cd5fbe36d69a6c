import time

import pytest

from page.server.heads import MOST, check_length, clean
from page.server.hosts import Hosts
from page.server.refusals import LONG_HEAD, Refused
from page.server.visitors import Visitors


def head(path="/", query=b"", **headers):
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http", "path": path, "query_string": query, "headers": raw, "client": ("192.0.2.1", 5)}


def test_lines_longer_than_browsers_send_are_refused():
    check_length(head("/config", b"a=b", cookie="a" * 10_000))
    for long in (
        head("/" + "a" * MOST),
        head(query=b"a" * MOST),
        head(cookie="a" * MOST),
        head(**{f"x{number}": "a" * 1000 for number in range(40)}),
    ):
        with pytest.raises(Refused) as refused:
            check_length(long)
        assert (refused.value.sentence, refused.value.status) == (LONG_HEAD, 431)


def test_gradio_gets_no_cookie_and_no_name_that_it_was_not_told():
    asked = head(
        cookie="visitor=ann; theme=dark",
        x_gradio_server="http://evil.example",
        x_forwarded_host="evil.example",
        accept="text/html",
    )
    clean(asked, Hosts(allowed=["cars.example"]))
    assert asked["headers"] == [(b"accept", b"text/html")]
    proxied = head(x_forwarded_host="cars.example", host="10.0.0.1")
    clean(proxied, Hosts(allowed=["cars.example"]))
    assert [name for name, _ in proxied["headers"]] == [b"x-forwarded-host", b"host"]


@pytest.mark.parametrize("escaped", ["\\\\", "\\1", "\\012", '\\"', ";", "=", "visitor=", ' "'])
@pytest.mark.parametrize("name", ["visitor", "a"])
def test_no_cookie_takes_long_to_read(name, escaped):
    """http.cookies takes seconds for these: CVE-2024-7592."""
    cookie = f'{name}="{escaped * (1_000_000 // len(escaped))}"; visitor=ann'
    asked = head(cookie=cookie)
    began = time.process_time()
    assert Visitors().of(asked).cookie == "ann"
    assert time.process_time() - began < 1
