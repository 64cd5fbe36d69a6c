"""A page of one network alone, of three whose sizes do not divide the frame, and of another architecture
beside two CarNets, on every tab.

The networks are untrained, but nothing is faked.
"""

from functools import partial

import pytest
import torch
from torch import nn

from carmodel.architectures import MEAN, STD, random_network
from carmodel.card import CARNET, Card, InputFacts
from carmodel.network import CLASSES
from carmodel.weights import save, save_references
from explain.evidence import faithfulness
from explain.evidence.sanity import cascade, layers_of
from explain.methods.registry import METHODS
from explain.networks import unpaired_networks
from explain.source import Source, load_kinds
from page import examples
from page.page import build
from page.tabs.trust import sanity, stability
from page.tabs.trust.handlers import RUN
from tests.document import parsed
from tests.page.components import choices, component
from tests.page.visitor import Visitor

MNASNET = "torchvision/mnasnet0_5"
FOLDERS = [{75: CARNET}, dict.fromkeys((64, 75, 128), CARNET), {75: CARNET, 100: CARNET, 128: MNASNET}]


def folder_of(architectures, folder):
    """Writes untrained networks of these sizes, and a reference frame."""
    torch.manual_seed(0)
    for size, name in architectures.items():
        facts = None if name == CARNET else InputFacts(size, MEAN, STD)
        card = Card(f"final-{size}", size, True, CLASSES, 1.0, "", {}, {}, {}, "", name, facts)
        network = random_network(card)
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight)
        nn.init.normal_(module.weight, 0, 0.001)  # of the last layer: Integrated Gradients is quick then
        save(network, card, folder)
    save_references(torch.rand(1, 3, 300, 300), folder)
    return folder


@pytest.fixture(scope="module", params=FOLDERS, ids=str)
def architectures(request):
    return request.param


@pytest.fixture(scope="module")
def sizes(architectures):
    return tuple(architectures)


@pytest.fixture(scope="module")
def visitor(architectures, sizes, tmp_path_factory):
    """A visitor of the page of a folder of weights, who was shown the first example."""
    folder = folder_of(architectures, tmp_path_factory.mktemp("weights"))
    explainers = load_kinds(Source(folder))
    assert {kind: list(explainer.networks) for kind, explainer in explainers.items()} == {
        "final": [str(size) for size in sizes]
    }
    with pytest.MonkeyPatch.context() as patch:  # less of everything that takes long
        patch.setattr(faithfulness, "STEPS", 4)
        patch.setattr(faithfulness, "RANDOM_MAPS", 1)
        patch.setattr(sanity, "layers_of", lambda network: {top(network): ()})
        patch.setattr(sanity, "cascade", lambda of, *more, **how: cascade(of, *more, **how, layers=[top(of)]))
        patch.setattr(stability, "stability", partial(stability.stability, samples=1))
        for test in (sanity, stability):
            patch.setattr(test, "METHODS", {"gradcam": METHODS["gradcam"]})
        visitor = Visitor(build(explainers, unpaired_networks(Source(folder), explainers.values()), folder))
        visitor.choose("Class explained", "truck")
        visitor.open()
        yield visitor


def top(network):
    """The first layer that becomes random: the one above all others."""
    return next(iter(layers_of(network)))


@pytest.fixture(scope="module")
def columns(sizes):
    """What stands over the columns of a method."""
    names = [f"{size} px" for size in sizes]
    return names if len(sizes) == 1 else [*names, "Ensemble: average"]


def test_explain(visitor, columns):
    page = parsed(visitor.html("Explain"))
    rows = page.all("section", "method")
    assert [row.attributes["id"] for row in rows] == list(METHODS)
    for row in rows:
        assert "finished" in row.attributes["class"].split()
        assert [title.text for title in row.all("h4")] == columns
        assert len(row.all("p", "beats")) == len(columns)  # all are tested
        assert row.all("p", "pending") == row.all("dl", "failed") == []
    verdict = page.one("section", "verdict")
    assert len(verdict.all("div", "column")) == len(columns)


