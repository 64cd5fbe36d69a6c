import re
from dataclasses import replace
from importlib.metadata import version

import pytest

from carmodel.ood import Cue
from explain.report.html import offline
from tests.document import parsed

GAPS = {"gradcam": None, "integrated_gradients": 0.01, "shap": 0.0}


def section(page, title):
    """What stands under a heading."""
    [found] = [part for part in page.all("section") if part.one("h2").text == title]
    return found


def test_report_says_what_a_reader_needs(report_of):
    page = parsed(offline(report_of(GAPS)))
    assert page.one("title").text == "car.jpg: Coupe, 43 %: the networks disagree."
    header = page.one("header")
    assert header.one("h1").text == "Coupe, 43 %: the networks disagree."
    assert "The maps explain SUV." in header.text
    headings = [heading.text for heading in page.all("h2")]
    methods = ["Grad-CAM", "Integrated Gradients", "SHAP"]
    assert headings == ["The photo", "Probabilities", *methods, "How it was made"]
    titles = [figure.one("h3").text for figure in section(page, "The photo").all("figure")]
    assert titles == ["Photo", "What the 75 px network sees", "What the 100 px network sees"]
    made = dict(section(page, "How it was made").one("table").table())
    assert made["Photo"] == "720 × 480 pixels"
    assert made["75 px network"] == "final-75, weights’ SHA-256 sha of 75"
    assert made["100 px network"] == "final-100, weights’ SHA-256 sha of 100"
    assert f"torch {version('torch')}" in made["Versions"]
    assert made["Gap allowed to Integrated Gradients"] == "2 %"  # which alone refines its maps
    assert "Gap allowed to SHAP" not in made


def test_report_fetches_nothing_and_describes_every_picture(report_of):
    html = offline(report_of(GAPS))
    page = parsed(html)
    pictures = [image.attributes for image in page.all("img")]
    assert len(pictures) == 3 + 12
    assert all(image["src"].startswith("data:image/") and image["alt"] for image in pictures)
    assert not {"script", "link", "iframe"} & {element.tag for element in page.all()}
    assert not re.search(r"url\(|https?://|@import", html)


def test_probabilities_are_those_of_all_four(report_of):
    page = parsed(offline(report_of({"gradcam": None})))
    table = section(page, "Probabilities").one("table")
    assert table.table()[0] == ["", "75 px", "100 px", "Average", "Priority"]
    # e / (e + 3) = 0.475 for SUV at 75 px, e² / (e² + 3) = 0.711 for coupe at 100 px, and of the means
    # (0, 1, 1/2, 0): e / (e + √e + 2) = 0.427.
    assert [cell.text for cell in table.all("td", "top")] == ["71 %", "43 %", "71 %", "48 %"]


@pytest.mark.parametrize(("gap", "fails"), [(0.01, 0), (0.03, 4)])
def test_receipts_that_fail_say_so(report_of, gap, fails):
    page = parsed(offline(report_of({"integrated_gradients": gap}, "priority")))
    maps = section(page, "Integrated Gradients").all("figure")
    failed = [figure.all("p", "failed") for figure in maps]
    assert sum(map(len, failed)) == fails
    assert all(line.text.startswith("Fails: sum ") for lines in failed for line in lines)
    assert "100 px decides" in maps[2].one("h3").text


def test_evidence_stands_under_the_map_that_it_is_of(report_of, known):
    report = report_of({"shap": 0.0}, "priority")  # 100 px decides, so its map stands for the ensemble
    assert "Deletion" not in parsed(offline(report)).text
    page = parsed(offline(report, {"75": {"shap": known(0.111)}, "100": {"shap": known(0.222)}}))
    below = [figure.one("figcaption").text for figure in section(page, "SHAP").all("figure")]
    areas = [re.findall(r"Deletion (\S+) ", text) for text in below]
    assert areas == [["0.11"], ["0.22"], ["0.22"], []]
    assert ["Beats both controls." in text for text in below] == [True, True, True, False]
    assert "20 % of it lies on the border, which is 42 % of the picture." in below[0]
    untested = parsed(offline(report, {"75": {"shap": None}}))
    assert "This map could not be tested." in section(untested, "SHAP").all("figure")[0].text


@pytest.mark.parametrize(("score", "doubts"), [(1.0, 0), (1.8, 1)])
def test_what_looks_like_no_car_is_said(report_of, score, doubts):
    report = report_of({"gradcam": None})
    said = replace(report.classification, cue=Cue(score, threshold=1.5))
    doubted = parsed(offline(replace(report, classification=said))).one("header").all("p", "doubt")
    assert len(doubted) == doubts
    assert all(line.text.startswith("This may not be a photo of a car") for line in doubted)


def test_names_cannot_break_out(report_of):
    page = parsed(offline(replace(report_of({"gradcam": None}), name="<script>alert(1)</script>.jpg")))
    assert not page.all("script")
    assert page.one("title").text.startswith("<script>alert(1)</script>.jpg")
