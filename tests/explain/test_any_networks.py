"""Explainers of one network, and of three of other sizes than the two that come along."""

import io
import json
from copy import deepcopy

import numpy as np
import pytest
import torch
from PIL import Image

from carmodel.card import Card
from carmodel.ensemble import PUBLISHED_OWNERS, Rules
from carmodel.network import CLASSES
from carmodel.photo import Photo
from explain.explainer import Explainer
from explain.report.files import contents
from explain.report.report import report_of
from explain.report.text import reason, sentence
from explain.request import Settings, finished_maps, request
from tests.area import means
from tests.document import parsed

SIZES = (64, 75, 128)
METHODS = ("gradcam", "integrated_gradients", "shap")


def explainer_of(networks, references, *sizes, **settings):
    cards = {
        str(size): Card(f"mine-{size}", size, True, CLASSES, 1.0, f"sha of {size}", {}, {}, {})
        for size in sizes
    }
    several = {name: networks[card.size, True] for name, card in cards.items()}
    return Explainer(several, references[:1], cards=cards, **settings)


@pytest.fixture(scope="module")
def three(networks, references):
    return explainer_of(networks, references, *SIZES, rules=Rules(PUBLISHED_OWNERS))


@pytest.fixture(scope="module")
def one(networks, references):
    return explainer_of(networks, references, 64, rules=Rules(PUBLISHED_OWNERS))


@pytest.fixture(scope="module")
def photo(frame):
    return Photo(frame, 720, 480)


def made(explainer, photo, **settings):
    """The report of a photo and its files."""
    asked = request(explainer, photo, Settings(toward="suv", tolerance=0.1, **settings))
    report = report_of(explainer, "car.jpg", asked, finished_maps(explainer, asked))
    return report, dict(contents(report))


@pytest.fixture(scope="module")
def of_three(three, photo):
    return made(three, photo)


@pytest.fixture(scope="module")
def of_one(one, photo):
    return made(one, photo, ensemble="priority")


def test_networks_answer_to_what_they_see_and_their_average_to_the_mean(three, photo):
    said = three.classify(photo)
    assert list(said.logits) == ["64", "75", "128"]
    for name, network in three.networks.items():
        with torch.no_grad():
            expected = deepcopy(network).double()(means(photo.frame, network.size)[None])[0]
        torch.testing.assert_close(said.logits[name].double(), expected, atol=1e-3, rtol=1e-4)
    assert list(said.predictions) == ["64", "75", "128", "average"]
    mean = sum(said.logits.values()).double() / 3
    assert said.predictions["average"].probabilities == pytest.approx(mean.softmax(0).tolist(), abs=1e-5)


@pytest.mark.parametrize(
    ("sizes", "owners", "ensembles"),
    [
        ((64,), PUBLISHED_OWNERS, ()),
        ((100,), PUBLISHED_OWNERS, ()),
        ((75, 100), PUBLISHED_OWNERS, ("average", "priority")),
        ((75, 100), dict.fromkeys(CLASSES, 100), ("average", "priority")),
        ((75, 100), {}, ("average",)),
        ((64, 100), PUBLISHED_OWNERS, ("average",)),
        ((64, 75, 100), PUBLISHED_OWNERS, ("average", "priority")),
        ((64, 75, 100), dict.fromkeys(CLASSES, 100), ("average",)),
    ],
)
def test_priority_is_of_the_two_sizes_of_its_rule(networks, references, photo, sizes, owners, ensembles):
    explainer = explainer_of(networks, references, *sizes, rules=Rules(owners))
    assert explainer.ensembles == ensembles
    predictions = explainer.classify(photo).predictions
    assert list(predictions) == [*map(str, sizes), *ensembles]
    decision = request(explainer, photo, Settings(ensemble="priority")).ensemble
    assert decision == (ensembles[-1] if ensembles else str(sizes[-1]))


