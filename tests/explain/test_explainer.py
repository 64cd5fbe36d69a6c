import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from torch import nn

from carmodel.card import Card, WeightsError
from carmodel.ensemble import PUBLISHED_OWNERS, average, predict, priority
from carmodel.network import CLASSES
from carmodel.ood import Detector, Spread
from carmodel.ood import save as save_detector
from carmodel.photo import Photo
from carmodel.sampling import area_means
from carmodel.weights import save, save_references
from explain.cache import Cache
from explain.explainer import Explainer
from explain.maps import explain
from explain.methods import shap as module
from explain.methods.registry import METHODS
from explain.target import Target

SUV, COUPE = Target("suv"), Target("coupe")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, networks, references):
    folder = tmp_path_factory.mktemp("weights")
    for size in (75, 100):
        card = Card(f"final-{size}", size, False, CLASSES, 1.0, "", {}, {}, {})
        save(networks[size, False], card, folder)
    save_references(references[:2], folder)
    return folder


@pytest.fixture
def explainer(folder):
    return Explainer.load(folder)


@pytest.fixture(scope="module")
def photo(frame):
    return Photo(frame, 640, 480)


def last(maps):
    *_, found = maps
    return found


def test_cue_of_a_detector_for_these_networks(explainer, folder, photo, tmp_path):
    assert explainer.classify(photo).cue is None  # the folder has no detector
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    # Block 4 has 64 channels, each with a mean and a deviation; the plain square of these 128 numbers.
    spread = Spread(torch.zeros(128), torch.eye(128))
    save_detector(Detector({"75": spread, "100": spread}, 1.5), explainer.cards, {}, tmp_path)
    squares = []
    for name, network in explainer.networks.items():
        upto = list(network.features.named_children())
        block = nn.Sequential(
            *[module for _, module in upto[: [key for key, _ in upto].index("relu_conv4") + 1]]
        )
        answer = block(area_means(photo.frame, int(name))[None])[0].flatten(1)
        squares.append((answer.mean(1).square() + answer.var(1, correction=0)).sum() / 128)
    cue = Explainer.load(tmp_path).classify(photo).cue
    assert cue.score == pytest.approx(sum(squares).item() / 2, rel=1e-3)
    assert cue.threshold == 1.5


def test_classify(explainer, photo):
    found = explainer.classify(photo)
    small, large = (
        explainer.networks[name](area_means(photo.frame, int(name))[None])[0] for name in ("75", "100")
    )
    torch.testing.assert_close(found.logits["75"], small)
    torch.testing.assert_close(found.logits["100"], large)
    logits = found.logits["75"], found.logits["100"]
    assert found.predictions == {
        "75": predict(logits[0]),
        "100": predict(logits[1]),
        "average": average(logits),
        "priority": priority({75: logits[0], 100: logits[1]}, PUBLISHED_OWNERS),
    }
    assert explainer.classify(photo) is found
    assert explainer.classify(replace(photo, width=10)) is found  # the same frame
    assert explainer.computations == 1


@pytest.mark.parametrize("method", METHODS)
def test_maps_are_those_of_explain(explainer, photo, method):
    found = last(explainer.refine(photo, method, SUV, "mean", 0.1))
    assert list(found) == ["75", "100"]
    for name, network in explainer.networks.items():
        alone = explain(
            network,
            photo.frame,
            SUV,
            method,
            reference="mean",
            references=explainer.references,
            tolerance=0.1,
        )
        if found[name].steps == alone.steps:  # more only where the mean of both needs it
            assert torch.equal(found[name].map, alone.map)
        assert found[name].network == name
        assert found[name].steps >= alone.steps


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_computed_twice(explainer, photo, method):
    found = last(explainer.refine(photo, method, SUV))
    before = explainer.computations
    again = list(explainer.refine(photo, method, SUV))
    assert len(again) == 1
    assert all(torch.equal(again[0][name].map, found[name].map) for name in found)
    assert last(explainer.refine(photo, method, SUV, networks=["100"])).keys() == {"100"}
    assert explainer.computations == before


