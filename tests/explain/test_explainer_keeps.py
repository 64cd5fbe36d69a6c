"""What an Explainer keeps, so that nothing is computed twice and nothing is confused."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from carmodel.photo import Photo
from explain.cache import Cache
from explain.explainer import Explainer
from explain.methods import shap as module
from explain.methods.registry import METHODS
from explain.target import Target

SUV, COUPE = Target("suv"), Target("coupe")


def last(maps):
    *_, found = maps
    return found


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
    assert steps(0.3) == [loose[-1]]  # where it would have stopped
    assert steps(0.005) == [tight[-1]]
    assert explainer.computations == len(loose) + len(tight) - 1


@pytest.mark.parametrize("budget", (2**28, 1))
def test_an_answer_does_not_depend_on_what_was_asked_before(finals, photo, budget):
    tolerances = (0.3, 0.005, 0.002)

    def loaded(budget):
        return Explainer.load(finals, single="final-75", cache=Cache(budget))

    def settings(tolerance):
        return photo, "integrated_gradients", SUV, "black", tolerance

    alone = {tolerance: last(loaded(0).refine(*settings(tolerance)))["75"] for tolerance in tolerances}
    assert len({one.steps for one in alone.values()}) > 1
    for order in (tolerances, tolerances[::-1]):
        explainer = loaded(budget)
        for tolerance in order:
            found, expected = last(explainer.refine(*settings(tolerance)))["75"], alone[tolerance]
            assert (found.steps, found.gap) == (expected.steps, expected.gap)
            assert torch.equal(found.map, expected.map)
            kept = explainer.finished(*settings(tolerance))
            assert budget == 1 or torch.equal(kept["75"].map, expected.map)


def test_a_stage_goes_on_though_all_later_ones_were_forgotten(explainer, photo):
    settings = "75", "fast", photo, SUV, "integrated_gradients", "black"
    last(explainer.refine(photo, "integrated_gradients", SUV, "black", 0.002, ["75"]))
    early = explainer._advance(*settings, None, 0.3)
    following = explainer._advance(*settings, early, None)
    explainer.cache = Cache(0)
    again = explainer._advance(*settings, early, None)
    assert again.latest.steps == following.latest.steps == 2 * early.latest.steps
    assert torch.equal(again.latest.map, following.latest.map)


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


def test_threads_that_ask_for_the_same_compute_it_once(finals, photo):
    alone, together = Explainer.load(finals), Explainer.load(finals)

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


def test_results_that_were_forgotten_are_found_again_the_same(finals, photo):
    small = Explainer.load(finals, cache=Cache(200_000))  # no more than one map of Integrated Gradients
    plenty = Explainer.load(finals)

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


def test_maps_go_on_where_they_were_though_they_were_forgotten(finals, photo):
    explainer = Explainer.load(finals, cache=Cache(1))
    maps = explainer.refine(photo, "integrated_gradients", SUV, tolerance=0.01, networks=["75"])
    assert [next(maps)["75"].steps for _ in range(3)] == [5, 10, 20]
    assert explainer.computations == 3


def test_explainers_share_a_cache_and_confuse_nothing(finals, photo):
    cache = Cache()
    both, alone = (Explainer.load(finals, single=single, cache=cache) for single in (None, "final-75"))
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