def test_controls(visitor, sizes):
    ensemble = component(visitor.page, label="Ensemble")
    priority = sizes == (75, 100, 128)  # the sizes of its rule are there
    assert choices(ensemble) == ["average", *["priority"] * priority] and ensemble.visible == priority
    assert visitor.session.asked.target.toward == "truck"
    assert parsed(visitor.html("Explain")).all("div", "reading")[0].one("h2").text == "Why truck?"
    assert visitor.session.asked.ensemble == (str(*sizes) if len(sizes) == 1 else "average")


def test_compare(visitor, sizes):
    visitor.look_at("Compare")
    page = parsed(visitor.html("Compare"))
    grid = page.one("div", "compared")
    assert [title.one("span").text for title in grid.all("h4")] == [f"{size} px" for size in sizes]
    assert grid.all("div", "waiting") == page.all("p", "lost") == []
    if len(sizes) > 1:
        assert len(page.one("table", "matrix").all("b")) == len(sizes) * (len(sizes) - 1) / 2
        visitor.choose("Left", "final-128")
        handle = parsed(visitor.html("Compare")).one("div", "swipe").one("input")
        assert (handle.attributes["data-first"], handle.attributes["data-second"]) == (
            "128 px",
            f"{sizes[1]} px",
        )
    visitor.act(component(visitor.page, elem_id="second-examples"), "select", file="truck_1.jpg")
    both = parsed(visitor.html("Compare")).all("div", "both")
    assert len(both) == 2 and not any(part.all("div", "waiting") for part in both)


def test_what_if(visitor, columns):
    visitor.look_at("What if")
    visitor.choose("In one click", ["wheels_row"])
    page = parsed(visitor.html("What if"))
    assert "Without the wheels’ row, " in page.one("section", "before-after").one("h2").text
    assert len(page.one("section", "before-after").all("div", "column")) == len(columns)
    for row in page.all("section", "method"):
        assert [title.text for title in row.one("div", "three").all("h4")] == columns
        assert len(row.all("img")) == 2 * len(columns) and row.all("div", "waiting") == []
        assert "failed" not in row.attributes["class"].split()


def test_trust(visitor, sizes):
    visitor.look_at("Trust")
    page = parsed(visitor.html("Trust"))
    halves = page.one("div", "halves").all("section")
    assert [half.one("h4").text for half in halves] == [f"{size} px" for size in sizes]
    assert all(len(half.one("table", "areas").table()) == 1 + len(METHODS) + 2 for half in halves)
    assert page.one("table", "parts").table()[1][1:] == [f"{size} px" for size in sizes] * len(METHODS)
    for button in [block for block in visitor.page.blocks.values() if getattr(block, "value", None) == RUN]:
        visitor.act(button, "click")
        assert visitor.values[button._id].value == RUN
    page = parsed(visitor.html("Trust"))
    assert len(page.one("div", "strips").all("section")) == len(sizes)
    assert page.one("table", "changes").table()[0][1:] == [f"{size} px" for size in sizes]
    assert "failed" not in page.one("table", "changes").text


def test_networks_and_guide(visitor, sizes):
    assert "Not measured yet" in parsed(visitor.html("Networks")).text
    told = parsed(visitor.html("Guide")).one("div", "reading").all("p")[0].text
    assert all(f"one in {size} × {size} pixels" in told for size in sizes)


def test_programs_are_answered(visitor, sizes):
    functions = {event.api_name: event.fn for event in visitor.page.fns.values() if event.fn}
    photo, columns = str(examples.path(examples.FIRST)), ["average"] if len(sizes) > 1 else []
    names = [str(size) for size in sizes]
    told = functions["classify"](photo, "average", "final")
    assert told["networks"].keys() == set(names)
    explained = functions["explain"](photo, "average", "truck", "nothing", "final", "blur", 0.02)
    assert {f"shap_{name}" for name in (*names, *columns)} == {
        name for name in explained["maps"] if "shap" in name
    }
    assert all(figures["gap"] is None or figures["gap"] <= 0.02 for figures in explained["maps"].values())
    compared = functions["compare"](photo, "gradcam", "truck", "nothing", "blur", 0.02)
    assert list(compared["networks"]) == [f"final-{name}" for name in names]
    changed = functions["what_if"](photo, ["border"])
    assert changed["shares"].keys() == {f"gradcam_{name}" for name in names}
