from dataclasses import replace

import pytest

from explain.methods.registry import METHODS
from explain.request import MethodMaps, columns_of
from explain.target import Target
from page import evidence
from page.evidence import FAILED, Evidences, evidence_line, evidence_lines
from tests.document import parsed

NETWORKS = ("75", "100", "average")


@pytest.fixture
def rows(attribution):
    """The finished maps of every method."""

    def made(method):
        maps = {name: attribution(method=method, network=name) for name in ("75", "100")}
        return MethodMaps(METHODS[method], maps, columns_of(maps, "average", None))

    return {method: made(method) for method in METHODS}


@pytest.fixture
def evidences(background):
    return Evidences(background)


def run(evidences, asked, fake, rows, wanted=lambda: True):
    return list(evidences.test(fake, asked, rows, wanted))


def areas(html):
    """Term -> area."""
    page = parsed(html)
    return dict(zip(*([part.text for part in page.all(tag)] for tag in ("dt", "dd")), strict=True))


def sentence(html):
    return parsed(html).one("p")


@pytest.mark.parametrize(
    ("deletion", "insertion", "words", "lost"),
    [
        (0.3, 0.75, "Beats both controls.", False),
        (0.3, 0.55, "Beats both controls at deletion, not at insertion.", False),
        (0.45, 0.55, "Does not beat both controls.", True),
    ],
)
def test_line_says_whether_the_controls_are_beaten(known, deletion, insertion, words, lost):
    line = sentence(evidence_line(known(deletion, insertion)))
    assert line.text == words and line.attributes["class"] == ("beats lost" if lost else "beats")


def test_line_prints_the_areas_and_those_of_the_controls(known):
    html = evidence_line(known(0.254, 0.756))
    assert areas(html) == {"Deletion": "0.25", "Insertion": "0.76"}
    controls = "random maps 0.40 and 0.50, centred Gaussian 0.50 and 0.60"
    assert controls in sentence(html).attributes["title"]


def test_failure_is_a_sentence():
    assert sentence(evidence_line(None)).text == FAILED


@pytest.mark.parametrize(
    ("ensemble", "decided_by", "deletion"), [("average", None, "0.30"), ("priority", "100", "0.20")]
)
def test_ensemble_has_the_lines_of_what_it_shows(known, asked, ensemble, decided_by, deletion):
    tests = {"75": {"shap": known(0.1)}, "100": {"shap": known(0.2)}, "average": {"shap": known(0.3)}}
    asked = replace(asked, ensemble=ensemble, decided_by=decided_by)
    lines = evidence_lines(tests, "shap", asked)
    deletions = {column: areas(html)["Deletion"] for column, html in lines.items()}
    assert deletions == {"75": "0.10", "100": "0.20", ensemble: deletion}


def test_network_alone_has_no_ensemble(known, asked):
    lines = evidence_lines({"75": {"shap": known(0.1)}}, "shap", replace(asked, ensemble="75"))
    assert {column: areas(html)["Deletion"] for column, html in lines.items()} == {"75": "0.10"}


def test_what_is_not_known_yet_is_being_tested(known, asked):
    lines = evidence_lines({"75": {"shap": known()}, "100": {}}, "shap", asked)
    assert [sentence(html).text for html in lines.values()] == [
        "Beats both controls.",
        *["Being tested …"] * 2,
    ]


@pytest.mark.parametrize(
    ("sizes", "decided_by", "tested"),
    [
        ((75, 100), None, ["75", "100", "average"]),
        ((75, 100), "100", ["75", "100"]),  # whose map is that of a network
        ((75,), None, ["75"]),
        ((64, 75, 128), None, ["64", "75", "128", "average"]),
    ],
)
def test_average_is_tested_where_it_is_shown(fake_of, asked, sizes, decided_by, tested):
    assert evidence.tested_networks(fake_of(*sizes), replace(asked, decided_by=decided_by)) == tested


def test_networks_are_finished_one_after_the_other(evidences, asked, fake, rows, quick_evidence, known):
    steps = run(evidences, asked, fake, rows)
    finished = [[name for name in NETWORKS if step[name].keys() == rows.keys()] for step in steps]
    assert [len(names) for names in finished] == [0, 1, 2, 3]
    assert steps[-1] == {name: dict.fromkeys(METHODS, known()) for name in NETWORKS}


def test_each_map_is_tested_once_and_controls_once_for_each_network(
    evidences, asked, fake, rows, quick_evidence
):
    run(evidences, asked, fake, rows)
    cells = [(75, 75), (100, 100), (75, 100)]  # of a network, cells a side; the last for the average
    logits = [f"network of {size} px, {side} cells a side" for size, side in cells]
    expected = [*logits, *((name, method) for name in NETWORKS for method in METHODS)]
    assert sorted(map(str, quick_evidence)) == sorted(map(str, expected))
    [only] = run(evidences, asked, fake, rows)
    assert only == evidences.known(asked, NETWORKS, list(METHODS))
    assert len(quick_evidence) == len(expected)


def test_controls_go_through_the_networks_once_for_all_targets(evidences, asked, fake, rows, quick_evidence):
    run(evidences, asked, fake, rows)
    del quick_evidence[:]
    run(evidences, replace(asked, target=Target("coupe")), fake, rows)
    assert sorted(quick_evidence) == sorted((name, method) for name in NETWORKS for method in METHODS)


@pytest.mark.parametrize(
    ("change", "methods"),
    [
        ({"reference": "black"}, ["integrated_gradients"]),
        ({"tolerance": 0.01}, ["integrated_gradients"]),
        ({"smoothing": "pixels"}, ["integrated_gradients", "shap"]),
        ({"target": Target("coupe")}, list(METHODS)),
        ({"digest": "another photo"}, list(METHODS)),
        ({"kind": "baseline"}, list(METHODS)),
        ({"ensemble": "priority", "decided_by": "100"}, []),
    ],
)
def test_only_what_a_setting_changes_is_tested_again(
    evidences, asked, fake, rows, quick_evidence, change, methods
):
    run(evidences, asked, fake, rows)
    kept = evidences.known(replace(asked, **change), NETWORKS, list(METHODS))
    for tests in kept.values():
        assert [method for method in METHODS if method not in tests] == methods


def test_failure_of_one_map_stays_its_own(evidences, asked, fake, rows, quick_evidence, monkeypatch, known):
    def broken(networks, frame, attribution, smoothing, against):
        if (attribution.network, attribution.method.name) == ("75", "shap"):
            raise RuntimeError("no luck")
        return known()

    monkeypatch.setattr("page.evidence.evidence", broken)
    *_, last = run(evidences, asked, fake, rows)
    failed = [(name, method) for name in NETWORKS for method in METHODS if last[name][method] is None]
    assert failed == [("75", "shap")]
    assert "shap" not in evidences.known(asked, NETWORKS, list(METHODS))["75"]  # it may be tried again


def test_nothing_is_tested_for_a_request_that_was_replaced(evidences, asked, fake, rows, quick_evidence):
    assert len(run(evidences, asked, fake, rows, wanted=lambda: False)) == 1
    assert [test for test in quick_evidence if isinstance(test, tuple)] == []
