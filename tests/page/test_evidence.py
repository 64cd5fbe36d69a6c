import re
from dataclasses import replace

import pytest

from explain.door import METHODS, Target
from page.tabs.explain.evidence import FAILED, NETWORKS, Evidences, line, lines


@pytest.fixture
def maps(attribution):
    return {
        method: {name: attribution(method=method, network=name) for name in ("75", "100")}
        for method in METHODS
    }


@pytest.fixture
def evidences(background):
    return Evidences(background)


def always():
    return True


def run(evidences, subject, fake, maps, average=True, wanted=always):
    return list(evidences.test(subject, fake, maps, average, wanted))


def test_line_says_whether_the_controls_are_beaten(known):
    assert '<p class="beats" ' in line(known(0.3, 0.55)) and "not at insertion.</p>" in line(known(0.3, 0.55))
    assert '<p class="beats lost" ' in line(known(0.45, 0.55))


def test_line_prints_the_areas_and_those_of_the_controls(known):
    html = line(known(0.254, 0.756))
    assert re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", html) == [("Deletion", "0.25"), ("Insertion", "0.76")]
    assert "random maps 0.40 and 0.50, centred Gaussian 0.50 and 0.60" in html


def test_failure_is_a_sentence():
    assert FAILED in line(None)


def test_ensemble_has_the_lines_of_what_it_shows(known):
    found = {"75": {"shap": known(0.1)}, "100": {"shap": known(0.2)}, "average": {"shap": known(0.3)}}
    areas = {
        mode: {column: re.search("<dd>(.*?)</dd>", html)[1] for column, html in each.items()}
        for mode, each in {
            "average": lines(found, "shap", "average", None),
            "priority": lines(found, "shap", "priority", 100),
        }.items()
    }
    assert areas["average"] == {"75": "0.10", "100": "0.20", "average": "0.30"}
    assert areas["priority"] == {"75": "0.10", "100": "0.20", "priority": "0.20"}


def test_what_is_not_known_yet_is_being_tested(known):
    found = {"75": {"shap": known()}, "100": {}}
    html = lines(found, "shap", "average", None)
    assert ["Being tested" in each for each in html.values()] == [False, True, True]


def test_networks_are_finished_one_after_the_other(evidences, subject, fake, maps, quick_evidence, known):
    stages = run(evidences, subject, fake, maps)
    finished = [[name for name in NETWORKS if stage[name].keys() == maps.keys()] for stage in stages]
    assert [len(names) for names in finished] == [0, 1, 2, 3]
    assert stages[-1] == {name: dict.fromkeys(METHODS, known()) for name in NETWORKS}


def test_each_map_is_tested_once_and_controls_once_for_each_network(
    evidences, subject, fake, maps, quick_evidence
):
    run(evidences, subject, fake, maps)
    networks = ["network of 75 px", "network of 100 px"]
    cells = [(networks[0], 75), (networks[1], 100), (networks[0], 100)]  # the last for the average
    logits = [f"{network}, {side} cells a side" for network, side in cells]
    expected = [*logits, *((name, method) for name in NETWORKS for method in METHODS)]
    assert sorted(map(str, quick_evidence)) == sorted(map(str, expected))
    [only] = run(evidences, subject, fake, maps)
    assert only == evidences.known(subject, NETWORKS, METHODS)
    assert len(quick_evidence) == len(expected)


def test_controls_go_through_the_networks_once_for_all_targets(
    evidences, subject, fake, maps, quick_evidence
):
    run(evidences, subject, fake, maps)
    del quick_evidence[:]
    run(evidences, replace(subject, target=Target("coupe")), fake, maps)
    assert sorted(quick_evidence) == sorted((name, method) for name in NETWORKS for method in METHODS)


def test_average_is_left_out_where_it_is_not_shown(evidences, subject, fake, maps, quick_evidence):
    *_, last = run(evidences, subject, fake, maps, average=False)
    assert list(last) == ["75", "100"]


@pytest.mark.parametrize(
    ("change", "methods"),
    [
        ({"reference": "black"}, ["integrated_gradients"]),
        ({"tolerance": 0.01}, ["integrated_gradients"]),
        ({"detail": "pixels"}, ["integrated_gradients", "shap"]),
        ({"target": Target("coupe")}, list(METHODS)),
        ({"digest": "another photo"}, list(METHODS)),
        ({"kind": "baseline"}, list(METHODS)),
    ],
)
def test_only_what_a_setting_changes_is_tested_again(
    evidences, subject, fake, maps, quick_evidence, change, methods
):
    run(evidences, subject, fake, maps)
    found = evidences.known(replace(subject, **change), NETWORKS, METHODS)
    for tests in found.values():
        assert [method for method in METHODS if method not in tests] == methods


def test_failure_of_one_map_stays_its_own(evidences, subject, fake, maps, quick_evidence, monkeypatch, known):
    def evidence(networks, frame, attribution, detail, against):
        if (attribution.network, attribution.method) == ("75", "shap"):
            raise RuntimeError("no luck")
        return known()

    monkeypatch.setattr("page.tabs.explain.evidence.evidence", evidence)
    *_, last = run(evidences, subject, fake, maps)
    assert [(name, method) for name in NETWORKS for method in METHODS if last[name][method] is None] == [
        ("75", "shap")
    ]
    assert "shap" not in evidences.known(subject, NETWORKS, METHODS)["75"]  # it may be tried again


def test_nothing_is_tested_for_a_request_that_was_replaced(evidences, subject, fake, maps, quick_evidence):
    assert len(run(evidences, subject, fake, maps, wanted=lambda: False)) == 1
    assert [each for each in quick_evidence if isinstance(each, tuple)] == []
