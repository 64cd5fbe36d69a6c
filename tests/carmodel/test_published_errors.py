"""What carmodel.published refuses to import, and how."""

import os
import pickle

import pytest
import torch

from carmodel.network import CLASSES, CarNet
from carmodel.published import convert, import_network, read_state_dict
from carmodel.weights import WeightsError

FLATTENED = {75: 2048, 100: 8192}


@pytest.fixture(scope="module")
def state():
    """Tensors under the flat names of the published code."""
    return {key.partition(".")[2]: value for key, value in CarNet(75).state_dict().items()}


@pytest.fixture(scope="module")
def saved(state, tmp_path_factory):
    path = tmp_path_factory.mktemp("published") / "MODEL.pt"
    torch.save(state, path)
    return path


def refusal(call, *arguments, **options):
    with pytest.raises(WeightsError) as caught:
        call(*arguments, **options)
    return str(caught.value)


def changed(state, tmp_path, changes):
    path = tmp_path / "MODEL.pt"
    torch.save({key: value for key, value in {**state, **changes}.items() if value is not None}, path)
    return path


# Layers and files that do not fit


@pytest.mark.parametrize(("asked", "right"), [(75, 100), (100, 75)])
def test_the_other_size_is_suggested(tmp_path, asked, right):
    path = changed({}, tmp_path, {"fc1.weight": torch.zeros(514, FLATTENED[right])})
    assert refusal(convert, path, asked) == (
        f"MODEL.pt does not fit the network of {asked} px: its fc1 takes the {FLATTENED[right]:,} values of "
        f"{right} px; use --size {right}."
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"conv3.bias": None}, "conv3.bias is missing"),
        ({f"fc{i}.{part}": None for i in (2, 3) for part in ("weight", "bias")}, "and 1 more are missing"),
        ({"batchnorm_conv7.running_var": None}, "batchnorm_conv7.running_var is missing"),
        ({"fc4.weight": torch.zeros(1)}, "'fc4.weight' is not part of the network"),
        (
            {"conv1.weight": torch.zeros(32, 1, 3, 3)},
            "conv1.weight is [32, 1, 3, 3] instead of [32, 3, 3, 3]",
        ),
        ({"fc1.weight": torch.zeros(514, 4608)}, "fc1.weight is [514, 4608] instead of [514, 2048]"),
        ({"fc3.bias": torch.zeros(196)}, "fc3.bias is [196] instead of [4]"),
        ({"fc3.bias": torch.zeros(4, dtype=torch.int8)}, "fc3.bias has the type int8"),
        ({"fc3.bias": torch.full((4,), float("nan"))}, "fc3.bias has values that are infinite or no numbers"),
        ({"batchnorm_fc1.running_var": torch.full((514,), -1.0)}, "batchnorm_fc1.running_var has negative"),
    ],
)
def test_layers_that_do_not_fit(state, tmp_path, changes, message):
    found = refusal(convert, changed(state, tmp_path, changes), 75)
    assert found.startswith("MODEL.pt does not fit the network of 75 px: ")
    assert message in found


def test_declared_but_absent_values_take_no_memory(state, tmp_path):
    huge = torch.zeros(1).expand(10**12)
    assert "fc3.bias is [1000000000000] instead of [4]" in refusal(
        convert, changed(state, tmp_path, {"fc3.bias": huge}), 75
    )


def test_values_that_half_precision_cannot_hold(state, tmp_path):
    path = changed(state, tmp_path, {"fc3.bias": torch.full((4,), 70_000.0)})
    assert refusal(import_network, path, 75, folder=tmp_path) == (
        "imported-75.safetensors cannot be written: head.fc3.bias has values that are infinite or no numbers."
    )
    assert [file.name for file in tmp_path.iterdir()] == ["MODEL.pt"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "save model.state_dict() with torch.save."),
        ([torch.zeros(1)], "save model.state_dict() with torch.save."),
        (torch.zeros(1), "save model.state_dict() with torch.save."),
        ({"epoch": 3}, "'epoch' does not name a tensor."),
        ({7: torch.zeros(1)}, "7 does not name a tensor."),
        ({"net": {"conv1.weight": torch.zeros(1)}}, "'net' does not name a tensor."),
        ({"conv1.weight": torch.eye(2).to_sparse()}, "'conv1.weight' does not name a tensor."),
        ({"conv1.weight": torch.zeros(1, device="meta")}, "'conv1.weight' does not name a tensor."),
    ],
)
def test_files_without_a_state_dict(tmp_path, table, message):
    torch.save(table, tmp_path / "MODEL.pt")
    assert refusal(read_state_dict, tmp_path / "MODEL.pt") == (
        f"MODEL.pt does not hold a state dict: {message}"
    )


class Code:
    """Makes a folder when it is unpickled without care."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("way", ["zip", "old", "pickle"])
def test_code_is_refused_and_not_run(state, tmp_path, way):
    path, trace = tmp_path / "MODEL.pt", tmp_path / "ran"
    table = {**state, "fc3.bias": Code(trace)}
    if way == "pickle":
        path.write_bytes(pickle.dumps({"fc3.bias": Code(trace)}))
    else:
        torch.save(table, path, _use_new_zipfile_serialization=way == "zip")
    found = (
        f"it holds more than tensors ('{os.mkdir.__module__}.mkdir')"
        if way == "zip"
        else "it is damaged or holds code"
    )
    assert refusal(convert, path, 75) == (
        f"MODEL.pt is refused, because {found} and reading it could run anything: "
        "save model.state_dict() alone with torch.save."
    )
    assert not trace.exists()


def test_whole_network_is_refused_by_the_name_of_its_class(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "MODEL.pt")
    assert "more than tensors ('torch.nn.modules.linear.Linear')" in refusal(
        read_state_dict, tmp_path / "MODEL.pt"
    )


@pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.999])
def test_truncated_file(saved, tmp_path, share):
    data = saved.read_bytes()
    (tmp_path / "MODEL.pt").write_bytes(data[: int(len(data) * share)])
    assert refusal(read_state_dict, tmp_path / "MODEL.pt").startswith(
        "MODEL.pt is refused, because it is damaged"
    )


def test_missing_file(tmp_path):
    assert refusal(convert, tmp_path / "MODEL.pt", 75) == "MODEL.pt is missing."


# What else is asked wrongly


@pytest.mark.parametrize("classes", [CLASSES[:3], ("sedan", "sedan", "suv", "truck"), (*CLASSES, "van")])
def test_classes_that_are_not_ours(saved, classes):
    assert refusal(convert, saved, 75, classes) == (
        "The outputs of MODEL.pt need each of sedan, coupe, suv, truck once."
    )


@pytest.mark.parametrize("suffix", ["safetensors", "json"])
def test_nothing_is_replaced(saved, tmp_path, suffix):
    (tmp_path / f"imported-75.{suffix}").write_text("precious")
    assert refusal(import_network, saved, 75, folder=tmp_path) == (
        f"imported-75.{suffix} exists already; choose another name."
    )
    assert [path.read_text() for path in tmp_path.iterdir()] == ["precious"]
