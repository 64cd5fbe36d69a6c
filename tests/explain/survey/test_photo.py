import math
from dataclasses import replace
from types import MappingProxyType

import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from carmodel.ensemble import Prediction
from carmodel.photo import read_photo
from explain.attribution import mean
from explain.evidence import faithfulness
from explain.evidence.agreement import agreement
from explain.evidence.evidence import evidence
from explain.evidence.sanity import Step
from explain.explainer import Explainer
from explain.methods.lanes import FAST
from explain.methods.registry import METHODS
from explain.smoothing import all_smoothed
from explain.survey import photo as module
from explain.survey.photo import CONTROLS, survey_maps, survey_sanity, survey_stability
from explain.target import Target

VERDICTS = {"75": "sedan", "100": "truck", "average": "truck"}
NETWORKS = list(VERDICTS)


class Divided(Explainer):
    """Networks that disagree, whatever they see."""

    def classify(self, photo):
        found = {
            name: Prediction((0.1,) * 4, verdict, confidence)
            for (name, verdict), confidence in zip(VERDICTS.items(), (0.6, 0.7, 0.8), strict=True)
        }
        return replace(super().classify(photo), predictions=MappingProxyType(found))


@pytest.fixture(scope="module")
def explainer(random_weights):
    return Divided.load(random_weights)


@pytest.fixture(scope="module")
def photo():
    return read_photo(Image.radial_gradient("L").convert("RGB"))


@pytest.fixture(scope="module")
def measured(explainer, photo):
    """The record, with curves of five points and two random maps: the real ones take seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faithfulness, "STEPS", 4)
        patch.setattr(faithfulness, "RANDOM_MAPS", 2)
        yield survey_maps(explainer, photo)


def last(explainer, photo, method, target):
    *_, maps = explainer.refine(photo, method, target)
    return maps


def test_each_network_is_asked_for_its_own_verdict(measured):
    assert [(row["network"], row["method"]) for row in measured.rows] == [
        (name, method) for name in NETWORKS for method in METHODS
    ]
    for row in measured.rows:
        assert row["explained"] == VERDICTS[row["network"]]
        assert row["confidence"] == {"75": 0.6, "100": 0.7, "average": 0.8}[row["network"]]


@pytest.mark.parametrize("network", NETWORKS)
def test_a_row_is_the_evidence_of_its_map(explainer, photo, measured, network):
    row = next(row for row in measured.rows if (row["network"], row["method"]) == (network, "shap"))
    both = last(explainer, photo, "shap", Target(VERDICTS[network]))
    networks = explainer.networks.get(network, list(explainer.networks.values()))
    attribution = both[network] if network in both else mean(list(both.values()))
    known = evidence(networks, photo.frame, attribution)
    assert row["gap"] == attribution.gap
    assert row["deletion"] == pytest.approx(known.faithfulness.deletion.area, abs=1e-6)
    assert row["insertion_logit"] == pytest.approx(known.faithfulness.insertion.logit_area, abs=1e-5)
    for name in ("random", "gaussian"):
        control = getattr(known.controls, name)
        assert row[f"{name}_deletion"] == pytest.approx(control.deletion.area, abs=1e-6)
        assert row[f"beats_{name}_deletion"] == (row["deletion"] < row[f"{name}_deletion"])
        assert row[f"beats_{name}_insertion"] == (row["insertion"] > row[f"{name}_insertion"])
    for measure in ("deletion", "insertion"):
        beats = [row[f"beats_{name}_{measure}"] for name in ("random", "gaussian")]
        assert row[f"beats_both_{measure}"] == all(beats)
    assert row["border_share"] == pytest.approx(known.border.attribution)
    assert row["border_ratio"] == pytest.approx(known.border.ratio)


def test_agreement_is_of_both_answers_to_the_same_question(explainer, photo, measured):
    for row in measured.rows:
        if row["network"] == "average":
            both = all_smoothed(last(explainer, photo, row["method"], Target("truck")), "regions")
            found = agreement(*both.values())
            assert (row["agreement_rank"], row["agreement_top"]) == (found.rank_correlation, found.overlap)
        else:
            assert row["agreement_rank"] is None and row["agreement_top"] is None


def test_arrays_are_curves_and_densities_in_the_order_of_the_rows(explainer, photo, measured):
    curves, maps = measured.arrays["curves"], torch.from_numpy(measured.arrays["maps"])
    assert curves.shape == (len(NETWORKS), len(METHODS) + len(CONTROLS), 2, 5)
    areas = torch.trapezoid(torch.from_numpy(curves), dx=1 / 4)
    for row in measured.rows:
        place = NETWORKS.index(row["network"]), list(METHODS).index(row["method"])
        assert areas[place].tolist() == pytest.approx([row["deletion"], row["insertion"]], abs=1e-3)
        assert areas[place[0], 4].tolist() == pytest.approx(
            [row["gaussian_deletion"], row["gaussian_insertion"]], abs=1e-3
        )
    map = last(explainer, photo, "gradcam", Target("sedan"))["75"].map
    wanted = F.avg_pool2d(map.abs()[None], 4)[0]
    assert maps.shape == (3, 3, 75, 75)
    assert torch.allclose(maps[0, 0].float(), wanted / wanted.mean(), rtol=1e-3, atol=1e-5)


def test_time_of_every_part(measured):
    maps = [f"map, {method}{network}" for method in METHODS for network in ("", ", 75", ", 100")]
    assert measured.seconds.keys() == {*maps, "agreement", "controls", "curves"}
    assert all(spent > 0 for spent in measured.seconds.values())
    for method in METHODS:
        whole, *parts = (measured.seconds[f"map, {method}{network}"] for network in ("", ", 75", ", 100"))
        assert whole >= sum(parts)


def test_stability_and_sanity_of_every_network_and_method(explainer, photo, monkeypatch):
    asked = []

    def stability(network, frame, target, method, references, engine):
        assert engine == FAST
        assert frame is photo.frame and torch.equal(references, explainer.references)
        asked.append((str(network.size), method, target.toward))
        return float(len(asked)) if len(asked) < 6 else math.inf

    def cascade(network, frame, target, method, references, engine):
        assert engine == FAST
        assert frame is photo.frame and torch.equal(references, explainer.references)
        yield Step("", None, 1.0, 1.0)
        yield Step("fc3", None, 0.5, 0.25)
        yield Step("fc2", None, None, 0.125)

    monkeypatch.setattr(module, "stability", stability)
    monkeypatch.setattr(module, "cascade", cascade)
    stable, sane = survey_stability(explainer, photo), survey_sanity(explainer, photo)
    names = [(name, method) for name in ("75", "100") for method in METHODS]
    assert asked == [(*each, VERDICTS[each[0]]) for each in names]
    for place, (name, method) in enumerate(names):
        who = {"network": name, "method": method}
        assert stable.rows[place] == who | {"stability": place + 1.0 if place < 5 else None}
        assert sane.rows[place] == who | {
            "sanity_fc3": 0.5,
            "sanity_absolute_fc3": 0.25,
            "sanity_fc2": None,
            "sanity_absolute_fc2": 0.125,
        }
