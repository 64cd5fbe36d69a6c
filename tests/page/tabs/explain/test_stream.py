from dataclasses import replace

import pytest

from explain.methods.lanes import NoMapError
from explain.methods.registry import METHODS
from explain.request import request
from explain.target import Target
from page.controls import Controls
from page.progress import FAILED
from page.tabs.explain import stream
from page.tabs.explain.stream import heading, panels
from tests.document import parsed
from tests.page.steps import state, status, together

pytestmark = pytest.mark.usefixtures("quick_pictures")
FAST = Controls(toward="suv", tolerance=0.5)


@pytest.fixture
def draw(fake, photo):
    """Draws what controls ask about a photo, step by step."""
    return lambda controls=FAST, *further: panels(fake, request(fake, photo, controls), controls, *further)


def states(steps):
    """How the methods' rows stand after each step."""
    rows, course = {}, []
    for step in steps:
        rows |= {name: state(step[name]) for name in METHODS if name in step}
        course.append(tuple(rows.values()))
    return course


def notes(steps, method="integrated_gradients"):
    """What stands beside a method's name, each time that its row is drawn."""
    rows = [parsed(step[method]) for step in steps if method in step]
    return ["".join(note.text for note in row.all("span", "note")) for row in rows]


def test_prediction_comes_first_then_the_methods_in_order(draw):
    first, *later = steps = list(draw())
    assert parsed(first["verdict"]).all("h2") and first.keys() == {"verdict", "heading", *METHODS}
    assert list(dict.fromkeys(states(steps))) == [
        ("busy", "busy", "busy"),
        ("finished", "busy", "busy"),
        ("finished", "finished", "busy"),
        ("finished", "finished", "finished"),
    ]
    assert not any("verdict" in step for step in later)


def test_progress_names_the_method_that_is_computed(draw):
    progress = [status(step["heading"]) for step in draw() if "heading" in step]
    assert progress == [
        "Computing Grad-CAM …",
        "Computing Integrated Gradients …",
        "Computing SHAP …",
        "",
    ]


def test_map_is_shown_while_it_is_refined(draw, monkeypatch):
    monkeypatch.setattr(stream, "PACE", 0)
    steps = list(draw())
    waiting, first, second, finished = notes(steps)
    assert (waiting, first, finished) == ("Waiting", "Refining: 8 steps, gap 50 %", "")
    assert second.startswith("Refining: 16 steps, gap ")
    row = parsed(together(steps)["integrated_gradients"])
    assert {term.text for term in row.all("dt") if "Gap" in term.text} == {"Gap · 16 steps"}


def test_pictures_of_a_map_that_is_refined_keep_their_pace(draw, monkeypatch):
    monkeypatch.setattr(stream, "PACE", 1e9)
    assert notes(list(draw())) == ["Waiting", ""]


@pytest.mark.parametrize("drawing", [{"strength": 0.3}, {"own_scale": True}])
def test_drawing_controls_ask_for_nothing_new(draw, fake, drawing):
    before, after = together(draw()), together(draw(replace(FAST, **drawing)))
    assert fake.asked[:3] == fake.asked[3:]
    assert after["verdict"] == before["verdict"]
    assert all(after[method] != before[method] for method in METHODS)


def test_class_explained_leaves_the_prediction_alone(draw, fake):
    suv, truck = together(draw()), together(draw(replace(FAST, toward="truck")))
    assert [target for _, _, target, *_ in fake.asked[3:]] == [Target("truck")] * 3
    assert truck["verdict"] == suv["verdict"]
    assert parsed(truck["heading"]).one("h2").text == "Why truck?"


def test_settings_reach_the_explainer(draw, fake, photo):
    list(draw(replace(FAST, against="coupe", reference="black", tolerance=0.01)))
    both = ("75", "100")
    assert fake.asked == [(photo, method, Target("suv", "coupe"), "black", 0.01, both) for method in METHODS]


def test_older_request_stops(draw):
    newest = iter([True, True, False])  # Grad-CAM's map, that it is finished, and the next method's first map
    assert states(draw(FAST, lambda: next(newest)))[-1] == ("finished", "busy", "busy")


def test_a_method_that_cannot_explain_a_network_says_why(draw, fake, monkeypatch, caplog):
    refine = fake.refine

    def without_a_grid(photo, method, *settings, **named):
        if method == "gradcam":
            raise NoMapError("Grad-CAM cannot explain the network of 75 px. It has no grid.")
        return refine(photo, method, *settings, **named)

    monkeypatch.setattr(fake, "refine", without_a_grid)
    steps = list(draw())
    assert states(steps)[-1] == ("failed", "finished", "finished")
    assert "Grad-CAM cannot explain the network of 75 px. It has no grid." in str(steps)
    assert not caplog.records  # nothing went wrong


def test_failure_of_one_method_stays_in_its_row(draw, fake, monkeypatch, caplog):
    refine = fake.refine

    def broken(photo, method, *settings, **named):
        if method == "integrated_gradients":
            raise RuntimeError("/secret/path")
        return refine(photo, method, *settings, **named)

    monkeypatch.setattr(fake, "refine", broken)
    steps = list(draw())
    assert states(steps)[-1] == ("finished", "failed", "finished")
    assert notes(steps) == ["Waiting", FAILED]
    assert "secret" not in str(steps) and "/secret/path" in caplog.text


def test_finished_maps_say_what_tests_found(draw, known):
    found = {"75": {"shap": known(0.1)}, "100": {}, "average": {}}
    untested, tested = (together(draw(FAST, lambda: True, tests))["shap"] for tests in (None, found))
    assert parsed(untested).all("dl", "tests") == []
    areas = [lines.all("dd")[0].text for lines in parsed(tested).all("dl", "tests")]
    assert areas == ["0.10", "…", "…"]


@pytest.mark.parametrize(
    ("sizes", "columns"),
    [((75,), ["75 px"]), ((64, 75, 128), ["64 px", "75 px", "128 px", "Ensemble: average"])],
)
def test_rows_of_any_number_of_networks(fake_of, photo, sizes, columns):
    fake = fake_of(*sizes)
    steps = panels(fake, request(fake, photo, FAST), FAST)
    for step in (next(steps), together(steps)):
        for method in METHODS:
            assert [heading.text for heading in parsed(step[method]).all("h4")] == columns


def test_heading_of_a_contrast():
    page = parsed(heading(Target("suv", "coupe")))
    assert page.one("h2").text == "Why SUV and not coupe?"
    assert page.all("p")[0].text == "Red speaks for SUV, blue for coupe."
    assert (page.one("b", "for").text, page.one("b", "against").text) == ("Red", "blue")
    assert parsed(heading(Target("suv"))).all("p")[0].text == "Red speaks for SUV, blue against it."
