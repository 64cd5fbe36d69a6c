from itertools import chain

import torch

from carmodel.dataset import load_frames, read_samples
from carmodel.processes import Processes
from carmodel.training import Recipe, Run, batches


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
