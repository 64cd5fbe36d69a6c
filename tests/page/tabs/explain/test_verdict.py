import io
import re
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from carmodel.ensemble import PUBLISHED_OWNERS, average, predict, priority
from carmodel.ood import Cue
from explain.explainer import Classification
from explain.report.render import seen
from page.tabs.explain.verdict import verdict


def classification(logits_75, logits_100):
    logits = {"75": torch.tensor(logits_75).log(), "100": torch.tensor(logits_100).log()}
    predictions = {name: predict(each) for name, each in logits.items()}
    predictions["average"] = average(*logits.values())
    predictions["priority"] = priority(*logits.values(), PUBLISHED_OWNERS)
    return Classification(logits, predictions)


# Probabilities of sedan, coupe, SUV, truck.
DISAGREE = classification([0.2, 0.6, 0.1, 0.1], [0.7, 0.1, 0.1, 0.1])


def bars(html):
    """Kind, class, ends in per cent and text of every bar."""
    pattern = (
        r"<li(?: class=\"?(\w+)\"?)?><span>(\w+)</span>"
        r"<i style=\"--from:([\d.]+)%;--to:([\d.]+)%\"></i><b>(.*?)</b>"
    )
    found = re.findall(pattern, html)
    return [(kind, name, float(low), float(high), text) for kind, name, low, high, text in found]


@pytest.mark.parametrize(
    ("mode", "sentence", "rule"),
    [
        ("average", "the networks disagree.", "Average: the mean of both networks’ logits."),
        ("priority", "and Priority lets 100 px decide.", "Priority: 100 px decides."),
    ],
)
def test_verdict_says_who_decides(photo, mode, sentence, rule):
    html = verdict(photo, DISAGREE, mode)
    assert sentence in re.search("<h2>(.*?)</h2>", html)[1]
    assert f"<p>{rule}</p>" in html


def test_bars_of_every_network(photo):
    found = bars(verdict(photo, DISAGREE, "priority"))
    assert found[:4] == [
        ("", "Sedan", 0, 20, "20 %"),
        ("top", "Coupe", 0, 60, "60 %"),
        ("", "SUV", 0, 10, "10 %"),
        ("", "Truck", 0, 10, "10 %"),
    ]
    assert found[4] == ("top", "Sedan", 0, 70, "70 %")
    assert found[8:12] == found[4:8]  # the ensemble is the network that decided


@pytest.mark.parametrize(("score", "doubted"), [(0.9, False), (1.8, True)])
def test_doubt_that_it_is_a_car(photo, score, doubted):
    html = verdict(photo, replace(DISAGREE, cue=Cue(score, 1.5)), "average")
    assert ("This may not be a photo of a car" in html) == doubted
    assert "This may not be" not in verdict(photo, DISAGREE, "average")


def test_differences_start_in_the_middle(photo):
    found = bars(verdict(photo, DISAGREE, "average"))[12:]
    assert found == [
        ("change", "Sedan", 25, 50, "−50"),
        ("change", "Coupe", 50, 75, "+50"),
        ("change", "SUV", 50, 50, "0"),
        ("change", "Truck", 50, 50, "0"),
    ]


def test_what_each_network_saw_is_exact(photo):
    html = verdict(photo, DISAGREE, "average")
    pictures = re.findall(r'class="seen" src="data:image/png;base64,([^"]+)" alt="([^"]+)"', html)
    for (data, alt), size in zip(pictures, (75, 100), strict=True):
        image = Image.open(io.BytesIO(b64decode(data)))
        np.testing.assert_array_equal(image, seen(photo, size))
        assert f"{size} × {size}" in alt
