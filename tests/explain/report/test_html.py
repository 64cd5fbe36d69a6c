import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.metadata import version

import pytest

from carmodel.ood import Cue
from explain.report.html import offline

GAPS = {"gradcam": None, "integrated_gradients": 0.01, "shap": 0.0}


class Reader(HTMLParser):
    """Collects what a page shows and what it would fetch."""

    def __init__(self, html):
        super().__init__()
        self.words, self.tags = [], []
        self.feed(html)
        self.text = " ".join(self.words)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)


def test_report_says_what_a_reader_needs(report_of):
    text = Reader(offline(report_of(GAPS))).text
    for words in (
        "Coupe, 43 %: the networks disagree.",
        "The maps explain SUV.",
        "What the 75 px network sees",
        "Grad-CAM",
        "Integrated Gradients",
        "SHAP",
        "sum ",
        "sha of 75",
        "sha of 100",
        f"torch {version('torch')}",
        "720 × 480 pixels",
    ):
        assert words in text


def test_report_fetches_nothing_and_describes_every_picture(report_of):
    html = offline(report_of(GAPS))
    tags = Reader(html).tags
    pictures = [given for tag, given in tags if tag == "img"]
    assert len(pictures) == 3 + 12
    assert all(given["src"].startswith("data:image/") and given["alt"] for given in pictures)
    assert not {"script", "link", "iframe"} & {tag for tag, _ in tags}
    assert not re.search(r"url\(|https?://|@import", html)


def test_probabilities_are_those_of_all_four(report_of):
    report = report_of({"gradcam": None})
    table = re.search(r"<h2>Probabilities</h2>.*?</table>", offline(report), re.S)[0]
    # e / (e + 3) = 0.475 for SUV at 75 px, e² / (e² + 3) = 0.711 for coupe at 100 px, and of the means
    # (0, 1, 1/2, 0): e / (e + √e + 2) = 0.427.
    assert re.findall(r"class=top[^>]*>([^<]+)<", table) == ["71 %", "43 %", "71 %", "48 %"]


@pytest.mark.parametrize(("gap", "fails"), [(0.01, 0), (0.03, 4)])
def test_receipts_that_fail_say_so(report_of, gap, fails):
    html = offline(report_of({"integrated_gradients": gap}, "priority"))
    assert html.count("<p class=failed>Fails: sum ") == fails
    assert "Priority: 100 px decides" in html


def test_evidence_stands_under_the_map_that_it_is_of(report_of, known):
    report = report_of({"shap": 0.0}, "priority")  # 100 px decides, so its map stands for the ensemble
    assert "Deletion" not in offline(report)
    html = offline(report, {"75": {"shap": known(0.111)}, "100": {"shap": known(0.222)}})
    assert re.findall(r"Deletion (\S+) ", html) == ["0.11", "0.22", "0.22"]
    assert html.count("Beats both controls.") == 3
    assert "20 % of it lies on the border, which is 42 % of the picture." in html
    assert "This map could not be tested." in offline(report, {"75": {"shap": None}})


@pytest.mark.parametrize(("score", "doubts"), [(1.0, 0), (1.8, 1)])
def test_what_looks_like_no_car_is_said(report_of, score, doubts):
    report = report_of({"gradcam": None})
    said = replace(report.classification, cue=Cue(score, threshold=1.5))
    html = offline(replace(report, classification=said))
    assert html.count('<p class="doubt">This may not be a photo of a car') == doubts


def test_names_cannot_break_out(report_of):
    html = offline(replace(report_of({"gradcam": None}), name="<script>alert(1)</script>.jpg"))
    assert "<script>" not in html
