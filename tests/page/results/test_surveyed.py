import numpy as np
import pytest

from carmodel.card import Card
from carmodel.network import CLASSES
from page.results.surveyed import MAPS, read_survey

FIGURE = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 20}


@pytest.fixture
def table():
    control = {"gaussian": {"deletion": FIGURE, "insertion": FIGURE, "deletion_logit": FIGURE}}
    group = {"controls": control, "methods": {"shap": {"gap": FIGURE, "steps": FIGURE}}}
    return {
        "settings": {"split": "test", "networks_sha256": {"final-75": "aa"}},
        "photos": {"asked": 21, "read": 20},
        "networks": {"75": {"all": {"all": group}}},
        "seconds": {"map, shap": FIGURE, "map, shap, 75": FIGURE | {"mean": 0.2}, "curves": FIGURE},
    }


def card(digest):
    return Card("final-75", 75, True, CLASSES, 1.0, digest, {}, {}, {})


def test_figures_and_seconds(table, tmp_path):
    survey = read_survey(tmp_path, [card("aa")], table)
    assert survey.current and survey.measured_on == "20 test photos"
    assert survey.figures["75"]["shap"].keys() == {"gap"}
    assert {key: interval.mean for key, interval in survey.seconds.items()} == {
        ("shap", ""): 0.5,
        ("shap", "75"): 0.2,
    }
    assert survey.maps == {}


def test_survey_of_other_weights_says_so(table, tmp_path):
    assert "earlier versions" in read_survey(tmp_path, [card("bb")], table).measured_on


def test_mean_maps_by_method_network_and_group(table, tmp_path):
    map = np.eye(75, dtype=np.float16)
    np.savez(
        tmp_path / MAPS,
        integrated_gradients_100_suv=map,
        shap_75_all=2 * map,
        shap_75_truecar=map,
        shap_75_sedan=np.full((75, 75), np.nan, np.float16),
    )
    maps = read_survey(tmp_path, [], table).maps
    assert maps.keys() == {("integrated_gradients", "100", "suv"), ("shap", "75", "all")}
    assert maps["shap", "75", "all"].dtype == np.float32 and maps["shap", "75", "all"].max() == 2


def test_damaged_maps_are_none(table, tmp_path):
    (tmp_path / MAPS).write_bytes(b"PK not a zip")
    assert read_survey(tmp_path, [], table).maps == {}
