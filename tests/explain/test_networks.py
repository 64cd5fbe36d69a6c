import json
import shutil
from dataclasses import replace

import pytest
import torch

from carmodel.card import Card
from carmodel.ensemble import predict
from carmodel.network import CLASSES
from carmodel.photo import Photo
from carmodel.sampling import area_means
from carmodel.weights import save, save_references
from explain.attribution import FUSED
from explain.explainer import Explainer
from explain.maps import explain
from explain.methods import library
from explain.methods.lanes import FAST, LIBRARY
from explain.networks import UnpairedNetworks, every_network, unpaired_networks
from explain.request import Settings, request
from explain.source import Source
from explain.target import Target


@pytest.fixture(scope="module")
def folder(tmp_path_factory, networks, references):
    """A pair, a network without one of the other size, and one whose name does not end in its size."""
    folder = tmp_path_factory.mktemp("weights")
    for name, size, batchnorm in (
        *(("final-75", 75, True), ("final-100", 100, True)),
        *(("baseline-75", 75, False), ("mine", 100, False)),
    ):
        card = Card(name, size, batchnorm, CLASSES, 1.0, "", {}, {}, {})
        save(networks[size, batchnorm], card, folder)
    save_references(references[:2], folder)
    return folder


def names(unpaired: UnpairedNetworks):
    return [*every_network(unpaired.explainers)], {file.name: file.problem for file in unpaired.unusable}


def test_every_network_has_its_title(folder):
    pair = Explainer.load(folder)
    beside = unpaired_networks(Source(folder), [pair])
    assert names(beside) == (["baseline-75", "mine"], {})
    everyone = every_network([pair, *beside.explainers])
    assert {name: (network.name, network.title) for name, network in everyone.items()} == {
        "final-75": ("75", "75 px"),
        "final-100": ("100", "100 px"),
        "baseline-75": ("75", "75 px baseline"),
        "mine": ("100", "mine"),
    }


def test_networks_of_whole_kinds_are_not_loaded_again(folder):
    there = [Explainer.load(folder), Explainer.load(folder, single="mine")]
    assert names(unpaired_networks(Source(folder), there)) == (
        ["baseline-75"],
        {},
    )


def test_what_cannot_be_used_is_named_with_the_reason(folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "mine.safetensors").write_bytes(b"damaged")
    (tmp_path / "old.pt").touch()
    alone, problems = names(unpaired_networks(Source(tmp_path), [Explainer.load(tmp_path)]))
    assert alone == ["baseline-75"]
    assert "checksum differs" in problems.pop("mine")
    [(name, problem)] = problems.items()
    assert "old.pt" in name and "convert it with" in problem


def test_file_that_is_needed_as_well_is_the_reason(folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    pair = Explainer.load(tmp_path)
    (tmp_path / "ensemble.json").write_text(json.dumps({"owners": {}}))
    alone, problems = names(unpaired_networks(Source(tmp_path), [pair]))
    assert alone == []
    assert problems.keys() == {"baseline-75", "mine"}
    assert all(problem.startswith('ensemble.json needs "owners"') for problem in problems.values())


def test_a_network_says_and_explains_what_it_does_alone(folder, networks, frame):
    photo, pair = Photo(frame, 300, 300), Explainer.load(folder)
    single = every_network(unpaired_networks(Source(folder), [pair]).explainers)["baseline-75"]
    network = single.explainer.networks["75"]
    with torch.no_grad():
        assert single.classify(photo) == predict(network(area_means(frame, 75)[None])[0])
    asked = request(pair, photo, Settings(toward="suv"))
    [attribution] = single.refine(photo, "gradcam", asked)
    assert torch.equal(attribution.map, explain(network, frame, Target("suv"), "gradcam").map)
    assert attribution.network == "75 px baseline"


def test_a_network_is_explained_by_the_engine_that_is_asked_for(folder, frame):
    photo, pair = Photo(frame, 300, 300), Explainer.load(folder)
    slow = unpaired_networks(Source(folder, engine=LIBRARY), [pair])
    single = every_network(slow.explainers)["baseline-75"]
    asked = request(pair, photo, Settings(toward="suv"))
    made_by = [
        next(iter(single.refine(photo, "gradcam", replace(asked, engine=engine)))).made_by
        for engine in (None, FAST, LIBRARY)
    ]
    assert made_by == [library.GRADCAM, FUSED, library.GRADCAM]
