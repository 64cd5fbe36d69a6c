"""A network of another architecture beside two CarNets: a folder of weights as the product may ship one."""

import json

import pytest
import torch
from torch import nn

from carmodel.architectures import MEAN, STD, random_network
from carmodel.card import CARNET, Card, InputFacts
from carmodel.ensemble import PUBLISHED_OWNERS
from carmodel.network import CLASSES, last_layer
from carmodel.ood import Detector, Spread
from carmodel.ood import save as save_detector
from carmodel.photo import Photo
from carmodel.weights import load, save, save_references
from explain.command import main
from explain.explainer import Explainer
from explain.request import Settings, finished_maps, request
from explain.source import Source, load_kinds
from explain.survey.photo import survey_maps

MNASNET = "torchvision/mnasnet0_5"
NAMES = ["75", "100", "128"]


@pytest.fixture(scope="module")
def weights(references, tmp_path_factory):
    """Networks of 75, 100 and 128 px, untrained; Average is of the first and the third."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    for size, architecture in zip((75, 100, 128), (CARNET, CARNET, MNASNET), strict=True):
        facts = None if architecture == CARNET else InputFacts(size, MEAN, STD)
        card = Card(f"final-{size}", size, True, CLASSES, 1.0, "", {}, {}, {}, "", architecture, facts)
        network = random_network(card)
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight)
        nn.init.normal_(last_layer(network).weight, 0, 0.001)  # Integrated Gradients is quick then
        save(network, card, folder)
    save_references(references, folder)
    (folder / "ensemble.json").write_text(json.dumps({"owners": PUBLISHED_OWNERS, "average": [75, 128]}))
    spread = Spread(torch.zeros(128), torch.eye(128))
    cards = {name: load(f"final-{name}", folder)[1] for name in NAMES[:2]}
    save_detector(Detector(dict.fromkeys(cards, spread), 2.5), cards, {}, folder)
    return folder


@pytest.fixture(scope="module")
def explainer(weights):
    return Explainer.load(weights)


@pytest.fixture(scope="module")
def photo(frame):
    return Photo(frame, 720, 480)


def test_three_networks_are_one_kind(weights, explainer):
    assert list(load_kinds(Source(weights))) == ["final"]
    assert list(explainer.networks) == NAMES
    assert explainer.ensembles == ("average", "priority") and explainer.members == ("75", "128")


def test_what_they_say(explainer, photo):
    said = explainer.classify(photo)
    assert list(said.predictions) == [*NAMES, "average", "priority"]
    mean = (said.logits["75"] + said.logits["128"]) / 2
    assert said.predictions["average"].probabilities == pytest.approx(mean.softmax(0).tolist(), abs=1e-5)
    assert said.predictions["priority"].decided_by in (75, 100)
    assert said.cue is not None  # of the two that it was fitted to


@pytest.mark.parametrize("ensemble", ["average", "priority"])
def test_maps_of_every_method(explainer, photo, ensemble):
    asked = request(explainer, photo, Settings(ensemble=ensemble, toward="suv", tolerance=0.1))
    rows = finished_maps(explainer, asked)
    assert list(rows) == ["gradcam", "integrated_gradients", "shap"]
    for row in rows.values():
        assert list(row.columns) == [*NAMES, ensemble]
        maps = row.columns
        expected = (maps["75"].map + maps["128"].map) / 2
        if ensemble == "priority":
            expected = maps[asked.decided_by].map
        torch.testing.assert_close(maps[ensemble].map, expected)
        assert all(map.gap is None or map.gap <= 0.1 for map in maps.values())
    assert rows["shap"].maps["128"].made_by == "shap’s DeepExplainer"  # whose sum holds for it


def test_command_line(weights, explainer, photo, tmp_path):
    from explain.report.render import upright

    upright(photo).save(tmp_path / "car.png")
    options = ["--weights", weights, "--methods", "gradcam", "--mode", "priority", "--out", tmp_path / "out"]
    assert main([str(tmp_path / "car.png"), *map(str, options)]) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [row["name"] for row in report["networks"].values()] == [f"final-{name}" for name in NAMES]
    assert report["maps"].keys() == {f"gradcam_{name}" for name in (*NAMES, "priority")}


def test_survey_has_a_row_of_it(explainer, photo):
    record = survey_maps(explainer, photo)
    rows = {(row["network"], row["method"]): row for row in record.rows}
    assert [network for network, method in rows if method == "shap"] == [*NAMES, "average"]
    assert rows["128", "shap"]["gap"] < 0.02
    assert record.arrays["maps"].shape[:2] == (4, 3)
