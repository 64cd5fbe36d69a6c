import pytest

from explain.survey.phrases import SECTIONS


@pytest.mark.parametrize(
    ("section", "figures"),
    [
        ("completeness", ("2 % for Integrated Gradients", "0.1 % for SHAP")),
        ("faithfulness", ("2 % at a time",)),  # 50 steps
        ("border", ("outer 12 %", "are 42 % of the picture")),  # 1 − 0.76²
        ("agreement", ("10 % in common",)),
        ("stability", ("at most 2 % of its range",)),
        ("mean_maps", ("20 photos or more",)),
    ],
)
def test_figures_in_the_words(section, figures):
    assert all(figure in SECTIONS[section][1] for figure in figures)
