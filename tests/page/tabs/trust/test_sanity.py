import re
from types import SimpleNamespace

import pytest
from markupsafe import Markup
from PIL import Image

from explain.door import METHODS
from explain.evidence.sanity import LAYERS, Step
from page.tabs.trust import sanity
from page.tabs.trust.sanity import Shown, block

LEFT = {"gradcam": 0.5, "integrated_gradients": None, "shap": -0.1}  # rank correlation in the end
FULL = [1.0] + [0.8] * (len(LAYERS) - 1)


def shown(correlations):
    return tuple(
        Shown(layer, value, Markup("<img>"))
        for layer, value in zip(("", *LAYERS), correlations, strict=False)
    )


@pytest.fixture
def finished():
    return {(method, name): shown([*FULL, LEFT[method]]) for method in METHODS for name in ("75", "100")}


@pytest.fixture
def cascades(monkeypatch, attribution):
    """Replaces the randomisation; what it was asked for, by method and network, and which of them breaks."""
    asked, broken = {}, set()

    def cascade(network, frame, target, method, **settings):
        asked[method, network] = SimpleNamespace(target=target, **settings)
        for number, layer in enumerate(("", *LAYERS)):
            if number == 2 and (method, network) in broken:
                raise RuntimeError("no luck")
            yield Step(layer, attribution(method=method), 1 - number / 20, None)

    monkeypatch.setattr("page.tabs.trust.sanity.cascade", cascade)
    monkeypatch.setattr("page.tabs.trust.sanity.overlay", lambda *_, **__: Image.new("RGB", (3, 2)))
    return SimpleNamespace(asked=asked, broken=broken)


def test_all_maps_advance_layer_by_layer(subject, fake, background, cascades):
    stages = list(sanity.steps(subject, fake, background, lambda: True))
    assert len(stages) == 1 + len(LAYERS)
    for number, stage in enumerate(stages):
        assert len(stage) == 6
        for steps in stage.values():
            assert [step.layer for step in steps] == ["", *LAYERS[:number]]
            assert steps[-1].correlation == 1 - number / 20


def test_settings_reach_the_test(subject, fake, background, cascades):
    next(sanity.steps(subject, fake, background, lambda: True))
    assert cascades.asked.keys() == {(method, name) for method in METHODS for name in fake.networks.values()}
    for (method, _), settings in cascades.asked.items():
        assert (settings.target, settings.reference, settings.tolerance) == (subject.target, "blur", 0.02)
        assert settings.references == (fake.references if method == "shap" else None)


def test_map_that_fails_is_left_out_from_then_on(subject, fake, background, cascades):
    cascades.broken.add(("shap", "network of 75 px"))
    stages = list(sanity.steps(subject, fake, background, lambda: True))
    assert [("shap", "75") in stage for stage in stages] == [True, True] + [False] * (len(LAYERS) - 1)
    assert len(stages[-1]) == 5


def test_it_stops_when_it_is_no_longer_wanted(subject, fake, background, cascades):
    wanted = True
    stages = sanity.steps(subject, fake, background, lambda: wanted)
    next(stages)
    wanted = False
    assert list(stages) == []


def test_progress_by_layer(finished):
    html = block({of: steps[:3] for of, steps in finished.items()})
    assert 'role="status">Random so far: fc3, fc2 …</p>' in html
    assert "Random so far: nothing …" in block({of: steps[:1] for of, steps in finished.items()})
    stopped = block({of: steps[:3] for of, steps in finished.items()}, stopped=True)
    assert "Random so far: fc3, fc2; stopped." in stopped and "status" not in stopped


def test_finding_at_the_end(finished):
    html = block(finished)
    assert "Grad-CAM’s map of the" in re.search('<p class="finding">(.*?)</p>', html)[1]
    assert "status" not in html


def test_a_chart_for_each_network(finished):
    charts = re.findall('<svg class="chart" role="img" aria-label="(.*?)"', block(finished))
    assert [re.search(r"\d+ px", alt)[0] for alt in charts] == ["75 px", "100 px"]
    assert "SHAP 1.00, 0.80, " in charts[0] and charts[0].endswith("0.80, −0.10.")
    assert "Integrated Gradients 1.00, " in charts[0] and ", flat; SHAP" in charts[0]


def test_a_strip_of_maps_for_each_method_and_network(finished):
    strips = re.findall("<h4>([^<]*, [^<]*)</h4><ol>(.*?)</ol>", block(finished))
    assert [title for title, _ in strips][:3] == [
        "Grad-CAM, 75 px",
        "Grad-CAM, 100 px",
        "Integrated Gradients, 75 px",
    ]
    captions = re.findall("<img><b>(.*?)</b><span>(.*?)</span>", dict(strips)["SHAP, 100 px"])
    assert captions == [("as it is", "1.00"), *((layer, "0.80") for layer in LAYERS[:-1]), ("conv1", "−0.10")]


def test_nothing_to_show():
    assert "could not be tested" in block({})


@pytest.mark.parametrize(
    ("value", "text"), [(0.456, "0.46"), (-0.456, "−0.46"), (-0.004, "0.00"), (None, "flat")]
)
def test_figures(value, text):
    html = block({("shap", "75"): shown([1.0, value])})
    assert re.findall("<span>(.*?)</span>", html) == ["1.00", text]
