from dataclasses import replace

import pytest

from explain.methods.registry import METHODS
from explain.what_if.edits import Edits, covered, edited
from explain.what_if.effect import changes
from page.progress import FAILED
from page.tabs.what_if import before_after
from page.tabs.what_if.before_after import rows
from page.tabs.what_if.before_after_row import before_after as compared
from tests.document import parsed
from tests.page.steps import status

pytestmark = pytest.mark.usefixtures("rows_in_words")
WHEELS = Edits(("wheels_row",), fill="grey")


@pytest.fixture
def draw(asked, controls):
    """Draws what hiding the wheels' row does to the maps of an explainer, step by step."""

    def steps(explainer, wanted=lambda: True, asked=asked):
        after = edited(asked.photo, WHEELS)
        decision = changes(explainer, asked.photo, after).all[asked.ensemble]
        of = compared(explainer, asked, after, covered(asked.photo, WHEELS), decision)
        return rows(explainer, asked, of, controls, wanted)

    return steps


def test_rows_fill_one_after_another(draw, fake, asked):
    first, *later = draw(fake)
    assert [first[method] for method in METHODS] == ["0 0 Waiting"] * 3
    drawn = [step for step in later if "heading" not in step]
    assert [method for step in drawn for method, row in step.items() if row == "3 3"] == [*METHODS]
    assert status(first["heading"]) == "Computing Grad-CAM …" and status(later[-1]["heading"]) == ""
    assert parsed(first["heading"]).one("h2").text == "What the maps do"
    photos = {settings[0].digest for settings in fake.asked}
    assert photos == {asked.digest, edited(asked.photo, WHEELS).digest}
    assert {settings[2:5] for settings in fake.asked} == {(asked.target, asked.reference, asked.tolerance)}


def test_known_maps_of_the_photo_are_there_at_once(draw, fake):
    list(draw(fake))
    first = next(draw(fake))
    assert [first[method] for method in METHODS] == ["3 0 Waiting"] * 3


def test_refinement_is_drawn_and_keeps_its_pace(draw, fake, monkeypatch):
    monkeypatch.setattr(before_after, "PACE", 0)
    notes = [step["integrated_gradients"] for step in draw(fake) if "integrated_gradients" in step]
    assert notes[1] == "3 0 Refining: 8 steps, gap 50 %"
    assert any(note.startswith("3 3 Refining: 8 steps") for note in notes) and notes[-1] == "3 3"
    monkeypatch.setattr(before_after, "PACE", 1e9)
    notes = [step["integrated_gradients"] for step in draw(fake) if "integrated_gradients" in step]
    assert notes == ["3 0 Waiting", "3 3"]


def test_stops_once_it_is_not_wanted(draw, fake):
    # Grad-CAM's map of each photo, and each once more when it is finished; then it is no longer.
    holds = iter([True, True, True, True, False])
    steps = list(draw(fake, lambda: next(holds)))
    assert [settings[1] for settings in fake.asked] == ["gradcam", "gradcam", "integrated_gradients"]
    assert steps[-2] == {"gradcam": "3 3"} and steps[-1].keys() == {"heading"}


def test_method_that_fails_says_so_and_the_others_go_on(draw, fake, monkeypatch, caplog):
    refine = fake.refine

    def broken(photo, method, *settings, **named):
        if method == "gradcam":
            raise RuntimeError("/secret/path")
        return refine(photo, method, *settings, **named)

    monkeypatch.setattr(fake, "refine", broken)
    steps = list(draw(fake))
    assert {"gradcam": f"0 0 {FAILED}"} in steps
    assert {"shap": "3 3"} in steps
    assert "/secret/path" in caplog.text and "secret" not in str(steps)


@pytest.mark.parametrize(("sizes", "ensemble", "columns"), [((75,), "75", 1), ((64, 75, 128), "average", 4)])
def test_rows_of_any_number_of_networks(draw, fake_of, asked, sizes, ensemble, columns):
    *_, last, _ = draw(fake_of(*sizes), asked=replace(asked, ensemble=ensemble))
    assert last == {"shap": f"{columns} {columns}"}
