from dataclasses import replace

import pytest
import torch

from carmodel.ensemble import PUBLISHED_OWNERS, Rules
from carmodel.photo import Photo
from explain.explainer import Explainer
from explain.methods.registry import METHODS
from explain.request import (
    RequestError,
    Settings,
    column_names,
    columns_of,
    explained,
    finished_maps,
    request,
)
from explain.target import Target

QUICK = ["gradcam", "shap"]


@pytest.fixture(scope="module")
def explainer(networks, references):
    pair = {"75": networks[75, True], "100": networks[100, True]}
    return Explainer(pair, references[:1], rules=Rules(PUBLISHED_OWNERS))


@pytest.fixture
def attribution_of_each(explainer, photo):
    """Maps of three networks, the third twice the first."""
    *_, maps = explainer.refine(photo, "shap", Target("suv"))
    return maps | {"128": replace(maps["75"], network="128", map=2 * maps["75"].map)}


def test_the_class_that_the_ensemble_names_is_explained(explainer, photo):
    said = explainer.classify(photo).predictions
    for ensemble in ("average", "priority"):
        asked = request(explainer, photo, Settings(ensemble=ensemble))
        assert asked.target == Target(said[ensemble].verdict)
        assert (asked.ensemble, asked.photo, asked.digest) == (ensemble, photo, photo.digest)
    assert request(explainer, photo, Settings()).decided_by is None
    decided_by = request(explainer, photo, Settings(ensemble="priority")).decided_by
    assert decided_by == str(said["priority"].decided_by)


def test_settings_choose_the_score(explainer, photo):
    predicted = explainer.classify(photo).predictions["average"].verdict
    other = next(name for name in ("sedan", "truck") if name != predicted)
    assert request(explainer, photo, Settings(against=other)).target == Target(predicted, other)
    assert request(explainer, photo, Settings(toward=other)).target == Target(other)
    contrast = Settings(toward="suv", against="truck")
    assert request(explainer, photo, contrast).target == Target("suv", "truck")
    with pytest.raises(RequestError, match="“And not” is SUV, the class explained itself"):
        request(explainer, photo, Settings(toward="suv", against="suv"))
    with pytest.raises(RequestError, match="the class explained itself"):
        request(explainer, photo, Settings(against=predicted))


def test_requests_are_equal_where_their_maps_are(explainer, photo):
    """The photo's size on the page and the ensemble change no network's map; everything else does."""
    settings = {"toward": "suv", "reference": "mean", "tolerance": 0.1, "smoothing": "pixels"}
    asked = request(explainer, photo, Settings(**settings))
    copy = Photo(photo.frame.clone(), 100, 100)
    assert request(explainer, copy, Settings(**settings, ensemble="priority")) == asked
    assert hash(request(explainer, copy, Settings(**settings))) == hash(asked)
    darker = Photo(photo.frame / 2, 640, 480)
    others = [request(explainer, darker, Settings(**settings))]
    changes = [{"toward": "coupe"}, {"against": "truck"}, {"kind": "baseline"}, {"reference": "blur"}]
    for change in [*changes, {"tolerance": 0.2}, {"smoothing": "regions"}]:
        others.append(request(explainer, photo, Settings(**settings | change)))
    assert len({asked, *others}) == 8


def test_maps_come_as_they_get_better_and_once_more_when_they_are_finished(explainer, photo):
    asked = request(explainer, photo, Settings(reference="black", tolerance=0.3))
    rows = list(explained(explainer, asked))
    finished = [row for row in rows if row.finished]
    assert [row.method for row in finished] == list(METHODS.values())
    for method in METHODS.values():
        course = [row for row in rows if row.method is method]
        assert [row.finished for row in course] == [False] * (len(course) - 1) + [True]
        steps = [row.maps["75"].steps for row in course]
        assert steps == sorted(steps) and (len(set(steps)) > 1) == method.refines
        assert course[-1].maps == course[-2].maps
        for row in course:
            assert list(row.maps) == ["75", "100"]
            assert list(row.columns) == ["75", "100", "average", "75-100"]
    *_, last = explainer.refine(photo, "shap", asked.target)
    assert torch.equal(finished[-1].maps["100"].map, last["100"].map)


def test_a_method_that_fails_leaves_the_others(explainer, photo, monkeypatch):
    def fail(*_, **__):
        raise MemoryError("no room")

    dark = Photo(photo.frame / 2, 640, 480)
    monkeypatch.setattr("explain.methods.gradcam.gradcam", fail)
    asked = request(explainer, dark, Settings(toward="suv"))
    failed, *others = explained(explainer, asked, QUICK)
    assert failed.method.name == "gradcam" and isinstance(failed.error, MemoryError)
    assert failed.finished and not failed.maps and not failed.columns
    assert [row.finished for row in others] == [False, True] and not any(row.error for row in others)
    with pytest.raises(MemoryError, match="no room"):
        finished_maps(explainer, asked, QUICK)


def test_only_the_methods_asked_for(explainer, photo):
    asked = request(explainer, photo, Settings(toward="suv"))
    rows = finished_maps(explainer, asked, ["shap", "gradcam"])
    assert list(rows) == ["shap", "gradcam"] and all(row.finished for row in rows.values())
    with pytest.raises(ValueError, match="no method 'lime'; the methods are gradcam, integrated_gradients"):
        finished_maps(explainer, asked, ["lime"])


@pytest.mark.parametrize(
    ("networks", "names"),
    [
        (["75"], ["75"]),
        (["75", "100"], ["75", "100", "average", "75-100"]),
        (["64", "75", "128"], ["64", "75", "128", "average"]),
    ],
)
def test_columns_are_networks_ensemble_and_of_two_the_difference(networks, names):
    assert column_names(networks, "average") == names


def test_columns_hold_what_their_names_say(explainer, photo):
    asked = request(explainer, photo, Settings(toward="suv"))
    maps = finished_maps(explainer, asked, QUICK)["shap"].maps
    columns = columns_of(maps, "average", None)
    assert columns["75"] is maps["75"] and columns["100"] is maps["100"]
    torch.testing.assert_close(columns["average"].map, (maps["75"].map + maps["100"].map) / 2)
    torch.testing.assert_close(columns["75-100"].map, maps["75"].map - maps["100"].map)
    assert columns["75-100"].parts == ("75", "100") and columns["average"].parts == ()
    for decided_by in ("75", "100"):
        assert columns_of(maps, "priority", decided_by)["priority"] is maps[decided_by]


def test_the_average_is_of_its_members(attribution_of_each):
    columns = columns_of(attribution_of_each, "average", None, members=["75", "128"])
    expected = (attribution_of_each["75"].map + attribution_of_each["128"].map) / 2
    torch.testing.assert_close(columns["average"].map, expected)
    assert list(columns) == ["75", "100", "128", "average"]
