import io
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from carmodel.ensemble import PUBLISHED_OWNERS, average, predict, priority
from carmodel.ood import Cue
from explain.classification import Classification
from explain.report.render import seen
from page.tabs.explain.verdict import verdict
from tests.document import parsed


def classification(**probabilities):
    """What networks say by size, each a list of the probabilities of sedan, coupe, SUV, truck."""
    logits = {name.removeprefix("px"): torch.tensor(row).log() for name, row in probabilities.items()}
    predictions = {name: predict(values) for name, values in logits.items()}
    if len(logits) > 1:
        predictions["average"] = average(logits.values())
    if len(logits) == 2:
        by_size = {int(name): values for name, values in logits.items()}
        predictions["priority"] = priority(by_size, PUBLISHED_OWNERS)
    return Classification(logits, predictions)


SMALL, LARGE = [0.2, 0.6, 0.1, 0.1], [0.7, 0.1, 0.1, 0.1]
DISAGREE = classification(px75=SMALL, px100=LARGE)


def columns(html):
    """Title -> class, name, ends in per cent and text of every bar."""
    bars = {}
    for column in parsed(html).all("div", "column"):
        bars[column.one("h3").text] = [
            (
                bar.attributes.get("class", ""),
                bar.one("span").text,
                *(
                    float(end.partition(":")[2].rstrip("%"))
                    for end in bar.one("i").attributes["style"].split(";")
                ),
                bar.one("b").text,
            )
            for bar in column.all("li")
        ]
    return bars


@pytest.mark.parametrize(
    ("ensemble", "sentence", "rule"),
    [
        ("average", "the networks disagree.", "Average: the mean of both networks’ logits."),
        ("priority", "and Priority lets 100 px decide.", "Priority: 100 px decides."),
    ],
)
def test_verdict_says_who_decides(photo, ensemble, sentence, rule):
    page = parsed(verdict(photo, DISAGREE, ensemble))
    assert sentence in page.one("h2").text
    assert page.all("div", "column")[2].one("p").text == rule


@pytest.mark.parametrize(
    ("members", "whose"),
    [
        ((), "all networks’ logits"),
        (("75", "100", "128"), "all networks’ logits"),
        (("75", "128"), "the logits of 75 px and 128 px"),
    ],
)
def test_verdict_says_whose_mean_the_average_is(photo, members, whose):
    three = replace(classification(px75=SMALL, px100=LARGE, px128=SMALL), members=members)
    page = parsed(verdict(photo, three, "average"))
    assert page.all("div", "column")[3].one("p").text == f"Average: the mean of {whose}."


def test_bars_of_every_network(photo):
    bars = columns(verdict(photo, DISAGREE, "priority"))
    assert list(bars) == ["75 px", "100 px", "Ensemble", "75 px − 100 px"]
    assert bars["75 px"] == [
        ("", "Sedan", 0, 20, "20 %"),
        ("top", "Coupe", 0, 60, "60 %"),
        ("", "SUV", 0, 10, "10 %"),
        ("", "Truck", 0, 10, "10 %"),
    ]
    assert bars["100 px"][0] == ("top", "Sedan", 0, 70, "70 %")
    assert bars["Ensemble"] == bars["100 px"]  # the ensemble is the network that decided


def test_average_is_the_mean_of_logits(photo):
    # Geometric means √0.14, √0.06, 0.1 and 0.1 are 0.374, 0.245, 0.1 and 0.1 of 0.819.
    bars = columns(verdict(photo, DISAGREE, "average"))["Ensemble"]
    assert [text for *_, text in bars] == ["46 %", "30 %", "12 %", "12 %"]


def test_differences_start_in_the_middle(photo):
    assert columns(verdict(photo, DISAGREE, "average"))["75 px − 100 px"] == [
        ("change", "Sedan", 25, 50, "−50"),
        ("change", "Coupe", 50, 75, "+50"),
        ("change", "SUV", 50, 50, "0"),
        ("change", "Truck", 50, 50, "0"),
    ]


def test_network_alone_has_neither_ensemble_nor_difference(photo):
    html = verdict(photo, classification(px75=SMALL), "75")
    assert list(columns(html)) == ["75 px"]
    assert parsed(html).one("h2").text == "Coupe, 60 %: 75 px alone."


def test_three_networks_have_an_average_and_no_difference(photo):
    html = verdict(photo, classification(px64=SMALL, px75=SMALL, px128=LARGE), "average")
    assert list(columns(html)) == ["64 px", "75 px", "128 px", "Ensemble"]
    rule = parsed(html).all("div", "column")[-1].one("p").text
    assert rule == "Average: the mean of all networks’ logits."
    # ∛(0.2·0.2·0.7) = 0.304, ∛(0.6·0.6·0.1) = 0.330, 0.1 and 0.1 of 0.834
    assert [text for *_, text in columns(html)["Ensemble"]] == ["36 %", "40 %", "12 %", "12 %"]


@pytest.mark.parametrize(("score", "doubted"), [(0.9, False), (1.8, True)])
def test_doubt_that_it_is_a_car(photo, score, doubted):
    page = parsed(verdict(photo, replace(DISAGREE, cue=Cue(score, 1.5)), "average"))
    assert ("This may not be a photo of a car" in page.text) == doubted
    assert "This may not be" not in parsed(verdict(photo, DISAGREE, "average")).text


def test_what_each_network_saw_is_exact(photo):
    pictures = parsed(verdict(photo, DISAGREE, "average")).all("img", "seen")
    for image, size in zip(pictures, (75, 100), strict=True):
        data = image.attributes["src"].removeprefix("data:image/png;base64,")
        np.testing.assert_array_equal(Image.open(io.BytesIO(b64decode(data))), seen(photo, size))
        assert f"{size} × {size}" in image.attributes["alt"]
