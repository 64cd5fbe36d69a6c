from copy import deepcopy
from hashlib import sha256
from itertools import pairwise

import pytest
import torch
from scipy.stats import spearmanr

from carmodel.network import CarNet
from carmodel.weights import available, load
from explain.evidence.sanity import cascade, layers_of, randomise
from explain.maps import explain
from explain.smoothing import gaussian_smooth
from explain.target import Target

LAYERS = tuple(layers_of(CarNet(75)))

SUV = Target("suv")


def values(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def same(network, before):
    after = network.state_dict()
    return after.keys() == before.keys() and all(torch.equal(after[name], before[name]) for name in after)


def forgotten(network, layers, seed):
    """A copy whose layers torch itself has put back to random values."""
    copy = deepcopy(network)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for name in layers:
            part = copy.head if name.startswith("fc") else copy.features
            part.get_submodule(name).reset_parameters()
            if name != "fc3":
                part.get_submodule(f"batchnorm_{name}").reset_parameters()
    return copy


def test_layers_go_from_the_scores_to_the_pixels():
    every = [name for part in (CarNet(75).features, CarNet(75).head) for name, _ in part.named_children()]
    assert list(LAYERS) == [name for name in reversed(every) if name.startswith(("conv", "fc"))]


@pytest.mark.parametrize("batchnorm", [True, False])
@pytest.mark.parametrize("layer", LAYERS)
def test_random_values_are_those_of_torch(networks, layer, batchnorm):
    network = deepcopy(networks[75, batchnorm])
    modules = {
        name: module for part in (network.features, network.head) for name, module in part.named_children()
    }
    fresh = deepcopy(modules[layer])
    with torch.random.fork_rng():
        torch.manual_seed(5)
        fresh.reset_parameters()
    before = values(network)
    randomise(layers_of(network)[layer], torch.Generator().manual_seed(5))
    torch.testing.assert_close(dict(modules[layer].named_parameters()), dict(fresh.named_parameters()))
    if norm := modules.get(f"batchnorm_{layer}"):
        new = type(norm)(norm.num_features).state_dict()
        assert all(torch.equal(value, new[name]) for name, value in norm.state_dict().items())
    changed = {
        name.split(".")[1]
        for name, value in network.state_dict().items()
        if not torch.equal(value, before[name])
    }
    assert changed == {layer} | ({f"batchnorm_{layer}"} & modules.keys())


@pytest.mark.parametrize("method", ["gradcam", "shap"])
def test_steps_add_up_and_are_compared_with_the_original(networks, frame, references, method):
    network, layers = networks[75, True], ("fc3", "fc2", "conv7")
    before = values(network)
    steps = list(cascade(network, frame, SUV, method, references=references, seed=6, layers=layers))
    assert [step.layer for step in steps] == ["", *layers]
    shown = []
    for count, step in enumerate(steps):
        expected = explain(forgotten(network, layers[:count], 6), frame, SUV, method, references=references)
        torch.testing.assert_close(step.attribution.map, expected.map)
        shown.append(step.attribution.cells if method == "gradcam" else gaussian_smooth(step.attribution.map))
        signed, absolute = (
            spearmanr(turn(shown[0]).flatten(), turn(shown[-1]).flatten()).statistic
            for turn in (lambda map: map, torch.abs)
        )
        assert step.rank_correlation == pytest.approx(signed, abs=1e-6)
        assert step.absolute_rank_correlation == pytest.approx(absolute, abs=1e-6)
    assert steps[0].rank_correlation == pytest.approx(1)
    assert steps[-1].absolute_rank_correlation < 0.99
    assert same(network, before)


def test_all_layers_of_a_network_without_batch_normalisation(networks, frame, references):
    maps = [
        step.attribution.map
        for step in cascade(networks[75, False], frame, SUV, "shap", references=references[:1])
    ]
    assert len(maps) == 1 + len(LAYERS)
    assert all(map.isfinite().all() and map.std() > 0 for map in maps)
    assert all(not torch.equal(one, other) for one, other in pairwise(maps))


def test_the_seed_decides_and_nothing_else(networks, frame):
    def last(seed):
        *_, step = cascade(networks[75, True], frame, SUV, "gradcam", seed=seed, layers=["conv7"])
        return step.attribution.map

    state = torch.get_rng_state()
    first = last(0)
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(1)
    assert torch.equal(last(0), first)
    assert not torch.equal(last(1), first)


def test_a_constant_map_has_no_rank_correlation(networks, frame):
    network = deepcopy(networks[75, True])
    network.head.fc3.weight.zero_()  # the score no longer depends on the photo
    step = next(cascade(network, frame, SUV, "gradcam"))
    assert (step.rank_correlation, step.absolute_rank_correlation) == (None, None)


def test_shipped_weights_are_never_touched(random_weights, frame):
    def digests():
        return {path.name: sha256(path.read_bytes()).hexdigest() for path in random_weights.iterdir()}

    def digest(network):
        tensors = b"".join(value.numpy().tobytes() for value in network.state_dict().values())
        return sha256(tensors).hexdigest()

    files = digests()
    for name in available(random_weights):
        network, card = load(name, random_weights)
        before = digest(network)
        photo = frame.clone()
        steps = list(cascade(network, photo, SUV, "gradcam", layers=("fc3", "fc1", "conv1")))
        assert len({step.attribution.score for step in steps}) == 4  # every layer has changed something
        assert digest(network) == before
        assert digest(load(name, random_weights)[0]) == before
        assert files[f"{name}.safetensors"] == card.sha256
        assert not any(module._forward_hooks or module._backward_hooks for module in network.modules())
        assert not any(parameter.requires_grad for parameter in network.parameters())
        assert torch.equal(photo, frame)
        assert not photo.requires_grad
    assert digests() == files


def test_errors_come_at_once(networks, frame):
    with pytest.raises(ValueError, match="no layer 'fc4'; the layers are fc3, fc2, fc1, conv7"):
        cascade(networks[75, True], frame, SUV, "gradcam", layers=["fc4"])
    with pytest.raises(ValueError, match="no method 'lime'"):
        cascade(networks[75, True], frame, SUV, "lime")
