import math
from itertools import chain

import numpy as np
import pytest
import torch
from torch import nn

from carmodel.network import CarNet
from carmodel.train.data import DataError, Frames, Sample, load_frames, read_samples
from carmodel.train.distributed import Processes
from carmodel.train.initialise import initialise
from carmodel.train.recipe import Recipe
from carmodel.train.soft_targets import SoftTargets
from carmodel.train.training import Course, Run, moving_average, take_step
from carmodel.train.views import Style, Views

CPU = torch.device("cpu")


@pytest.fixture
def frames(class_folders, tmp_path):
    return load_frames(read_samples(class_folders, ["train"]), tmp_path, side=160)


def test_a_step_shows_the_same_again_and_the_next_something_else(frames):
    course = Course(Recipe("final", 75, batch=8, mixed=0.5), frames, frames.labels)
    first, again, second = course.views(0), course.views(0), course.views(1)
    assert (first.rows == again.rows).all() and (first.shares == again.shares).all()
    assert sorted(first.rows) != sorted(second.rows)
    assert len(set(first.rows)) == 8
    mixed = first.seconds >= 0
    assert set(first.seconds[mixed]) <= set(first.rows)
    x = course.pictures(first, CPU)
    assert x.shape == (8, 3, 75, 75)


def test_all_photos_come_about_equally_often(frames):
    course = Course(Recipe("final", 75, batch=8), frames, frames.labels)
    rows = list(chain.from_iterable(course.views(step).rows for step in range(300)))
    assert np.bincount(rows) / 100 == pytest.approx(np.ones(24), abs=0.25)


def test_photos_without_a_label_need_a_teacher(frames):
    labels = frames.labels.clone()
    labels[:6] = -1
    assert Course(Recipe("final", 75), frames, labels).photos == 18
    taught = SoftTargets(
        torch.zeros(2, 24, 4), np.full((2, 24), -1), np.ones((2, 24), np.float32), 1, Style(), ""
    )
    course = Course(Recipe("final", 75, batch=20), frames, labels, taught)
    assert course.photos == 24
    assert set(course.views(0).numbers) == {0, 1}
    with pytest.raises(DataError, match="There are 18 photos"):
        Course(Recipe("final", 75, batch=20), frames, labels).views(0)


def test_loss_by_hand():
    """A sedan alone, a sedan mixed with a truck, and a sedan mixed with what nobody knows."""
    samples = tuple(Sample(None, label, "train") for label in (0, 3, -1))
    frames = Frames(np.empty((3, 0)), samples, ())
    recipe = Recipe("final", 75, label_smoothing=0.0, taught_share=0.75, teacher_temperature=1.0)
    views = Views(
        np.zeros(3, int), np.zeros(3, int), np.array([-1, 1, 2]), np.array([1, 0.25, 0.5], np.float32)
    )
    probabilities = torch.tensor([[0.5, 0.25, 0.125, 0.125]] * 3)
    shares = [math.log(2), 0.25 * math.log(2) + 0.75 * math.log(8), 0.0]
    course = Course(recipe, frames, frames.labels)
    assert course.loss(probabilities.log(), views).item() == pytest.approx(sum(shares) / 3)
    # The teachers say a half of sedan and coupe each: KL = ½ ln(½ / ½) + ½ ln(½ / ¼).
    said = torch.tensor([0.5, 0.5, 1e-9, 1e-9]).log().expand(1, 3, 4)
    nobody = np.full((1, 3), -1)
    taught = SoftTargets(said, nobody, np.ones((1, 3), np.float32), 1, Style(), "")
    course = Course(recipe, frames, frames.labels, taught)
    expected = 0.25 * sum(shares) / 3 + 0.75 * 0.5 * math.log(2)
    assert course.loss(probabilities.log(), views).item() == pytest.approx(expected, rel=1e-5)


