import pytest
import torch
from torch import nn
from torch.fx import symbolic_trace

from carmodel.network import CLASSES, CarNet

# Output (channels, side) of each convolution and pool, for 75 and for 100 px.
CONVOLUTIONAL = {
    "conv1": ((32, 73), (32, 98)),
    "conv2": ((32, 71), (32, 96)),
    "pool2": ((32, 35), (32, 48)),
    "conv3": ((64, 33), (64, 46)),
    "conv4": ((64, 31), (64, 44)),
    "pool4": ((64, 15), (64, 22)),
    "conv5": ((128, 13), (128, 20)),
    "conv6": ((128, 11), (128, 18)),
    "conv7": ((128, 9), (128, 16)),
    "pool7": ((128, 4), (128, 8)),
}
CONNECTED = {"flatten": (2048, 8192), "fc1": (514, 514), "fc2": (128, 128), "fc3": (4, 4)}


@pytest.mark.parametrize(
    ("size", "batchnorm", "count"),
    [(75, True, 1_556_650), (75, False, 1_554_214), (100, True, 4_714_666), (100, False, 4_712_230)],
)
def test_parameter_count(size, batchnorm, count):
    # Without batch normalisation 2 · (32 + 32 + 64 + 64 + 3 · 128 + 514 + 128) = 2,436 fewer.
    assert sum(parameter.numel() for parameter in CarNet(size, batchnorm).parameters()) == count


@pytest.mark.parametrize("batchnorm", [True, False])
@pytest.mark.parametrize("column", [0, 1])
def test_output_shape_of_every_layer(column, batchnorm):
    size = (75, 100)[column]
    expected = []
    for name, shapes in CONVOLUTIONAL.items():
        channels, side = shapes[column]
        kinds = [""] if name.startswith("pool") else ["", "batchnorm_", "relu_"]
        expected += [(f"{kind}{name}", (2, channels, side, side)) for kind in kinds]
    for name, widths in CONNECTED.items():
        kinds = ["", "batchnorm_", "relu_"] if name in ("fc1", "fc2") else [""]
        expected += [(f"{kind}{name}", (2, widths[column])) for kind in kinds]
    if not batchnorm:
        expected = [layer for layer in expected if not layer[0].startswith("batchnorm_")]

    net = CarNet(size, batchnorm).eval()
    found, x = [], torch.zeros(2, 3, size, size)
    for part in (net.features, net.head):
        for name, module in part.named_children():
            x = module(x)
            found.append((name, tuple(x.shape)))
    assert found == expected


@pytest.mark.parametrize("size", [75, 100])
def test_layers_are_those_of_the_design(size):
    kinds = {
        "conv": nn.Conv2d,
        "batchnorm_conv": nn.BatchNorm2d,
        "batchnorm_fc": nn.BatchNorm1d,
        "relu_conv": nn.ReLU,
        "relu_fc": nn.ReLU,
        "pool": nn.MaxPool2d,
        "fc": nn.Linear,
        "flatten": nn.Flatten,
    }
    for part in (CarNet(size).features, CarNet(size).head):
        for name, module in part.named_children():
            assert type(module) is kinds[name.rstrip("1234567")]
            if isinstance(module, nn.Conv2d):
                assert (module.kernel_size, module.stride, module.padding) == ((3, 3), (1, 1), (0, 0))
            if isinstance(module, nn.MaxPool2d):
                assert (module.kernel_size, module.stride, module.padding) == (2, 2, 0)


@pytest.mark.parametrize("batchnorm", [True, False])
@pytest.mark.parametrize("size", [75, 100])
def test_nothing_is_shared_in_place_or_functional(size, batchnorm):
    net = CarNet(size, batchnorm)
    leaves = [name for name, module in net.named_modules() if not list(module.children())]
    nodes = [node for node in symbolic_trace(net).graph.nodes if node.op not in ("placeholder", "output")]
    assert {node.op for node in nodes} == {"call_module"}  # call_function would be an F.relu
    assert [node.target for node in nodes] == leaves
    assert not any(getattr(module, "inplace", False) for module in net.modules())


@pytest.mark.parametrize("size", [75, 100])
def test_forward_gives_logits(size):
    net = CarNet(size).eval()
    nn.init.zeros_(net.head.fc3.weight)
    net.head.fc3.bias.data = torch.tensor([5.0, -3.0, 0.5, 40.0])
    with torch.no_grad():
        assert net(torch.rand(2, 3, size, size)).tolist() == [[5, -3, 0.5, 40]] * 2


def test_forward_leaves_its_input_alone():
    x = torch.rand(1, 3, 75, 75)
    before = x.clone()
    CarNet(75, batchnorm=False)(x)
    assert torch.equal(x, before)


@pytest.mark.parametrize(("size", "side"), [(75, 9), (100, 16)])
def test_last_block_is_the_last_convolution_after_its_activation(size, side):
    net = CarNet(size)
    assert net.last_block is net.features.relu_conv7
    shapes = []
    net.last_block.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape)))
    net.eval()(torch.zeros(1, 3, size, size))
    assert shapes == [(1, 128, side, side)]


def test_classes():
    assert CLASSES == ("sedan", "coupe", "suv", "truck")


@pytest.mark.parametrize(("size", "flattened"), [(44, 128), (64, 128 * 3**2), (128, 128 * 11**2)])
def test_other_sizes(size, flattened):
    net = CarNet(size).eval()
    assert net.head.fc1.in_features == flattened
    assert net(torch.rand(1, 3, size, size)).shape == (1, 4)


@pytest.mark.parametrize("size", [0, 32, 43])
def test_sizes_of_which_nothing_is_left_are_refused(size):
    with pytest.raises(ValueError, match=f"CarNet needs pictures of at least 44 px on a side, not of {size}"):
        CarNet(size)
