"""The same results with any number of threads, after a round trip through files, and as they were before."""

import json

import numpy as np
import pytest
import torch

from carmodel.photo import read_photo
from carmodel.sampling import area_means
from carmodel.weights import available, load, save
from explain.command import main
from explain.door import METHODS
from explain.explainer import Explainer
from explain.target import Target
from tests.golden import EXAMPLES, FILE, PICTURES, logits

TOLERANCE = 1e-4
CHOSEN = EXAMPLES / PICTURES[0]


@pytest.mark.parametrize("name", available())
def test_shipped_networks_say_what_they_said(name):
    """After new weights: `python -m tests.golden` writes tests/golden.json anew."""
    digest = load(name)[1].sha256
    golden = json.loads(FILE.read_text())
    assert digest in golden, "tests/golden.json does not know these weights: run python -m tests.golden"
    for picture, found in logits(name).items():
        assert found == pytest.approx(golden[digest]["logits"][picture], abs=1e-3), picture


@pytest.mark.parametrize("name", available())
def test_single_precision_is_as_good_as_double(name):
    """No half precision has crept in, as autocast or a processor's bf16 would let it: that misses by 0.01."""
    network, card = load(name)
    x = area_means(read_photo(CHOSEN).frame, card.size)[None]
    torch.testing.assert_close(network(x), network.double()(x.double()).float(), atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("name", available())
def test_saved_again_a_network_is_the_same(name, tmp_path):
    network, card = load(name)
    save(network, card, tmp_path)
    again, _ = load(name, tmp_path)
    for key, value in network.state_dict().items():
        assert torch.equal(value, again.state_dict()[key]), key


def test_one_thread_or_two_give_the_same():
    photo, before = read_photo(CHOSEN), torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            explainer = Explainer()
            maps = {}
            for method in METHODS:
                *_, last = explainer.refine(photo, method, Target("suv"), tolerance=0.05)
                maps |= {(method, name): each.map for name, each in last.items()}
            found.append(explainer.classify(photo).logits | maps)
    finally:
        torch.set_num_threads(before)
    one, two = found
    assert one.keys() == two.keys()
    for key, value in one.items():
        torch.testing.assert_close(
            two[key], value, atol=TOLERANCE, rtol=0, msg=lambda text, key=key: f"{key} {text}"
        )


def test_files_hold_what_was_computed(tmp_path):
    options = ["--out", str(tmp_path), "--methods", "shap,gradcam", "--target", "suv"]
    assert main([str(CHOSEN), *options]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    stored = np.load(tmp_path / "maps.npz")
    photo, explainer = read_photo(CHOSEN), Explainer()
    classification = explainer.classify(photo)
    for name, given in report["networks"].items():
        assert given["logits"] == pytest.approx(classification.logits[name].tolist(), abs=TOLERANCE)
    for method in ("shap", "gradcam"):
        *_, maps = explainer.refine(photo, method, Target("suv"))
        for name, each in maps.items():
            np.testing.assert_allclose(stored[f"{method}_{name}"], each.map.numpy(), atol=TOLERANCE)
            figures = report["maps"][f"{method}_{name}"]
            assert figures["sum"] == pytest.approx(stored[f"{method}_{name}"].sum(dtype=np.float64), abs=1e-3)
