import json
import shutil

import pytest
import torch

from carmodel.card import Card
from carmodel.ensemble import predict
from carmodel.network import CLASSES
from carmodel.photo import Photo, block_means
from carmodel.weights import save, save_references
from explain.door import explain
from explain.explainer import Explainer
from explain.networks import Others, members, others
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


def names(found: Others):
    return [*members(found.explainers)], {entry.name: entry.problem for entry in found.unusable}


def test_every_network_is_a_member(folder):
    pair = Explainer(folder)
    beside = others(folder, [pair])
    assert names(beside) == (["baseline-75", "mine"], {})
    everyone = members([pair, *beside.explainers])
    assert {name: (each.column, each.title) for name, each in everyone.items()} == {
        "final-75": ("75", "75 px"),
        "final-100": ("100", "100 px"),
        "baseline-75": ("75", "75 px baseline"),
        "mine": ("100", "mine"),
    }


def test_members_of_whole_pairs_are_not_loaded_again(folder):
    assert names(others(folder, [Explainer(folder), Explainer(folder, alone="mine")])) == (
        ["baseline-75"],
        {},
    )


def test_what_cannot_be_used_is_named_with_the_reason(folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "mine.safetensors").write_bytes(b"damaged")
    (tmp_path / "old.pt").touch()
    alone, problems = names(others(tmp_path, [Explainer(tmp_path)]))
    assert alone == ["baseline-75"]
    assert "checksum differs" in problems.pop("mine")
    [(name, problem)] = problems.items()
    assert "old.pt" in name and "convert it with" in problem


def test_file_that_is_needed_as_well_is_the_reason(folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    pair = Explainer(tmp_path)
    (tmp_path / "ensemble.json").write_text(json.dumps({"owners": {}}))
    alone, problems = names(others(tmp_path, [pair]))
    assert alone == []
    assert problems.keys() == {"baseline-75", "mine"}
    assert all(problem.startswith('ensemble.json needs "owners"') for problem in problems.values())


def test_member_says_and_explains_what_its_network_does(folder, networks, frame):
    photo, target = Photo(frame, 300, 300), Target("suv")
    member = members(others(folder, [Explainer(folder)]).explainers)["baseline-75"]
    network = member.explainer.networks["75"]
    with torch.no_grad():
        assert member.classify(photo) == predict(network(block_means(frame, 75)[None])[0])
    [found] = member.refine(photo, "gradcam", target, "blur", 0.02)
    assert torch.equal(found.map, explain(network, frame, target, "gradcam").map)
    assert found.network == "75 px baseline"
