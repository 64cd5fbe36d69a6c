"""Networks by the command line's words."""

import pytest
import torch

from carmodel.weights import WeightsError, kinds
from explain.methods.lanes import FAST, LIBRARY
from explain.source import Source, device_of, load_all, own_kind

MODULE = """
from torch import nn

def build():
    layers = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 38 * 38, 4)
    return nn.Sequential(*layers), {"size": 40}
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    (tmp_path / "my_small_network.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    return "my_small_network:build"


def test_ones_own_come_first(own, random_weights):
    explainers = load_all(Source(random_weights), [own])
    assert list(explainers) == ["my_small_network", "final", "baseline"]
    mine = explainers["my_small_network"]
    assert list(mine.networks) == ["40"]
    assert mine.cards["40"].name == "my_small_network-40"
    assert mine.lane("40") == FAST  # its layers do run one after the other
    assert mine.cache is explainers["final"].cache
    digests = {load_all(Source(random_weights), [own])["my_small_network"].cards["40"].sha256 for _ in "12"}
    assert len(digests) == 2  # of other random weights each time
    assert own_kind("a.b:build") == "b"


def test_two_of_ones_own_and_one_that_is_called_like_a_kind(own, random_weights, tmp_path):
    (tmp_path / "final.py").write_text(MODULE)
    explainers = load_all(Source(random_weights), [own, own, "final:build"])
    assert list(explainers) == [
        *("my_small_network", "my_small_network.build", "final.build", "final", "baseline")
    ]


def test_engine_and_kind(random_weights):
    explainer = Source(random_weights, "baseline", engine=LIBRARY).load()
    assert {explainer.lane(name) for name in explainer.networks} == {LIBRARY}
    assert explainer.cards["75"].name == "baseline-75"
    assert set(kinds(random_weights)) == {"final", "baseline"}


@pytest.mark.parametrize("present", [False, True])
def test_devices_with_and_without_a_graphics_card(present, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: present)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert device_of("cpu") == torch.device("cpu")
    if present:  # each process of torchrun has its own
        assert device_of("auto") == device_of("cuda") == torch.device("cuda", 1)
        return
    assert device_of("auto") == torch.device("cpu")
    with pytest.raises(WeightsError, match="no graphics card that torch can use"):
        device_of("cuda")