def test_references_go_through_a_network_once(explainer, photo, monkeypatch):
    asked = []

    def background(network, references):
        asked.append((network.size, tuple(references.shape)))
        return real(network, references)

    real = module.background
    monkeypatch.setattr(module, "background", background)
    suv, coupe, contrast = (
        last(explainer.refine(photo, "shap", target, networks=["75"]))["75"]
        for target in (SUV, COUPE, Target("suv", "coupe"))
    )
    assert asked == [(75, (2, 3, 75, 75))]
    torch.testing.assert_close(contrast.map, suv.map - coupe.map, atol=1e-6, rtol=1e-4)


def test_integrated_gradients_continue_and_never_go_back(explainer, photo):
    def steps(tolerance):
        maps = explainer.refine(photo, "integrated_gradients", SUV, "black", tolerance, ["75"])
        return [found["75"].steps for found in maps]

    loose = steps(0.3)
    assert loose == [5 * 2**k for k in range(len(loose))]
    assert explainer.computations == len(loose)
    tight = steps(0.005)
    assert tight == [loose[-1] * 2**k for k in range(len(tight))]  # from what there was
    assert len(tight) > 1
    assert explainer.computations == len(loose) + len(tight) - 1
    assert steps(0.3) == [tight[-1]]
    assert steps(0.005) == [tight[-1]]
    assert explainer.computations == len(loose) + len(tight) - 1


def test_what_was_left_unfinished_is_not_lost(explainer, photo):
    def maps():
        return explainer.refine(photo, "integrated_gradients", SUV, tolerance=0.01, networks=["75"])

    left = maps()
    assert [next(left)["75"].steps for _ in range(2)] == [5, 10]
    assert next(maps())["75"].steps == 10
    assert explainer.computations == 2


def test_settings_are_told_apart(explainer, photo, references):
    def first(of, *settings):
        return next(explainer.refine(of, *settings, networks=["75"]))["75"]

    found = [
        first(photo, "integrated_gradients", SUV, "black"),
        first(photo, "integrated_gradients", SUV, "mean"),
        first(photo, "integrated_gradients", COUPE, "black"),
        first(Photo(references[0], 300, 300), "integrated_gradients", SUV, "black"),
        first(photo, "gradcam", SUV),
    ]
    assert explainer.computations == len(found)
    assert not any(torch.equal(one.map, other.map) for one in found for other in found if one is not other)
    assert torch.equal(first(photo, "gradcam", SUV, "mean").map, found[-1].map)
    assert explainer.computations == len(found)  # Grad-CAM has no reference


def test_threads_that_ask_for_the_same_compute_it_once(folder, photo):
    alone, together = Explainer.load(folder), Explainer.load(folder)

    def everything(of):
        of.classify(photo)
        return [
            last(of.refine(photo, method, target, tolerance=0.3, networks=["75"]))["75"]
            for method in METHODS
            for target in (SUV, COUPE)
        ]

    expected = everything(alone)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(everything, [together] * 8))
    assert together.computations == alone.computations
    for result in results:
        assert all(torch.equal(found.map, map_.map) for found, map_ in zip(result, expected, strict=True))


def test_results_that_were_forgotten_are_found_again_the_same(folder, photo):
    small = Explainer.load(folder, cache=Cache(200_000))  # no more than one map of Integrated Gradients
    plenty = Explainer.load(folder)

    def answers(of):
        return [
            last(of.refine(photo, method, target, tolerance=0.3))
            for method in METHODS
            for target in (SUV, COUPE)
        ]

    expected, found, again = answers(plenty), answers(small), answers(small)
    assert small.computations > plenty.computations
    assert small.cache.bytes <= small.cache.budget < plenty.cache.bytes
    for one, other, third in zip(expected, found, again, strict=True):
        assert all(torch.equal(one[name].map, other[name].map) for name in one)
        assert all(torch.equal(one[name].map, third[name].map) for name in one)
        assert [each.gap for each in one.values()] == [each.gap for each in third.values()]


