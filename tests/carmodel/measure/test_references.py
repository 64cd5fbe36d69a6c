import numpy as np
import torch

from carmodel.measure.references import equal_groups, reference_frames


def test_groups_follow_the_widest_direction():
    # Two far clusters along x, each of two near ones along y: the halves are found in that order.
    points = torch.tensor([[0.0, 0], [0, 1], [10, 0], [10, 1]]).repeat(2, 1)
    groups = {frozenset(group.tolist()) for group in equal_groups(points.double(), halvings=2)}
    assert groups == {frozenset({0, 4}), frozenset({1, 5}), frozenset({2, 6}), frozenset({3, 7})}


def test_groups_are_equal_and_complete():
    groups = equal_groups(torch.randn(163, 5, dtype=torch.float64))
    assert len(groups) == 16
    assert {len(group) for group in groups} == {10, 11}
    assert sorted(torch.cat(groups).tolist()) == list(range(163))


def test_references_average_to_the_blurred_mean_frame():
    pixels = np.random.default_rng(0).integers(0, 256, (32, 3, 300, 300), dtype=np.uint8)
    references = reference_frames(pixels)
    assert references.shape == (16, 3, 300, 300)
    # Groups of the same size: the mean of their means is the mean of all frames. A Gaussian of 8 px on white
    # noise leaves 1 / (2 · 8 · √π) of its standard deviation.
    mean = pixels.mean(axis=0) / 255
    found = references.mean(dim=0).numpy()
    assert np.allclose(found.mean(axis=(1, 2)), mean.mean(axis=(1, 2)), atol=1e-3)
    assert found[:, 30:-30, 30:-30].std() < 1.3 * mean.std() / (16 * np.sqrt(np.pi))
