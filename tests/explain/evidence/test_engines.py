"""The tests that make maps of their own make them by the engine that they are told."""

import pytest

from explain.attribution import FUSED
from explain.evidence.sanity import cascade
from explain.evidence.stability import stability
from explain.methods import library
from explain.methods.lanes import AUTO, FAST, LIBRARY, NoMapError
from explain.target import Target
from tests.gridless import gridless

SUV = Target("suv")


@pytest.mark.parametrize(
    ("engine", "made_by"), [(AUTO, FUSED), (FAST, FUSED), (LIBRARY, library.INTEGRATED_GRADIENTS)]
)
def test_every_step_of_a_cascade(networks, frame, engine, made_by):
    steps = cascade(
        networks[75, True], frame, SUV, "integrated_gradients", tolerance=0.9, engine=engine, layers=["fc3"]
    )
    assert [step.attribution.made_by for step in steps] == [made_by] * 2


@pytest.mark.parametrize("test", [lambda *given, **named: next(cascade(*given, **named)), stability])
def test_an_engine_that_cannot_be_used_is_not_replaced(frame, references, test):
    given = gridless(48), frame, SUV, "shap"
    with pytest.raises(NoMapError, match="The fast engine cannot be used for 48 px"):
        test(*given, references=references[:1], engine=FAST)


def test_maps_of_the_noise_are_made_by_it_too(networks, frame, monkeypatch):
    asked = []

    def cells(network, score, x):
        asked.append(network)
        return x[0], score(network(x[None])).item()

    monkeypatch.setattr(library, "gradcam", cells)
    stability(networks[75, True], frame, SUV, "gradcam", samples=2, engine=LIBRARY)
    assert len(asked) == 3
