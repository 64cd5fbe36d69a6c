import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from explain.report.cards import scale_of
from explain.report.render import overlay, upright
from explain.report.sheet import contact_sheet
from explain.smoothing import all_smoothed


def texts(figure):
    return {text.get_text(): text.get_color() for text in figure.texts}


def drawn(figure):
    file = io.BytesIO()
    figure.savefig(file, dpi="figure")
    return np.asarray(Image.open(file).convert("RGB"))


@pytest.mark.parametrize(
    ("width", "height", "first"),
    [(720, 480, 618), (300, 700, 768), (900, 100, 568)],  # 150 + max(300, 250) + 84 + 84 = 618
)
def test_sheet_shows_the_pictures_pixel_by_pixel(report_of, width, height, first):
    report = report_of({"shap": 0.0}, width=width, height=height)
    sheet = drawn(contact_sheet(report))
    photo = np.asarray(upright(report.photo))
    assert (sheet[150 : 150 + photo.shape[0], 60 : 60 + photo.shape[1]] == photo).all()
    columns = report.rows["shap"]
    for left, attribution in zip((60, 550, 1040, 1530), columns.values(), strict=True):
        picture = np.asarray(overlay(attribution, report.photo, scale_of(columns.values())))
        assert (sheet[first : first + picture.shape[0], left : left + picture.shape[1]] == picture).all()


def test_sheet_shows_regions(report_of):
    report = replace(report_of({"shap": 0.0}), smoothing="regions")
    columns = all_smoothed(report.rows["shap"], "regions")
    picture = np.asarray(overlay(columns["75"], report.photo, scale_of(columns.values())))
    sheet = drawn(contact_sheet(report))
    assert (sheet[618 : 618 + picture.shape[0], 60 : 60 + picture.shape[1]] == picture).all()


def test_sheet_is_as_long_as_its_rows(report_of):
    one, two = (
        drawn(contact_sheet(report_of(gaps))) for gaps in ({"shap": 0.0}, {"shap": 0.0, "gradcam": None})
    )
    assert one.shape[1] == two.shape[1] == 2040
    assert two.shape[0] - one.shape[0] == 300 + 84 + 84  # a picture of 450×300, its heading and captions


def test_sheet_says_what_a_reader_needs(report_of):
    written = texts(contact_sheet(report_of({"gradcam": None, "integrated_gradients": 0.01})))
    for text in (
        "Coupe, 43 %: the networks disagree.",
        "car.jpg",
        "What the 75 px network sees",
        "Grad-CAM",
        "Where the last convolutions speak for SUV; what speaks against is not shown.",
        "Integrated Gradients",
        "What each pixel adds to the score, compared with a black picture.",
        "75 px",
        "100 px",
        "Average",
        "75 px − 100 px (red: 75 px finds more)",
        "logits per 1 % of the picture",
    ):
        assert text in written
    assert any(text.endswith("The maps explain SUV.") for text in written)


def test_sheet_of_priority_says_who_decides(report_of):
    written = texts(contact_sheet(report_of({"gradcam": None}, "priority")))
    assert "Priority: 100 px decides" in written
    assert any("so 100 px decides." in text for text in written)


@pytest.mark.parametrize(("gap", "failed"), [(0.01, False), (0.03, True)])
def test_a_receipt_that_fails_says_so_in_words_and_in_red(report_of, gap, failed):
    written = texts(contact_sheet(report_of({"integrated_gradients": gap}, "priority")))
    receipts = {text: colour for text, colour in written.items() if "logits, gap" in text}
    assert receipts
    assert all(text.startswith("Fails: ") == failed for text in receipts)
    assert all((colour == "#a4200f") == failed for colour in receipts.values())


def test_any_file_name_can_be_written(report_of):
    figure = contact_sheet(report_of({"gradcam": None}, name="$5 \\frac{ 車 Käfer.jpg"))
    assert "$5 \\frac{ ? Käfer.jpg" in texts(figure)
    assert drawn(figure).shape[1] == 2040
