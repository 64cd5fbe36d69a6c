from types import SimpleNamespace

import pytest

from explain.methods.registry import METHODS
from page.tabs.trust import stability
from page.tabs.trust.stability import block
from tests.document import parsed
from tests.page.steps import status

NETWORKS = ("75", "100")


@pytest.fixture
def measured(monkeypatch):
    """Replaces the test; lists what it was asked for. SHAP fails for the smaller network."""
    requests = []

    def measure(network, frame, target, method, *, reference, references, engine):
        requests.append(
            SimpleNamespace(
                method=method,
                target=target,
                reference=reference,
                references=references,
                engine=engine,
                size=network.size,
            )
        )
        if (method, network.size) == ("shap", 75):
            raise RuntimeError("no luck")
        return 0.25

    monkeypatch.setattr("page.tabs.trust.stability.stability", measure)
    return requests


def test_method_by_method(asked, fake, background, measured):
    states = list(stability.changes(asked, fake, background, lambda: True))
    assert [len(state) for state in states] == [2, 4, 6]
    every = {(method, name): 0.25 for method in METHODS for name in NETWORKS}
    assert states[-1] == every | {("shap", "75"): None}
    assert [request.method for request in measured] == [method for method in METHODS for _ in NETWORKS]
    for request in measured:
        assert (request.target, request.reference) == (asked.target, asked.reference)
        assert request.engine == fake.lane(str(request.size))
        assert request.references.equal(fake.references)


@pytest.mark.parametrize("sizes", [(100,), (64, 100, 128)])
def test_maps_of_any_number_of_networks(asked, fake_of, background, measured, sizes):
    *_, state = stability.changes(asked, fake_of(*sizes), background, lambda: True)
    assert state == {(method, str(size)): 0.25 for method in METHODS for size in sizes}
    heads, *_ = parsed(block(state)).one("table").table()
    assert heads == ["", *(f"{size} px" for size in sizes)]


def test_it_stops_when_it_is_no_longer_wanted(asked, fake, background, measured):
    assert list(stability.changes(asked, fake, background, lambda: False)) == []


def cells(html):
    """The figures, row by row."""
    _, *rows = parsed(html).one("table", "changes").table()
    assert [row[0] for row in rows] == [method.title for method in METHODS.values()]
    return [figure for row in rows for figure in row[1:]]


def test_figures_and_finding():
    changes = {(method, name): 0.1 for method in METHODS for name in NETWORKS}
    html = block(changes | {("shap", "75"): 0.4, ("gradcam", "75"): 0.02})
    assert cells(html) == ["2 %", "10 %", "10 %", "10 %", "40 %", "10 %"]
    bars = [bar.attributes["style"] for bar in parsed(html).all("span") if "style" in bar.attributes]
    assert bars == [f"--to:{share}%" for share in (5, 25, 25, 25, 100, 25)]  # of the largest
    finding = parsed(html).one("p", "finding").text.replace("\N{NO-BREAK SPACE}", " ")
    assert finding.startswith("Grad-CAM’s map of the 75 px network is the steadiest")


def test_progress_and_stop():
    changes = {("gradcam", "75"): 0.1, ("gradcam", "100"): 0.2}
    assert status(block(changes)) == "Disturbing the photo: Integrated Gradients …"
    assert cells(block(changes)) == ["10 %", "20 %", "…", "…", "…", "…"]
    stopped = parsed(block(changes, stopped=True))
    assert stopped.one("p").text == "Stopped." and stopped.all("p", "finding") == []


def test_failures_and_empty_maps_are_no_figures():
    failed = {(method, name): None for method in METHODS for name in NETWORKS}
    assert parsed(block(failed)).one("p").text == "The maps could not be tested."
    html = block(failed | {("gradcam", "75"): float("inf"), ("shap", "75"): 0.3})
    assert cells(html) == ["∞", "failed", "failed", "failed", "30 %", "failed"]
    finding = parsed(html).one("p", "finding").text.replace("\N{NO-BREAK SPACE}", " ")
    assert finding.startswith("SHAP’s map of the 75 px network is the steadiest")
