from types import SimpleNamespace

import pytest
from markupsafe import Markup
from PIL import Image

from carmodel.network import CarNet
from explain.evidence.sanity import Step, layers_of
from explain.methods.registry import METHODS
from page.tabs.trust import sanity
from page.tabs.trust.sanity import Shown, block
from tests.document import parsed
from tests.page.steps import status

LAYERS = tuple(layers_of(CarNet(75)))

LEFT = {"gradcam": 0.5, "integrated_gradients": None, "shap": -0.1}  # rank correlation in the end
FULL = [1.0] + [0.8] * (len(LAYERS) - 1)
NETWORKS = ("75", "100")


def course(correlations):
    """The steps of a map with these rank correlations."""
    return tuple(
        Shown(layer, value, Markup("<img>"), LAYERS)
        for layer, value in zip(("", *LAYERS), correlations, strict=False)
    )


@pytest.fixture
def finished():
    return {(method, name): course([*FULL, LEFT[method]]) for method in METHODS for name in NETWORKS}


def first_steps(finished, count):
    return {of: steps[:count] for of, steps in finished.items()}


@pytest.fixture
def cascades(monkeypatch, attribution):
    """Replaces the randomisation; what it was asked for, by method and network, and which of them breaks."""
    settings_of, broken = {}, set()

    def cascade(network, frame, target, method, **settings):
        settings_of[method, str(network.size)] = SimpleNamespace(target=target, **settings)
        for number, layer in enumerate(("", *LAYERS)):
            if number == 2 and (method, str(network.size)) in broken:
                raise RuntimeError("no luck")
            yield Step(layer, attribution(method=method), 1 - number / 20, None)

    monkeypatch.setattr("page.tabs.trust.sanity.cascade", cascade)
    monkeypatch.setattr("page.tabs.trust.sanity.layers_of", lambda network: dict.fromkeys(LAYERS, ()))
    monkeypatch.setattr("page.tabs.trust.sanity.overlay", lambda *_, **__: Image.new("RGB", (3, 2)))
    return SimpleNamespace(settings=settings_of, broken=broken)


def test_all_maps_advance_layer_by_layer(asked, fake, background, cascades):
    states = list(sanity.steps(asked, fake, background, lambda: True))
    assert len(states) == 1 + len(LAYERS)
    for number, state in enumerate(states):
        assert state.keys() == {(method, name) for method in METHODS for name in NETWORKS}
        for steps in state.values():
            assert [step.layer for step in steps] == ["", *LAYERS[:number]]
            assert steps[-1].correlation == 1 - number / 20


@pytest.mark.parametrize("sizes", [(75,), (64, 75, 128)])
def test_maps_of_any_number_of_networks(asked, fake_of, background, cascades, sizes):
    state = next(sanity.steps(asked, fake_of(*sizes), background, lambda: True))
    assert state.keys() == {(method, str(size)) for method in METHODS for size in sizes}
    charts = parsed(block(state)).all("svg", "chart")
    assert len(charts) == len(sizes)


def test_settings_reach_the_test(asked, fake, background, cascades):
    next(sanity.steps(asked, fake, background, lambda: True))
    assert cascades.settings.keys() == {(method, name) for method in METHODS for name in NETWORKS}
    for settings in cascades.settings.values():
        assert (settings.target, settings.reference, settings.tolerance) == (asked.target, "blur", 0.02)
        assert settings.references.equal(fake.references)


def test_map_that_fails_is_left_out_from_then_on(asked, fake, background, cascades):
    cascades.broken.add(("shap", "75"))
    states = list(sanity.steps(asked, fake, background, lambda: True))
    assert [("shap", "75") in state for state in states] == [True, True] + [False] * (len(LAYERS) - 1)
    assert len(states[-1]) == 5


def test_it_stops_when_it_is_no_longer_wanted(asked, fake, background, cascades):
    holds = True
    states = sanity.steps(asked, fake, background, lambda: holds)
    next(states)
    holds = False
    assert list(states) == []


def test_progress_by_layer(finished):
    assert status(block(first_steps(finished, 3))) == "Random so far: fc3, fc2 …"
    assert status(block(first_steps(finished, 1))) == "Random so far: nothing …"
    stopped = parsed(block(first_steps(finished, 3), stopped=True))
    assert stopped.all("p", "untested")[0].text == "Random so far: fc3, fc2; stopped."
    assert not any(line.attributes.get("role") == "status" for line in stopped.all("p"))


def test_finding_at_the_end(finished):
    page = parsed(block(finished))
    assert page.one("p", "finding").text.startswith("Grad-CAM’s map of the")
    assert not any(line.attributes.get("role") == "status" for line in page.all("p"))


def test_a_chart_for_each_network(finished):
    charts = [chart.attributes["aria-label"] for chart in parsed(block(finished)).all("svg", "chart")]
    assert [chart.split(", after each")[0] for chart in charts] == [
        f"Rank correlation with the original map, {name} px" for name in NETWORKS
    ]
    assert "SHAP 1.00, 0.80, " in charts[0] and charts[0].endswith("0.80, −0.10.")
    assert "Integrated Gradients 1.00, " in charts[0] and ", flat; SHAP" in charts[0]


def test_a_strip_of_maps_for_each_method_and_network(finished):
    strips = parsed(block(finished)).one("div", "strips").all("section")
    titles = [strip.one("h4").text for strip in strips]
    assert titles == [f"{method.title}, {name} px" for method in METHODS.values() for name in NETWORKS]
    captions = [(item.one("b").text, item.one("span").text) for item in strips[-1].all("li")]
    layers = [(layer, "0.80") for layer in LAYERS[:-1]]
    assert captions == [("as it is", "1.00"), *layers, ("conv1", "−0.10")]


def test_nothing_to_show():
    assert parsed(block({})).one("p", "untested").text == "The maps could not be tested."


@pytest.mark.parametrize(
    ("value", "text"), [(0.456, "0.46"), (-0.456, "−0.46"), (-0.004, "0.00"), (None, "flat")]
)
def test_figures(value, text):
    page = parsed(block({("shap", "75"): course([1.0, value])}))
    assert [figure.text for figure in page.one("ol").all("span")] == ["1.00", text]
