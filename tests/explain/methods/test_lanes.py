"""The fast lane is taken when, and only when, the fused chain gives the network's own logits."""

import pytest
import torch
from torch import nn

from carmodel.architectures import adapted
from carmodel.network import CarNet
from carmodel.photo import Photo
from carmodel.weights import available, load, load_references
from explain.explainer import Explainer
from explain.methods.fused import forward, fuse
from explain.methods.lanes import AUTO, FAST, LIBRARY, lane_of, obstacle
from explain.target import Target


class Skipping(CarNet):
    """CarNet's modules in their order, but what goes into conv6 is added to what conv7 is given."""

    def forward(self, x):
        for name, module in self.features.named_children():
            if name == "conv6":
                skipped = x
            if name == "conv7":
                x = x + nn.functional.pad(skipped, (-1, -1, -1, -1))
            x = module(x)
        return self.head(x)


class Shared(CarNet):
    """One ReLU after two convolutions: registered once, run twice."""

    def __init__(self, size):
        super().__init__(size, batchnorm=False)
        self.features.relu_conv2 = self.features.relu_conv1


@pytest.fixture
def frames():
    return torch.rand(2, 3, 300, 300, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("name", available())
def test_shipped_networks_are_proven(name):
    network, _ = load(name)
    assert obstacle(network, load_references) == ""
    assert lane_of(network) == FAST


def test_a_skip_connection_is_noticed(frames):
    torch.manual_seed(0)
    network = Skipping(75, batchnorm=False).eval()
    pictures = torch.rand(2, 3, 75, 75)
    assert forward(fuse(network), pictures).shape == network(pictures).shape  # it fuses, to other logits
    assert "their chain gives other logits" in obstacle(network, lambda: frames)
    assert lane_of(network) == LIBRARY
    with pytest.raises(ValueError, match="fast engine cannot be used"):
        lane_of(network, FAST)


class Learnt(CarNet):
    """As much of a square is added as one number says, which no layer holds."""

    def __init__(self):
        super().__init__(75, batchnorm=False)
        self.share = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        logits = super().forward(x)
        return logits + self.share * logits**2


def test_values_beside_the_layers_are_noticed():
    assert "values of its own" in obstacle(Learnt().eval())  # though they make no difference yet


@pytest.mark.parametrize(
    "layers",
    [
        (
            nn.Conv2d(3, 8, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 8, 3),
            nn.Flatten(),
            nn.Linear(6272, 4),
        ),
        (nn.Conv2d(3, 8, 5), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(7200, 4)),
    ],
    ids=["without ReLU", "pool without ReLU"],
)
@pytest.mark.parametrize("layer", ["", "0"])
def test_both_lanes_read_the_same_cells(layers, layer, frames):
    network = adapted(nn.Sequential(*layers), {"size": 64, "layer": layer})
    assert lane_of(network) == FAST
    explainer = Explainer({"64": network}, frames)
    photo = Photo(frames[0], 300, 300)
    maps = []
    for engine in (AUTO, LIBRARY):
        *_, made = explainer.refine(photo, "gradcam", Target("suv"), engine=engine)
        maps.append(made["64"])
    assert maps[0].score == pytest.approx(maps[1].score, abs=1e-5)
    torch.testing.assert_close(maps[0].map, maps[1].map, rtol=1e-3, atol=1e-8)


def test_a_normalisation_is_noticed():
    network = adapted(CarNet(75).eval(), {"size": 75, "mean": [0.5] * 3, "std": [0.25] * 3})
    assert lane_of(network) == LIBRARY
    assert lane_of(adapted(CarNet(75).eval(), {"size": 75})) == FAST  # nothing is subtracted


@pytest.mark.parametrize(
    "network",
    [
        Shared(75).eval(),
        adapted(nn.Sequential(nn.Flatten(), nn.Linear(3 * 40 * 40, 4), nn.GELU()), {"size": 40}),
    ],
    ids=["shared", "GELU"],
)
def test_what_cannot_be_fused(network):
    assert obstacle(network)
    assert lane_of(network, AUTO) == LIBRARY


def test_layers_that_do_not_fit():
    class Backwards(CarNet):
        def __init__(self):
            super().__init__(75, batchnorm=False)
            self.features, self.head = self.head, self.features

        def forward(self, x):
            return self.features(self.head(x))

    assert "do not follow one another" in obstacle(Backwards().eval())


def test_the_library_can_always_be_asked(networks):
    assert lane_of(networks[75, True], LIBRARY) == LIBRARY
