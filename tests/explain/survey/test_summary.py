import json

import numpy as np
import pytest
from scipy import stats

from explain.survey.findings import gather
from explain.survey.records import record_path, write_record
from explain.survey.summary import Interval, interval, summarise

NETWORKS = ("75", "100", "average")


@pytest.fixture
def summary(tmp_path, samples, maps_record):
    """Of four photos with areas 0.1, 0.2, 0.3 and 0.8, of which the coupe and the truck are called SUVs."""
    given = zip(("sedan", "sedan", "suv", "suv"), (0.1, 0.2, 0.3, 0.8), strict=True)
    for number, (explained, deletion) in enumerate(given, start=1):
        write_record(record_path(tmp_path, number, "maps"), maps_record(explained, deletion))
    return summarise(gather(tmp_path, samples), {"split": "val"}, [*samples, samples[0]])


def test_interval_is_scipys_percentile_bootstrap():
    values = np.random.default_rng(3).gamma(2, size=80)
    found = interval(values.tolist())
    wanted = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(4)
    ).confidence_interval
    assert found.mean == pytest.approx(values.mean()) and found.n == 80
    assert (found.low, found.high) == pytest.approx(tuple(wanted), abs=0.1 * values.std() / np.sqrt(80))


def test_interval_is_the_same_at_every_call():
    values = np.random.default_rng(3).random(30).tolist()
    assert interval(values) == interval(values)


def test_interval_of_one_photo_is_a_point():
    assert interval([0.25]) == Interval(0.25, 0.25, 0.25, 1)


def test_interval_of_a_share_is_wilsons():
    # 8 of 10, as in Wallis 2013, and statsmodels: proportion_confint(8, 10, method="wilson")
    found = interval([True] * 8 + [False] * 2)
    assert (found.mean, found.n) == (0.8, 10)
    assert (found.low, found.high) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)


def test_groups_hold_the_photos_that_belong_to_them(summary):
    for network in NETWORKS:
        groups = summary["networks"][network]
        photos = {
            kind: {name: group["photos"] for name, group in each.items()} for kind, each in groups.items()
        }
        assert photos == {
            "all": {"all": 4},
            "class": {"sedan": 2, "suv": 2},
            "source": {"a": 2, "b": 2},
            "verdict": {"right": 2, "wrong": 2},
        }
        assert groups["all"]["all"]["right"]["mean"] == 0.5
        means = {
            (kind, name): group["methods"]["shap"]["deletion"]["mean"]
            for kind, each in groups.items()
            for name, group in each.items()
        }
        assert means == pytest.approx(
            {
                ("all", "all"): 0.35,
                ("class", "sedan"): 0.15,
                ("class", "suv"): 0.55,
                ("source", "a"): 0.2,
                ("source", "b"): 0.5,
                ("verdict", "right"): 0.15,
                ("verdict", "wrong"): 0.55,
            }
        )


def test_controls_shares_and_curves(summary):
    group = summary["networks"]["100"]["all"]["all"]
    assert group["controls"]["random"]["deletion"]["mean"] == pytest.approx(0.65)
    assert group["controls"]["gaussian"]["insertion_logit"]["mean"] == pytest.approx(3.7)
    assert group["methods"]["shap"]["beats_both_deletion"]["mean"] == 0.75
    assert not any(name.startswith(("random", "gaussian")) for name in group["methods"]["shap"])
    assert summary["curves"]["average"]["random"]["insertion"] == pytest.approx([0.35] * 51)


def test_gaps_are_of_methods_that_have_one(summary):
    methods = summary["networks"]["75"]["all"]["all"]["methods"]
    assert "gap" not in methods["gradcam"]
    gradients = methods["integrated_gradients"]  # gaps 0.005, 0.01, 0.015, 0.04, of which 0.02 is allowed
    assert gradients["gap"]["mean"] == pytest.approx(0.0175)
    assert gradients["gap_largest"] == pytest.approx(0.04)
    assert gradients["adds_up"]["mean"] == 0.75
    assert methods["shap"]["adds_up"]["mean"] == 0.0


def test_what_only_some_networks_have_is_there_only(summary):
    of = {name: summary["networks"][name]["all"]["all"]["methods"]["shap"] for name in NETWORKS}
    assert [name for name in NETWORKS if "agreement_rank" in of[name]] == ["average"]
    assert not any("stability" in figures for figures in of.values())


def test_photos_are_counted_and_all_of_it_is_json(summary):
    assert summary["photos"] == {
        "asked": 5,
        "read": 4,
        "classes": {"sedan": 2, "coupe": 1, "suv": 0, "truck": 1},
        "sources": {"a": 2, "b": 2},
    }
    assert summary["seconds"]["curves"]["mean"] == pytest.approx(2.35)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