def test_two_halves_of_a_batch_have_the_gradient_of_the_whole(frames):
    """What two processes compute and average: each its share of the pictures, through a tiny network."""
    labels = frames.labels.clone()
    labels[::5] = -1
    taught = SoftTargets(
        torch.randn(3, 24, 4), np.full((3, 24), -1), np.ones((3, 24), np.float32), 1, Style(), ""
    )
    course = Course(Recipe("baseline", 75, batch=8), frames, labels, taught)
    torch.manual_seed(0)
    network = nn.Sequential(nn.AvgPool2d(25), nn.Flatten(), nn.Linear(27, 4))

    def gradient(views):
        network.zero_grad()
        course.loss(network(course.pictures(views, CPU)), views).backward()
        return network[2].weight.grad.clone()

    views = course.views(0)
    halves = [gradient(views[rank::2]) for rank in (0, 1)]
    assert torch.allclose(sum(halves) / 2, gradient(views), atol=1e-6)


def test_weight_decay_spares_biases_and_normalisation():
    run = Run(Recipe("final", 75, epochs=1), CarNet(75), 100, Processes(CPU))
    decayed, plain = run.optimiser.param_groups
    assert len(decayed["params"]) == 7 + 3  # convolutions and fully connected layers
    assert (decayed["weight_decay"], plain["weight_decay"]) == (5e-4, 0)
    assert sum(p.numel() for group in (decayed, plain) for p in group["params"]) == 1_556_650


def test_a_stopped_run_goes_on_within_an_epoch(frames, tmp_path):
    recipe = Recipe("baseline", 75, epochs=1, epoch_steps=4, batch=4, optimiser="adamw", learning_rate=1e-3)
    course = Course(recipe, frames, frames.labels)

    def begin():
        torch.manual_seed(0)
        return Run(recipe, CarNet(75, False), 24, Processes(CPU))

    whole = begin()
    for _ in range(4):
        take_step(whole, course)
    first = begin()
    for _ in range(2):
        take_step(first, course)
    first.save(tmp_path / "run.pt")
    second = begin()
    second.resume(tmp_path / "run.pt")
    assert second.step == 2
    for _ in range(2):
        take_step(second, course)
    assert second.loss == whole.loss
    for name in ("network", "average"):
        states = [getattr(run, name).state_dict() for run in (whole, second)]
        assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    state = torch.load(tmp_path / "run.pt", weights_only=True)
    del state["recipe"]["architecture"]  # as an earlier version wrote it
    torch.save(state, tmp_path / "run.pt")
    second.resume(tmp_path / "run.pt")
    other = Run(Recipe("baseline", 75, epochs=2), CarNet(75, False), 24, Processes(CPU))
    with pytest.raises(DataError, match="another recipe"):
        other.resume(tmp_path / "run.pt")


def test_the_average_forgets_fast_at_first():
    update = moving_average(0.9)
    average, counter = torch.zeros(1), torch.zeros(1, dtype=torch.long)
    update([average, counter], [torch.ones(1), torch.tensor([7])], 1)
    assert average.item() == pytest.approx(1 - 2 / 22)  # (1 + 1) / (1 + 21) is kept
    assert counter.item() == 7
    update([average], [torch.zeros(1)], 10_000)
    assert average.item() == pytest.approx(0.9 * 20 / 22)


def test_every_unit_starts_with_mean_zero_and_variance_one():
    torch.manual_seed(0)
    network = CarNet(75, batchnorm=False)
    x = 0.5 + 0.2 * torch.rand(16, 3, 75, 75)  # far from mean 0, as photos are
    initialise(network, network, x)
    sums = {}
    layers = [network.features.conv1, network.features.conv4, network.features.conv7, network.head.fc2]
    for layer in layers:
        layer.register_forward_hook(
            lambda layer, _, out: sums.update({layer: out.transpose(0, 1).flatten(1)})
        )
    with torch.no_grad():
        network(x)
    for layer in layers:
        assert torch.allclose(sums[layer].mean(1), torch.zeros(len(sums[layer])), atol=1e-3)
        assert torch.allclose(sums[layer].std(1), torch.ones(len(sums[layer])), atol=1e-2)
