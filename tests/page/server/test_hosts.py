import pytest

from page.server.hosts import Hosts, is_loopback

EVIL = "evil.example"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:7860", "127.9.9.9", "localhost:7860", "LOCALHOST", "[::1]:7860", "car.localhost", "::1"],
)
def test_names_of_this_machine_are_served(host):
    assert Hosts().serves(host) or host == "::1"  # without brackets it is no host, though it is an address
    assert is_loopback(host.rpartition(":")[0] if host[-4:] == "7860" else host)


@pytest.mark.parametrize(
    "host",
    [
        EVIL,
        f"{EVIL}:7860",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evillocalhost",
        "",
        " ",
        ":80",
        "10.0.0.1",
        "0.0.0.0:7860",
        "127.0.0.1@evil.example",
        "evil@localhost",
        "localhost#.evil",
        "localhost/x",
        "evil.example#127.0.0.1",
        "[::1",
        "[x]",
    ],
)
def test_other_names_are_not(host):
    assert not Hosts().serves(host)


def test_a_page_on_the_network_answers_to_every_name_until_it_is_told_its_own():
    assert Hosts("0.0.0.0").serves(EVIL)
    told = Hosts("0.0.0.0", ["Cars.example"])
    assert told.serves("cars.EXAMPLE:443") and told.serves("127.0.0.1") and not told.serves(EVIL)
    beside = Hosts("127.0.0.1", ["cars.example"])
    assert beside.serves("cars.example") and not beside.serves(EVIL)


def test_only_the_page_itself_may_post():
    hosts = Hosts("127.0.0.1", ["cars.example"])
    here = "127.0.0.1:7860"
    assert hosts.trusts(None, here)  # a program
    assert hosts.trusts("http://127.0.0.1:7860", here)
    assert hosts.trusts("https://cars.example", here)
    for origin in (
        *("http://127.0.0.1:8888", "http://localhost:7860", f"http://{EVIL}", "null", "", "file://"),
        *("ftp://127.0.0.1:7860", "http://[", "http://127.0.0.1:7860.evil.example", "cars.example"),
    ):
        assert not hosts.trusts(origin, here), origin


def test_a_space_is_served_as_what_it_is_called(monkeypatch):
    monkeypatch.setenv("SPACE_HOST", "ann-cars.hf.space")
    space = Hosts("0.0.0.0")
    assert space.serves("10.1.2.3:7860")  # who looks whether it lives
    assert space.trusts("https://ann-cars.hf.space", "ann-cars.hf.space")
    assert space.trusts("https://ann-cars.hf.space", "10.1.2.3:7860")
    assert not space.trusts("https://huggingface.co", "ann-cars.hf.space")
    assert "https://huggingface.co" in space.frames and Hosts("127.0.0.1", []).frames != ()


def test_a_link_that_gradio_shares_is_a_name():
    hosts = Hosts()
    hosts.allow("https://abc.gradio.live")
    assert hosts.serves("abc.gradio.live") and hosts.trusts("https://abc.gradio.live", "abc.gradio.live")
