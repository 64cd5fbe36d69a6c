"""Any request: whatever JSON can say, and what is none, to every route that computes."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile.client import API, ELSEWHERE, JSON, assert_gives_nothing_away, call, photo, trigger, upload
from tests.hostile.corpus import encode, picture
from tests.hostile.reading import is_one_sentence

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
WORDS = (
    "suv",
    "coupe",
    "nothing",
    "predicted",
    "blur",
    "../../etc/passwd",
    "\0",
    ELSEWHERE,
    "tools/call",
    "2.0",
)
KEYS = (
    *("data", "fn_index", "session_hash", "event_id", "event_data", "trigger_id", "path", "url", "meta"),
    *("_type", "mark", "file", "jsonrpc", "id", "method", "params", "name", "arguments", "component_id"),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=15,
)
ROUTES = ("queue/join", "call/classify", "call/what_if", "mcp/", "component_server", "cancel", "reset")
GOOD = {
    "classify": ["average", "final"],
    "what_if": [["mirror"], None, "blur", "average", "predicted", "nothing", "final", []],
}  # endpoint -> settings that it takes, after the photo


@pytest.mark.parametrize("route", ROUTES)
def test_any_body(http, route):
    @QUICK
    @given(VALUES.map(lambda value: json.dumps(value).encode()) | st.binary())
    def ask(body):
        answer = http.post(f"{API}/{route}", content=body, headers=JSON)
        assert answer.status_code < 500
        assert_gives_nothing_away(answer.text)

    ask()


@pytest.mark.parametrize("endpoint", GOOD)
def test_any_settings(http, endpoint):
    car = photo(upload(http, "car.jpg", encode(picture(), "JPEG")).json()[0])
    places = st.integers(0, len(GOOD[endpoint]))

    @QUICK
    @given(st.dictionaries(places, VALUES, min_size=1))
    def ask(wrong):
        data = [car, *GOOD[endpoint]]
        for place, value in wrong.items():
            data[place] = value
        status, event, content = call(http, endpoint, data)
        if event == "error":
            assert is_one_sentence(content["error"])
        elif event == "refused":
            assert 400 <= status < 500
        assert_gives_nothing_away(json.dumps(content))

    ask()


def test_any_event_of_the_page(http):
    """Whatever a hand-made request says that a visitor has touched and chosen."""
    page = http.get("/config").json()
    values = {each["id"]: each["props"].get("value") for each in page["components"]}
    events = {each["id"]: each["inputs"] for each in page["dependencies"] if each["backend_fn"]}
    touched = st.none() | VALUES | st.fixed_dictionaries({}, optional={"file": VALUES, "mark": VALUES})

    @QUICK
    @given(st.sampled_from(sorted(events)), st.dictionaries(st.integers(0, 12), VALUES), touched, st.uuids())
    def ask(event, wrong, touched, session):
        data = [wrong.get(place, values[each]) for place, each in enumerate(events[event])]
        ended = trigger(http, event, data, touched, str(session))
        if ended["msg"] == "refused":
            assert 400 <= ended["status"] < 500
        else:
            assert ended["msg"] == "process_completed"
            assert ended["success"] or is_one_sentence(ended["output"]["error"])
        assert_gives_nothing_away(json.dumps(ended))

    ask()
