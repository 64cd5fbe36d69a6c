import json
from dataclasses import replace
from importlib.metadata import version

import pytest
import torch

from carmodel.card import Card
from carmodel.ensemble import PUBLISHED_OWNERS, average, predict, priority
from carmodel.network import CLASSES
from carmodel.ood import Cue
from carmodel.photo import Photo
from explain.attribution import FUSED, Attribution
from explain.classification import Classification
from explain.methods.registry import METHODS
from explain.report.cards import scale_of
from explain.report.report import Report, as_table
from explain.request import columns_of
from explain.target import Target

SMALL, LARGE = torch.full((300, 300), 2e-5), torch.full((300, 300), -4e-5)  # sums 1.8 and −3.6


def attribution_of(map, network, gap=0.01):
    method = METHODS["integrated_gradients"]
    return Attribution(map, map, method, network, Target("suv"), "black", 2.0, 0.5, gap, 16, 0.12345)


def maps():
    return {"75": attribution_of(SMALL, "75"), "100": attribution_of(LARGE, "100", gap=0.04)}


def report_of(ensemble, smoothing="pixels"):
    logits = {"75": torch.tensor([0.0, 0.0, 1.0, 0.0]), "100": torch.tensor([0.0, 1.0, 0.0, 0.0])}
    predictions = {name: predict(each) for name, each in logits.items()}
    predictions |= {
        "average": average(logits.values()),
        "priority": priority({75: logits["75"], 100: logits["100"]}, PUBLISHED_OWNERS),
    }
    cards = {
        name: Card(f"final-{name}", int(name), True, CLASSES, 1.0, f"sha of {name}", {}, {}, {})
        for name in logits
    }
    decided_by = "100" if ensemble == "priority" else None
    rows = {"integrated_gradients": columns_of(maps(), ensemble, decided_by)}
    photo = Photo(torch.rand(3, 300, 300), 640, 480)
    said = Classification(logits, predictions)
    return Report("car.jpg", photo, cards, said, ensemble, Target("suv"), 0.02, rows, smoothing)


def test_row_of_average():
    columns = columns_of(maps(), "average", None)
    assert list(columns) == ["75", "100", "average", "75-100"]
    assert torch.allclose(columns["average"].map, torch.full((300, 300), -1e-5))
    assert torch.allclose(columns["75-100"].map, torch.full((300, 300), 6e-5))


@pytest.mark.parametrize("decided_by", ["75", "100"])
def test_row_of_priority_has_the_map_of_the_network_that_decided(decided_by):
    columns = columns_of(maps(), "priority", decided_by)
    assert list(columns) == ["75", "100", "priority", "75-100"]
    assert columns["priority"] is columns[decided_by]


def test_one_scale_for_the_row():
    assert scale_of(columns_of(maps(), "average", None).values()) == pytest.approx(6e-5)


def test_table_of_a_map():
    table = as_table(report_of("average"))["maps"]["integrated_gradients_75"]
    assert table.pop("description").startswith("Integrated Gradients, 75 px, for SUV: ")
    assert table.pop("made_by") == FUSED
    assert table == {
        "method": "integrated_gradients",
        "network": "75",
        "target": "suv",
        "reference": "black",
        "score": 2.0,
        "reference_score": 0.5,
        "sum": pytest.approx(1.8),
        "gap": 0.01,
        "adds_up": True,
        "steps": 16,
        "seconds": 0.123,
        "scale": pytest.approx(6e-5),
    }


def test_table_of_the_cue():
    report = report_of("average")
    assert as_table(report)["cue"] is None
    strange = replace(report.classification, cue=Cue(score=1.8, threshold=1.5))
    table = as_table(replace(report, classification=strange))
    assert table["cue"] == {"score": 1.8, "threshold": 1.5, "car": False}


def test_pictures_by_region_leave_the_figures_alone():
    pixels, regions = (as_table(report_of("average", smoothing)) for smoothing in ("pixels", "regions"))
    assert (pixels["detail"], regions["detail"]) == ("pixels", "regions")
    # Constant maps change along the border alone, where what would fall outside is kept.
    for name, table in regions["maps"].items():
        assert 6e-5 < table.pop("scale") < 2 * 6e-5
        table.pop("description")
        assert table.items() <= pixels["maps"][name].items()


def test_table_says_which_maps_add_up():
    adds_up = {name: each["adds_up"] for name, each in as_table(report_of("average"))["maps"].items()}
    # of the average: sum −0.9 instead of 1.5, which is 160 % off; of the difference: as its networks
    assert adds_up == {
        "integrated_gradients_75": True,
        "integrated_gradients_100": False,
        "integrated_gradients_average": False,
        "integrated_gradients_75-100": False,
    }


def test_table_of_photo_networks_and_versions():
    report = report_of("average")
    table = as_table(report)
    assert table["photo"] == {
        "file": "car.jpg",
        "width": 640,
        "height": 480,
        "frame_sha256": report.photo.digest,
    }
    assert table["networks"]["100"] == {
        "name": "final-100",
        "sha256": "sha of 100",
        "logits": [0.0, 1.0, 0.0, 0.0],
    }
    assert table["sentence"].endswith("the networks disagree.")
    assert table["versions"]["captum"] == version("captum")


def test_table_of_predictions():
    predictions = as_table(report_of("priority"))["predictions"]
    # softmax of one logit of 1 and three of 0: e / (e + 3) = 0.4754
    assert predictions["75"] == {
        "verdict": "suv",
        "confidence": pytest.approx(0.4754, abs=1e-4),
        "probabilities": {
            "sedan": pytest.approx(0.1749, abs=1e-4),
            "coupe": pytest.approx(0.1749, abs=1e-4),
            "suv": pytest.approx(0.4754, abs=1e-4),
            "truck": pytest.approx(0.1749, abs=1e-4),
        },
    }
    assert predictions["priority"]["decided_by"] == 100
    assert predictions["priority"]["trace"].endswith("so 100 px decides.")


def test_table_is_strict_json():
    table = as_table(report_of("priority"))
    assert json.loads(json.dumps(table, allow_nan=False)) == table
