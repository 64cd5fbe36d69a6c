import numpy as np
import pytest
import torch

from carmodel.train.samples import DataError, Sample
from carmodel.train.sampling import Mixture, draw, left_out, sampling_weights


def photos(*groups):
    """Samples of (folder, source, label, count)."""
    return [
        Sample(None, label, "train", source, folder)
        for folder, source, label, count in groups
        for _ in range(count)
    ]


def labels(samples):
    return torch.tensor([sample.label for sample in samples])


def test_classes_are_drawn_by_the_root_of_their_counts():
    samples = photos(("a", "x", 0, 16), ("a", "x", 1, 4))
    weights = sampling_weights(samples, labels(samples), Mixture())
    # √16 : √4 = 2 : 1
    assert weights[:16].sum() == pytest.approx(2 / 3)
    assert weights[16:].sum() == pytest.approx(1 / 3)
    assert weights.unique().numel() == 2


def test_a_source_has_its_share_and_the_others_what_remains():
    samples = photos(("a", "x", 0, 10), ("b", "y", 0, 30), ("b", "z", 0, 60), ("c", "w", 0, 10))
    weights = sampling_weights(samples, labels(samples), Mixture({"y": 0.5, "b": 0.2}))
    sums = [weights[start:end].sum().item() for start, end in ((0, 10), (10, 40), (40, 100), (100, 110))]
    # y has its own share though it lies in b; x and w have equally many photos of the rest.
    assert sums == pytest.approx([0.15, 0.5, 0.2, 0.15])


def test_a_few_photos_are_not_drawn_all_the_time():
    samples = photos(("a", "x", 0, 99), ("b", "y", 0, 1))
    weights = sampling_weights(samples, labels(samples), Mixture({"y": 0.5}))
    # Capped at 6 of 100 before the sum is made 1 again: 0.06 / (0.5 + 0.06).
    assert weights[-1] == pytest.approx(0.06 / 0.56)


def test_photos_without_a_class_are_one_or_none():
    samples = photos(("a", "x", 0, 4), ("a", "x", -1, 4))
    assert sampling_weights(samples, labels(samples), Mixture())[4:].sum() == pytest.approx(0.5)
    assert sampling_weights(samples, labels(samples), Mixture(), classless=False)[4:].sum() == 0


def test_left_out_by_source_and_label():
    samples = photos(("a", "x", 0, 1), ("a", "x", 2, 1), ("a", "y", 0, 1), ("a", "y", -1, 1))
    assert left_out(samples, ["x:suv", "y:unlabelled"]).tolist() == [False, True, False, True]
    assert left_out(samples, ["y"]).tolist() == [False, False, True, True]
    weights = sampling_weights(samples, labels(samples), Mixture(left_out=("y", "x:suv")))
    assert weights.tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("mixture", "words"),
    [
        (Mixture({"nowhere": 0.5}), "source or folder nowhere; there are a, x"),
        (Mixture({"x": 1.5}), "at most 1"),
        (Mixture({"x": -0.5}), "positive"),
        (Mixture(left_out=("x:truck",)), "x:truck leaves out nothing"),
        (Mixture(left_out=("x",)), "No photo is left"),
    ],
)
def test_mixtures_that_cannot_be(mixture, words):
    samples = photos(("a", "x", 0, 2))
    with pytest.raises(DataError, match=words):
        sampling_weights(samples, labels(samples), mixture)


def test_draws_follow_the_weights_and_the_seed():
    weights = torch.tensor([0.0, 0.1, 0.2, 0.7], dtype=torch.float64)
    rows = np.concatenate([draw(weights, 1, 5, step) for step in range(2000)])
    assert np.bincount(rows, minlength=4) / 2000 == pytest.approx(weights.numpy(), abs=0.03)
    assert sorted(draw(weights, 3, 5, 0)) == [1, 2, 3]
    assert (draw(weights, 2, 5, 1) == draw(weights, 2, 5, 1)).all()
    for count in (0, 4):
        with pytest.raises(DataError, match="There are 3 photos"):
            draw(weights, count, 1, 1)
