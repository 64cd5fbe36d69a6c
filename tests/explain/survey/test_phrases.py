from dataclasses import replace

import pytest

from explain.methods.registry import METHODS
from explain.survey.phrases import SECTIONS, section


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("completeness", ("2 % for Integrated Gradients and 0.1 % for SHAP", "Grad-CAM has no sum to check")),
        ("faithfulness", ("2 % at a time",)),  # 50 steps
        ("border", ("outer 12 %", "are 42 % of the picture")),  # 1 − 0.76²
        ("agreement", ("10 % in common",)),
        ("stability", ("at most 2 % of its range",)),
        ("mean_maps", ("20 photos or more",)),
    ],
)
def test_figures_in_the_words(name, figures):
    title, text = section(name, METHODS.values())
    assert title == SECTIONS[name][0]
    assert all(figure in text for figure in figures)


def test_methods_add_up_or_not_as_their_records_say():
    first, second, third = METHODS.values()
    without = replace(second, complete=False), replace(third, title="Third", complete=False)
    told = section("completeness", [first, *without])[1]
    assert told == "Grad-CAM, Integrated Gradients and Third have no sum to check."
    exact = replace(second, refine=None)
    told = section("completeness", [exact])[1]
    assert "The sum of a map of Integrated Gradients should be" in told
    assert "It may be 0.1 % for Integrated Gradients;" in told and "no sum" not in told
