from itertools import chain

import torch

from carmodel.network import CarNet
from carmodel.train.data import load_frames, read_samples
from carmodel.train.distributed import Processes
from carmodel.train.training import Recipe, Run, batches, initialise


def seen(frames, recipe, rank: int, count: int, epoch: int) -> list[list[int]]:
    """Photo numbers of this process's share of each batch."""
    processes = Processes(torch.device("cpu"))
    run = Run(recipe, 3, processes)
    processes.rank, processes.count = rank, count
    return [rows.tolist() for _, rows in batches(frames, run, epoch, workers=0)]


def test_two_processes_see_the_photos_of_one(class_folders, tmp_path):
    frames = load_frames(read_samples(class_folders, ["train"]), tmp_path)
    recipe = Recipe(size=75, batch=8, epochs=2)
    whole = seen(frames, recipe, rank=0, count=1, epoch=0)
    halves = [seen(frames, recipe, rank=rank, count=2, epoch=0) for rank in (0, 1)]
    assert sorted(chain.from_iterable(whole)) == list(range(24))
    for batch, left, right in zip(whole, *halves, strict=True):
        assert len(left) == len(right) == 4
        assert sorted(left + right) == sorted(batch)
    assert seen(frames, recipe, rank=0, count=1, epoch=1) != whole


def test_weight_decay_spares_biases_and_normalisation():
    run = Run(Recipe(size=75, epochs=1), 2, Processes(torch.device("cpu")))
    decayed, plain = run.optimiser.param_groups
    assert len(decayed["params"]) == 7 + 3  # convolutions and fully connected layers
    assert (decayed["weight_decay"], plain["weight_decay"]) == (5e-4, 0)
    assert sum(p.numel() for group in (decayed, plain) for p in group["params"]) == 1_556_650


def test_every_unit_starts_with_mean_zero_and_variance_one():
    torch.manual_seed(0)
    network = CarNet(75, batchnorm=False)
    x = 0.5 + 0.2 * torch.rand(16, 3, 75, 75)  # far from mean 0, as photos are
    initialise(network, network, x)
    seen = {}
    layers = [network.features.conv1, network.features.conv4, network.features.conv7, network.head.fc2]
    for layer in layers:
        layer.register_forward_hook(
            lambda layer, _, out: seen.update({layer: out.transpose(0, 1).flatten(1)})
        )
    with torch.no_grad():
        network(x)
    for layer in layers:
        assert torch.allclose(seen[layer].mean(1), torch.zeros(len(seen[layer])), atol=1e-3)
        assert torch.allclose(seen[layer].std(1), torch.ones(len(seen[layer])), atol=1e-2)
