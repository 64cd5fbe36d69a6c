import re
from types import SimpleNamespace

import pytest

from explain.door import METHODS
from page.tabs.trust import stability
from page.tabs.trust.stability import block


@pytest.fixture
def measured(monkeypatch):
    """Replaces the test; lists what it was asked for. SHAP fails for the smaller network."""
    asked = []

    def measure(network, frame, target, method, *, reference, references):
        asked.append(
            SimpleNamespace(network=network, method=method, reference=reference, references=references)
        )
        if (method, network) == ("shap", "network of 75 px"):
            raise RuntimeError("no luck")
        return 0.25

    monkeypatch.setattr("page.tabs.trust.stability.stability", measure)
    return asked


def test_method_by_method(subject, fake, background, measured):
    stages = list(stability.changes(subject, fake, background, lambda: True))
    assert [len(stage) for stage in stages] == [2, 4, 6]
    assert stages[-1] == {(method, name): 0.25 for method in METHODS for name in ("75", "100")} | {
        ("shap", "75"): None
    }
    assert {(each.method, each.references) for each in measured} == {
        ("gradcam", None),
        ("integrated_gradients", None),
        ("shap", fake.references),
    }


def test_it_stops_when_it_is_no_longer_wanted(subject, fake, background, measured):
    assert list(stability.changes(subject, fake, background, lambda: False)) == []


def cells(html):
    return [re.sub("<.*?>", "", cell) for cell in re.findall("<td.*?>(.*?)</td>", html)][1:]


def test_figures_and_finding():
    found = {(method, name): 0.1 for method in METHODS for name in ("75", "100")}
    html = block(found | {("shap", "75"): 0.4, ("gradcam", "75"): 0.02})
    assert cells(html) == ["2 %", "10 %", "10 %", "10 %", "40 %", "10 %"]
    assert re.findall("--to:(.*?)%", html) == ["5", "25", "25", "25", "100", "25"]  # of the largest
    assert "Grad-CAM’s map of the 75&nbsp;px network is the steadiest" in html


def test_progress_and_stop():
    found = {("gradcam", "75"): 0.1, ("gradcam", "100"): 0.2}
    html = block(found)
    assert 'role="status">Disturbing the photo: Integrated Gradients …</p>' in html
    assert cells(html) == ["10 %", "20 %", "…", "…", "…", "…"]
    assert "Stopped." in block(found, stopped=True) and "finding" not in html


def test_failures_and_empty_maps_are_no_figures():
    found = {(method, name): None for method in METHODS for name in ("75", "100")}
    assert "could not be tested" in block(found)
    html = block(found | {("gradcam", "75"): float("inf"), ("shap", "75"): 0.3})
    assert cells(html) == ["∞", "failed", "failed", "failed", "30 %", "failed"]
    assert "SHAP’s map of the 75&nbsp;px network is the steadiest" in html
