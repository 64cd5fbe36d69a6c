import shutil
from dataclasses import replace

import pytest
import torch
from torch import nn

from carmodel.card import Card, WeightsError
from carmodel.ensemble import PUBLISHED_OWNERS, average, predict, priority
from carmodel.network import CLASSES
from carmodel.ood import Detector, Spread
from carmodel.ood import save as save_detector
from carmodel.sampling import area_means
from carmodel.weights import save, save_references
from explain.explainer import Explainer
from explain.maps import explain
from explain.methods.registry import METHODS
from explain.target import Target

SUV = Target("suv")


def last(maps):
    *_, found = maps
    return found


def test_cue_of_a_detector_for_these_networks(explainer, finals, photo, tmp_path):
    assert explainer.classify(photo).cue is None  # the folder has no detector
    shutil.copytree(finals, tmp_path, dirs_exist_ok=True)
    # Block 4 has 64 channels, each with a mean and a deviation; the plain square of these 128 numbers.
    spread = Spread(torch.zeros(128), torch.eye(128))
    save_detector(Detector({"75": spread, "100": spread}, 1.5), explainer.cards, {}, tmp_path)
    squares = []
    for name, network in explainer.networks.items():
        upto = list(network.features.named_children())
        block = nn.Sequential(
            *[module for _, module in upto[: [key for key, _ in upto].index("relu_conv4") + 1]]
        )
        answer = block(area_means(photo.frame, int(name))[None])[0].flatten(1)
        squares.append((answer.mean(1).square() + answer.var(1, correction=0)).sum() / 128)
    cue = Explainer.load(tmp_path).classify(photo).cue
    assert cue.score == pytest.approx(sum(squares).item() / 2, rel=1e-3)
    assert cue.threshold == 1.5


def test_classify(explainer, photo):
    found = explainer.classify(photo)
    small, large = (
        explainer.networks[name](area_means(photo.frame, int(name))[None])[0] for name in ("75", "100")
    )
    torch.testing.assert_close(found.logits["75"], small)
    torch.testing.assert_close(found.logits["100"], large)
    logits = found.logits["75"], found.logits["100"]
    assert found.predictions == {
        "75": predict(logits[0]),
        "100": predict(logits[1]),
        "average": average(logits),
        "priority": priority({75: logits[0], 100: logits[1]}, PUBLISHED_OWNERS),
    }
    assert explainer.classify(photo) is found
    assert explainer.classify(replace(photo, width=10)) is found  # the same frame
    assert explainer.computations == 1


@pytest.mark.parametrize("method", METHODS)
def test_maps_are_those_of_explain(explainer, photo, method):
    found = last(explainer.refine(photo, method, SUV, "mean", 0.1))
    assert list(found) == ["75", "100"]
    for name, network in explainer.networks.items():
        alone = explain(
            network,
            photo.frame,
            SUV,
            method,
            reference="mean",
            references=explainer.references,
            tolerance=0.1,
        )
        if found[name].steps == alone.steps:  # more only where the mean of both needs it
            assert torch.equal(found[name].map, alone.map)
        assert found[name].network == name
        assert found[name].steps >= alone.steps


def test_network_alone_has_no_ensemble(finals, photo, explainer):
    alone = Explainer.load(finals, single="final-100")
    said, both = alone.classify(photo), explainer.classify(photo)
    assert said.predictions == {"100": both.predictions["100"]}
    assert list(alone.cards) == list(alone.networks) == list(said.logits) == ["100"]
    [found] = alone.refine(photo, "gradcam", SUV, networks=["100"])
    [known] = explainer.refine(photo, "gradcam", SUV, networks=["100"])
    assert torch.equal(found["100"].map, known["100"].map)


def test_network_of_another_size_than_its_name_says_is_refused(networks, references, tmp_path):
    for name in ("mine-75", "mine-100"):
        save(networks[75, False], Card(name, 75, False, CLASSES, 1.0, "", {}, {}, {}), tmp_path)
    save_references(references[:2], tmp_path)
    with pytest.raises(WeightsError, match=r"mine-100\.json describes a network of 75 px"):
        Explainer.load(tmp_path, "mine")
    assert list(Explainer.load(tmp_path, single="mine-100").networks) == ["75"]


def test_errors_come_at_once(explainer, photo, tmp_path):
    with pytest.raises(ValueError, match="no network '50'; there are 75, 100"):
        explainer.refine(photo, "gradcam", SUV, networks=["50"])
    with pytest.raises(ValueError, match="no method 'lime'"):
        explainer.refine(photo, "lime", SUV)
    with pytest.raises(WeightsError, match="final-75"):
        Explainer.load(tmp_path)
    assert explainer.computations == 0
