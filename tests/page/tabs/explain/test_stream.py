import re
from dataclasses import replace

import pytest

from explain.door import METHODS, Target
from page.tabs.explain import stream
from page.tabs.explain.stream import Controls, ControlsError, Panels, heading, panels

pytestmark = pytest.mark.usefixtures("quick_pictures")
FAST = Controls(toward="suv", tolerance=0.5)


def states(now: Panels) -> list[str]:
    return [re.search('class="card method (.*?)"', html)[1] for html in now.rows.values()]


def test_prediction_comes_first_then_the_methods_in_order(fake, photo):
    stages = list(panels(fake, photo, FAST))
    assert "<h2>" in stages[0].verdict
    assert states(stages[0]) == ["busy", "busy", "busy"]
    seen = list(dict.fromkeys(tuple(states(now)) for now in stages))
    assert seen == [
        ("busy", "busy", "busy"),
        ("finished", "busy", "busy"),
        ("finished", "finished", "busy"),
        ("finished", "finished", "finished"),
    ]
    assert [now.verdict for now in stages] == [stages[0].verdict] * len(stages)


def test_progress_names_the_method_that_is_computed(fake, photo):
    *stages, last = panels(fake, photo, FAST)
    progress = [re.search('role="status">(.*?)<', now.heading)[1] for now in stages]
    assert list(dict.fromkeys(progress)) == [
        "Computing Grad-CAM …",
        "Computing Integrated Gradients …",
        "Computing SHAP …",
    ]
    assert 'role="status"></p>' in last.heading


def test_map_is_shown_while_it_is_refined(fake, photo, monkeypatch):
    monkeypatch.setattr(stream, "PACE", 0)
    rows = [now.rows["integrated_gradients"] for now in panels(fake, photo, FAST)]
    assert "Refining: 8 steps, gap 50 %" in rows[2]
    assert "Refining: 16 steps, gap " in rows[3]
    assert all("Refining" not in html and "16 steps" in html for html in rows[4:])


def test_pictures_of_a_map_that_is_refined_keep_their_pace(fake, photo, monkeypatch):
    monkeypatch.setattr(stream, "PACE", 1e9)
    rows = [now.rows["integrated_gradients"] for now in panels(fake, photo, FAST)]
    assert not any("Refining" in html for html in rows)
    assert "16 steps" in rows[-1]


@pytest.mark.parametrize("drawing", [{"strength": 0.3}, {"own_scale": True}])
def test_drawing_controls_ask_for_nothing_new(fake, photo, drawing):
    *_, before = panels(fake, photo, FAST)
    *_, after = panels(fake, photo, replace(FAST, **drawing))
    assert fake.asked[:3] == fake.asked[3:]
    assert after.verdict == before.verdict
    assert all(after.rows[method] != before.rows[method] for method in METHODS)


def test_class_explained_leaves_the_prediction_alone(fake, photo):
    *_, suv = panels(fake, photo, FAST)
    *_, truck = panels(fake, photo, replace(FAST, toward="truck"))
    assert [target for _, _, target, *_ in fake.asked[3:]] == [Target("truck")] * 3
    assert truck.verdict == suv.verdict
    assert truck.heading != suv.heading


def test_settings_reach_the_explainer(fake, photo):
    for _ in panels(fake, photo, replace(FAST, against="coupe", reference="blur", tolerance=0.01)):
        pass
    both = ("75", "100")
    assert fake.asked == [(photo, method, Target("suv", "coupe"), "blur", 0.01, both) for method in METHODS]


def test_older_request_stops(fake, photo):
    newest = iter([True, False])
    stages = list(panels(fake, photo, FAST, lambda: next(newest)))
    assert states(stages[-1]) == ["finished", "busy", "busy"]


def test_failure_of_one_method_stays_in_its_row(fake, photo, monkeypatch):
    refine = fake.refine

    def broken(photo, method, *settings):
        if method == "integrated_gradients":
            raise RuntimeError("/secret/path")
        return refine(photo, method, *settings)

    monkeypatch.setattr(fake, "refine", broken)
    *_, last = panels(fake, photo, FAST)
    assert states(last) == ["finished", "failed", "finished"]
    assert stream.FAILED in last.rows["integrated_gradients"]
    assert "secret" not in "".join(last.all)


def test_finished_maps_say_what_tests_found(fake, photo, known):
    *_, untested = panels(fake, photo, FAST)
    found = {"75": {"shap": known(0.1)}, "100": {}, "average": {}}
    *_, tested = panels(fake, photo, FAST, found=found)
    assert "Deletion" not in untested.rows["shap"]
    assert re.findall("<dt>Deletion</dt><dd>(.*?)</dd>", tested.rows["shap"]) == ["0.10", "…", "…"]


def test_target_is_the_verdict_of_the_ensemble_by_default(fake, photo):
    classification = fake.classify(photo)
    assert Controls("average").target(classification) == Target("suv")
    assert Controls("priority").target(classification) == Target("coupe")


def test_target_of_a_contrast(fake, photo):
    target = Controls(toward="suv", against="coupe").target(fake.classify(photo))
    assert target == Target("suv", "coupe")
    assert "<h2>Why SUV and not coupe?</h2>" in heading(target)
    assert "speaks for SUV, <b class=against>blue</b> for coupe." in heading(target)


def test_class_and_not_itself_is_refused(fake, photo):
    with pytest.raises(ControlsError, match="“And not” is SUV, the class explained itself"):
        next(panels(fake, photo, Controls(toward="suv", against="suv")))