def test_maps_go_on_where_they_were_though_they_were_forgotten(folder, photo):
    explainer = Explainer.load(folder, cache=Cache(1))
    maps = explainer.refine(photo, "integrated_gradients", SUV, tolerance=0.01, networks=["75"])
    assert [next(maps)["75"].steps for _ in range(3)] == [5, 10, 20]
    assert explainer.computations == 3


def test_explainers_share_a_cache_and_confuse_nothing(folder, photo):
    cache = Cache()
    both, alone = (Explainer.load(folder, single=single, cache=cache) for single in (None, "final-75"))
    found = last(both.refine(photo, "shap", SUV))
    before = cache.bytes
    assert list(alone.classify(photo).logits) == ["75"] and len(both.classify(photo).logits) == 2
    assert torch.equal(last(alone.refine(photo, "shap", SUV, networks=["75"]))["75"].map, found["75"].map)
    assert cache.bytes > before
    assert both.computations == alone.computations + 1


def test_maps_are_kept_as_cells(explainer, photo):
    explainer.classify(photo)
    before = explainer.cache.bytes
    found = last(explainer.refine(photo, "gradcam", SUV))
    assert explainer.cache.bytes - before < 12_000
    assert all(each.map.shape == (300, 300) for each in found.values())


def test_finished_maps_are_found_without_computing(explainer, photo):
    settings = photo, "integrated_gradients", SUV, "blur"
    assert explainer.finished(*settings, 0.3) == {}
    found = last(explainer.refine(*settings, 0.3))
    before = explainer.computations
    known = explainer.finished(*settings, 0.3)
    assert known.keys() == found.keys()
    assert all(torch.equal(known[name].map, found[name].map) for name in known)
    assert explainer.finished(*settings, 1e-9) == explainer.finished(photo, "shap", SUV) == {}
    assert explainer.computations == before


def test_a_failure_is_not_kept(explainer, photo, monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(module, "shapley_values", fail)
        with pytest.raises(MemoryError):
            list(explainer.refine(photo, "shap", SUV, networks=["75"]))
    assert last(explainer.refine(photo, "shap", SUV, networks=["75"]))["75"].gap < 1e-3


def test_network_alone_has_no_ensemble(folder, photo, explainer):
    alone = Explainer.load(folder, single="final-100")
    said, both = alone.classify(photo), explainer.classify(photo)
    assert said.predictions == {"100": both.predictions["100"]}
    assert list(alone.cards) == list(alone.networks) == list(said.logits) == ["100"]
    [found] = alone.refine(photo, "gradcam", SUV, networks=["100"])
    [known] = explainer.refine(photo, "gradcam", SUV, networks=["100"])
    assert torch.equal(found["100"].map, known["100"].map)


def test_network_of_another_size_than_its_name_says_is_refused(networks, references, tmp_path):
    for name in ("mine-75", "mine-100"):
        save(networks[75, False], Card(name, 75, False, CLASSES, 1.0, "", {}, {}, {}), tmp_path)
    save_references(references[:2], tmp_path)
    with pytest.raises(WeightsError, match=r"mine-100\.json describes a network of 75 px"):
        Explainer.load(tmp_path, "mine")
    assert list(Explainer.load(tmp_path, single="mine-100").networks) == ["75"]


def test_errors_come_at_once(explainer, photo, tmp_path):
    with pytest.raises(ValueError, match="no network '50'; there are 75, 100"):
        explainer.refine(photo, "gradcam", SUV, networks=["50"])
    with pytest.raises(ValueError, match="no method 'lime'"):
        explainer.refine(photo, "lime", SUV)
    with pytest.raises(WeightsError, match="final-75"):
        Explainer.load(tmp_path)
    assert explainer.computations == 0
