from dataclasses import replace

import pytest

from page.map_card import receipt
from tests.document import parsed


def figures(html):
    """Term -> figure."""
    page = parsed(html)
    return dict(zip(*([part.text for part in page.all(tag)] for tag in ("dt", "dd")), strict=True))


def test_receipt_prints_sum_change_and_gap(attribution):
    html = receipt(attribution(1.98, 2.0, "integrated_gradients", steps=64), failed=False)
    assert figures(html) == {"Σ map": "+1.98", "f(x) − f(reference)": "+2.00", "Gap · 64 steps": "1 %"}
    assert parsed(html).one("dl").attributes["class"] == "receipt"
    assert [line.attributes["class"] for line in parsed(html).all("p")] == ["time"]  # and no warning


def test_negative_numbers_have_a_real_minus(attribution):
    assert figures(receipt(attribution(-3.0, -3.0), failed=False))["Σ map"] == "−3.00"


def test_tiny_gap_is_not_printed_in_powers_of_ten(attribution):
    assert figures(receipt(attribution(), failed=False))["Gap"] == "< 0.01 %"


def test_failed_receipt_warns_in_words(attribution):
    page = parsed(receipt(attribution(1.0, 2.0), failed=True))
    assert len(page.all("dl", "failed")) == 1
    warning, _ = page.all("p")
    assert warning.text == "This map does not add up to the score: read it with caution."


def test_reason_for_the_engine_is_folded_away(attribution):
    """Beside what computed the map, and only where it was to be another."""
    slow = replace(attribution(), made_by="shap’s <DeepExplainer>")
    assert parsed(receipt(slow, failed=False)).all("details") == []
    html = receipt(replace(slow, not_fast="It has no <chain>."), failed=False)
    folded = parsed(html).one("details", "time")
    assert folded.one("summary").text == "0.1 s, by shap’s <DeepExplainer>"
    assert folded.one("p").text == "Not by the fused engine: It has no <chain>."
    assert "open" not in folded.attributes


def test_method_without_a_sum_has_no_receipt(attribution):
    page = parsed(receipt(attribution(method="gradcam"), failed=False))
    assert page.all("dl") == []
    assert page.all("p")[0].text == "No receipt: Grad-CAM does not add up to the score."


@pytest.mark.parametrize(("seconds", "words"), [(0.0123, "12 ms"), (0.25, "0.25 s"), (12.3, "12 s")])
@pytest.mark.parametrize("method", ["gradcam", "shap"])
def test_every_map_shows_its_time(attribution, method, seconds, words):
    html = receipt(replace(attribution(method=method), seconds=seconds), failed=False)
    time = parsed(html).one("p", "time")
    assert time.text == words and time.attributes["title"]