def test_networks_may_have_any_names(networks, references, photo):
    pair = {"small": networks[75, True], "large": networks[100, True]}
    explainer = Explainer(pair, references[:1], rules=Rules(PUBLISHED_OWNERS))
    report, files = made(explainer, photo, ensemble="priority")
    assert list(report.rows["shap"]) == ["small", "large", "priority", "small-large"]
    decided_by = "small" if report.classification.predictions["priority"].decided_by == 75 else "large"
    assert report.rows["shap"]["priority"] is report.rows["shap"][decided_by]
    page = parsed(files["report.html"].decode())
    titles = [title.text for title in page.all("h3")][-4:]
    size = {"small": 75, "large": 100}[decided_by]
    difference = "small − large (red: more in small)"
    assert titles == ["small", "large", f"Ensemble: {size} px decides", difference]


def test_two_networks_of_one_size_have_no_priority(networks):
    twice = {"a": networks[75, True], "b": networks[75, False]}
    assert Explainer(twice, rules=Rules(dict.fromkeys(CLASSES, 75))).ensembles == ("average",)


def test_maps_of_every_size_add_up_on_the_frame(of_three, three):
    report, _ = of_three
    assert list(report.rows) == list(METHODS)
    for method, columns in report.rows.items():
        assert list(columns) == ["64", "75", "128", "average"]
        assert columns["average"].network == "average"
        expected = sum(columns[name].map for name in three.networks) / 3
        torch.testing.assert_close(columns["average"].map, expected)
        if method == "gradcam":
            continue
        for name in three.networks:
            cells = columns[name].cells
            assert cells.shape == (int(name), int(name))
            lost = columns[name].total - cells.sum(dtype=torch.float64).item()
            assert abs(lost) < 1e-6 * cells.abs().sum().item()
        assert all(attribution.gap <= 0.1 for attribution in columns.values())
        scores = [three.classify(report.photo).logits[name][2].item() for name in three.networks]
        assert columns["average"].score == pytest.approx(sum(scores) / 3, abs=1e-3)


def test_files_of_three_networks(of_three, three):
    report, files = of_three
    names = {f"{method}_{column}" for method in METHODS for column in ("64", "75", "128", "average")}
    others = {"photo.png", "maps.npz", "report.json", "report.html", "contact_sheet.png"}
    assert files.keys() == others | {f"{name}.png" for name in names}
    assert set(np.load(io.BytesIO(files["maps.npz"]))) == names
    table = json.loads(files["report.json"])
    assert list(table["networks"]) == ["64", "75", "128"]
    assert list(table["predictions"]) == ["64", "75", "128", "average"]
    assert table["maps"].keys() == names and table["mode"] == "average"
    page = parsed(files["report.html"].decode())
    seen = [title.text for title in page.all("h3") if title.text.startswith("What the")]
    assert seen == [f"What the {size} px network sees" for size in SIZES]
    head = page.one("thead").table()[0]
    assert head == ["", "64 px", "75 px", "128 px", "Average"]
    said = report.classification
    agree = len({said.predictions[name].verdict for name in three.networks}) == 1
    assert ("all 3 networks agree" in sentence(said, "average")) == agree
    assert all(f"{size} px" in reason(said, "average") for size in SIZES)


def test_sheet_of_three_networks_has_room_for_what_each_sees_and_the_chart(of_three):
    _, files = of_three
    with Image.open(io.BytesIO(files["contact_sheet.png"])) as sheet:
        assert sheet.width == 2 * 60 + 5 * (450 + 40) - 40  # photo, three networks, chart


def test_files_of_one_network(of_one):
    _, files = of_one
    names = {f"{method}_64" for method in METHODS}
    assert {name for name in files if name.startswith(METHODS)} == {f"{name}.png" for name in names}
    table = json.loads(files["report.json"])
    assert list(table["predictions"]) == ["64"] and table["maps"].keys() == names
    assert table["mode"] == "64" and table["sentence"].endswith(": 64 px alone.")
    assert parsed(files["report.html"].decode()).one("thead").table()[0] == ["", "64 px"]
    with Image.open(io.BytesIO(files["contact_sheet.png"])) as sheet:
        assert sheet.width == 2 * 60 + 3 * (450 + 40) - 40  # photo, what it sees, chart
