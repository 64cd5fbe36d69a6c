import re
from dataclasses import replace

import pytest

from page.tabs.explain.receipt import receipt


def test_receipt_prints_sum_change_and_gap(attribution):
    html = receipt(attribution(1.98, 2.0, "integrated_gradients", steps=64), failed=False)
    assert "<dt>Σ map</dt><dd>+1.98</dd>" in html
    assert "<dt>f(x) − f(reference)</dt><dd>+2.00</dd>" in html
    assert "<dt>Gap · 64 steps</dt><dd>1 %</dd>" in html
    assert "caution" not in html and "failed" not in html


def test_negative_numbers_have_a_real_minus(attribution):
    assert "<dd>−3.00</dd>" in receipt(attribution(-3.0, -3.0), failed=False)


def test_tiny_gap_is_not_printed_in_powers_of_ten(attribution):
    assert "<dt>Gap</dt><dd>&lt; 0.01 %</dd>" in receipt(attribution(), failed=False)


def test_failed_receipt_warns_in_words(attribution):
    html = receipt(attribution(1.0, 2.0), failed=True)
    assert 'class="receipt failed"' in html
    assert "This map does not add up to the score" in html


def test_gradcam_has_no_receipt(attribution):
    html = receipt(attribution(method="gradcam"), failed=False)
    assert html.startswith("<p>No receipt: Grad-CAM does not add up to the score.</p>")


@pytest.mark.parametrize(("seconds", "words"), [(0.0123, "12 ms"), (0.25, "0.25 s"), (12.3, "12 s")])
@pytest.mark.parametrize("method", ["gradcam", "shap"])
def test_every_map_shows_its_time(attribution, method, seconds, words):
    html = receipt(replace(attribution(method=method), seconds=seconds), failed=False)
    assert re.search(r'<p class="time" title="[^"]+">(.*?)</p>', html)[1] == words
