import pytest

from page.server import visitors as module
from page.server.visitors import ON_BEHALF, Visitor, Visitors, network, new_cookie

ANN, BOB = Visitor("a", "192.0.2.1"), Visitor("b", "192.0.2.1")


def scope(address="192.0.2.1", **headers):
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http", "client": (address, 5), "headers": raw}


def test_a_visit_is_its_first_users():
    visitors = Visitors()
    assert not visitors.owns(ANN, "session")  # nobody's
    assert visitors.owns(ANN, "session", begins=True)
    assert visitors.owns(ANN, "session")
    assert not visitors.owns(BOB, "session", begins=True)
    assert not visitors.owns(BOB, "session")
    assert visitors.owns(Visitor("a", "198.51.100.9"), "session")  # a phone on another network


def test_without_cookies_the_address_counts():
    visitors = Visitors()
    program = Visitor("", "192.0.2.1")
    assert visitors.owns(program, "session", begins=True)
    assert not visitors.owns(Visitor("", "192.0.2.2"), "session")
    assert not visitors.owns(Visitor("a", "192.0.2.2"), "session")


def test_events_that_are_long_over_are_forgotten(monkeypatch):
    monkeypatch.setattr(module, "EVENTS", 2)
    ended = []
    visitors = Visitors(ended.append)
    for event in "abc":
        visitors.asked(ANN, event)
    assert [visitors.owns(ANN, event) for event in "abc"] == [False, True, True]
    assert ended == ["a"]
    assert not visitors.owns(BOB, "c", begins=True)


def test_who_has_most_makes_room_for_the_others(monkeypatch):
    monkeypatch.setattr(module, "VISITS_OF_ALL", 4)
    monkeypatch.setattr(module, "EVENTS_OF_ALL", 4)
    ended = []
    visitors = Visitors(ended.append)
    for number in range(3):
        visitors.asked(ANN, f"asked{number}")
        assert visitors.owns(ANN, f"ann{number}", begins=True)
    for number in range(2, 5):
        other = Visitor("", f"192.0.2.{number}")
        visitors.asked(other, f"other asked{number}")
        assert visitors.owns(other, f"other{number}", begins=True)
    assert ended == ["asked0", "ann0", "asked1", "ann1"]


def test_no_event_becomes_a_session():
    """Its visit would count for nobody."""
    visitors = Visitors()
    visitors.asked(ANN, "event")
    assert visitors.owns(ANN, "event") and not visitors.owns(ANN, "event", begins=True)


def test_the_session_of_all_mcp_callers_counts_for_nobody(monkeypatch):
    monkeypatch.setattr(module, "VISITS", 2)
    ended = []
    visitors = Visitors(ended.append)
    ours = visitors.of(scope("127.0.0.1", x_on_behalf_of=visitors.on_behalf_of(ANN)[ON_BEHALF]))
    assert visitors.owns(ours, "shared", begins=True)
    for session in "abc":
        assert visitors.owns(ANN, session, begins=True)
        assert visitors.owns(Visitor("", "127.0.0.1"), session * 2, begins=True)
    assert "shared" not in ended and visitors.owns(ours, "shared")


def test_one_address_pushes_out_its_own_visits_and_nobody_elses(monkeypatch):
    monkeypatch.setattr(module, "VISITS", 3)
    ended = []
    visitors = Visitors(ended.append)
    other = Visitor("", "198.51.100.9")
    assert visitors.owns(other, "others", begins=True)
    for session in "abc":
        assert visitors.owns(ANN, session, begins=True)
    assert visitors.owns(ANN, "a", begins=True)  # used again
    assert visitors.owns(BOB, "d", begins=True)  # of the same address
    assert ended == ["b"]
    assert [visitors.owns(ANN, session) for session in "ac"] == [True, True]
    assert not visitors.owns(ANN, "b") and visitors.owns(other, "others")


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("testclient", "testclient"),
    ],
)
def test_a_network_of_ipv6_is_one_address(address, counted):
    assert network(address) == counted


def test_who_sent_a_request():
    visitors = Visitors()
    assert visitors.of(scope()) == Visitor("", "192.0.2.1")
    assert visitors.of(scope(cookie="x=1; visitor=abc")) == Visitor("abc", "192.0.2.1")
    assert visitors.of(scope(cookie="visitor=" + "\xe9;;=\x00")).address == "192.0.2.1"
    assert visitors.of({"type": "http", "client": None, "headers": []}) == Visitor("", "")


def test_only_this_process_speaks_for_others():
    visitors = Visitors()
    ours = visitors.on_behalf_of(Visitor("c", "203.0.113.5"))[ON_BEHALF]
    assert visitors.of(scope("127.0.0.1", x_on_behalf_of=ours)).address == "203.0.113.5"
    for forged in (
        "203.0.113.5",
        " 203.0.113.5",
        f"{ours[:-20]}x 203.0.113.5",
        visitors.secret,
        "\xe9 1.1.1.1",
    ):
        assert visitors.of(scope("127.0.0.1", x_on_behalf_of=forged)).address == "127.0.0.1"
    assert Visitors().of(scope("127.0.0.1", x_on_behalf_of=ours)).address == "127.0.0.1"


def test_cookies_are_random_and_kept_from_scripts():
    assert new_cookie(secure=False) != new_cookie(secure=False)
    assert "HttpOnly" in new_cookie(secure=False) and "Secure" not in new_cookie(secure=False)
    assert new_cookie(secure=True).endswith("; Secure")
