import pytest
import torch
from torch import nn

from carmodel.sampling import area_means
from explain.methods import deeplift
from explain.methods.deeplift import attributions, trace
from explain.methods.fused import fuse


@pytest.fixture(scope="module")
def traced(networks, frame, references):
    """Layers, and the traces of a picture and of references."""
    layers = fuse(networks[75, True])
    return layers, *(trace(layers, area_means(each, 75)) for each in (frame[None], references))


def near(found, expected):
    return (found - expected).norm() < 1e-5 * expected.norm()


def test_trace_is_what_the_modules_put_out(networks, references):
    network, pictures = networks[100, False], area_means(references, 100)
    found, x = trace(fuse(network), pictures), pictures
    for name, module in network.features.named_children():
        number = int(name[-1]) - 1
        if name.startswith("conv"):
            assert near(found.inputs_of(number).relu(), x)
            assert near(found.z[number], module(x))
        x = module(x)
        if name.startswith("pool"):
            assert near(found.pooled[number], x)
    assert [i for i, pooled in enumerate(found.pooled) if pooled is not None] == [1, 3, 6]
    assert near(found.logits, network(pictures))


def test_trace_leaves_out_what_is_not_seen(networks, references):
    network, pictures = networks[75, True], area_means(references, 75)
    found = trace(fuse(network), pictures)
    assert torch.equal(found.pictures, pictures[..., :68, :68])
    assert near(found.logits, network(pictures))


def test_part_of_a_trace(traced):
    layers, _, references = traced
    part = references[1:3]
    alone = trace(layers, references.pictures[1:3])
    torch.testing.assert_close(part.logits, alone.logits)
    for found, expected in zip((*part.z, part.pooled[3]), (*alone.z, alone.pooled[3]), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_mean_over_references(traced, monkeypatch):
    layers, picture, references = traced
    weights = torch.eye(4)[:2]
    together = attributions(layers, picture, [references], weights)
    single = [attributions(layers, picture, [references[i : i + 1]], weights) for i in range(3)]
    torch.testing.assert_close(together, sum(single) / 3, atol=1e-5, rtol=1e-3)
    apart = attributions(layers, picture, [references[:1], references[1:]], weights)
    torch.testing.assert_close(apart, together, atol=1e-5, rtol=1e-3)
    monkeypatch.setattr(deeplift, "CHUNK", 1)
    in_ones = attributions(layers, picture, [references], weights)
    torch.testing.assert_close(in_ones, together, atol=1e-5, rtol=1e-3)


def test_linear_in_the_score(traced):
    layers, picture, references = traced
    classes = attributions(layers, picture, [references], torch.eye(4))
    contrast = attributions(layers, picture, [references], torch.tensor([[0.0, 1, 0, -1], [0, 0, 0.5, 0]]))
    torch.testing.assert_close(contrast[0], classes[1] - classes[3], atol=1e-5, rtol=1e-3)
    torch.testing.assert_close(contrast[1], classes[2] / 2, atol=1e-5, rtol=1e-3)


def test_sums_are_the_changes_of_the_scores(traced):
    layers, picture, references = traced
    found = attributions(layers, picture, [references], torch.eye(4)).sum((1, 2))
    change = picture.logits[0] - references.logits.mean(0)
    torch.testing.assert_close(found, change, atol=1e-4, rtol=1e-4)


def test_a_picture_is_no_different_from_itself(traced):
    layers, picture, _ = traced
    assert (attributions(layers, picture, [picture], torch.eye(4)) == 0).all()


def test_two_layers_by_hand():
    # z = a - b, then 2 relu(z) - 1, then relu; from (0, 1) to (3, 1): z goes from -1 to 2, y 0 to 3.
    first, second = nn.Linear(2, 1), nn.Linear(1, 1)
    first.weight.data, first.bias.data = torch.tensor([[1.0, -1.0]]), torch.zeros(1)
    second.weight.data, second.bias.data = torch.tensor([[2.0]]), torch.tensor([-1.0])
    layers = fuse(nn.Sequential(nn.Flatten(), first, nn.ReLU(), second, nn.ReLU()))
    picture, reference = (
        trace(layers, torch.tensor(each).reshape(1, 1, 1, 2)) for each in ([3.0, 1.0], [0.0, 1.0])
    )
    # Slopes 3 / 4 (from -1 to 3) and 2 / 3 (from -1 to 2), with the 2 between: each unit of a counts one.
    found = attributions(layers, picture, [reference], torch.ones(1, 1))
    torch.testing.assert_close(found, torch.tensor([[[3.0, 0.0]]]))
