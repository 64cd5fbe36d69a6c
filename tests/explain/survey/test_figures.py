import io
from copy import deepcopy

import numpy as np
import pytest
from PIL import Image

from carmodel.network import CarNet
from explain.evidence.sanity import layers_of
from explain.methods.registry import METHODS
from explain.survey import figures
from explain.survey.findings import gather
from explain.survey.phrases import ALTERNATIVES
from explain.survey.records import Record, record_path, write_record
from explain.survey.summary import summarise

LAYERS = tuple(layers_of(CarNet(75)))

NETWORKS, ORDERS = ("75", "100", "average"), (*METHODS, "random", "gaussian")


@pytest.fixture(scope="module")
def summary(tmp_path_factory, samples, maps_record):
    """Of four photos, the first of which has a sanity check of 75 px."""
    folder = tmp_path_factory.mktemp("records")
    for number, deletion in enumerate((0.1, 0.2, 0.3, 0.8), start=1):
        write_record(record_path(folder, number, "maps"), maps_record("sedan", deletion))
    checked = {f"sanity_{layer}": 0.9 - place / 10 for place, layer in enumerate(LAYERS)}
    rows = tuple({"network": "75", "method": method} | checked for method in METHODS)
    write_record(record_path(folder, 1, "sanity"), Record(rows, {}))
    return summarise(gather(folder, samples), {"split": "val"}, samples)


@pytest.fixture
def drawn(monkeypatch):
    """The figures themselves, by name, instead of PNGs of them."""
    monkeypatch.setattr(figures, "_png", lambda figure: figure)
    return figures.draw


def dots(panel):
    """The means drawn in a panel: those of its lines that have one point."""
    return [line.get_xydata()[0].tolist() for line in panel.lines if len(line.get_xydata()) == 1]


def test_figures_are_pngs_with_an_alternative(summary):
    maps = {(method, network, "all"): np.eye(75) for method in METHODS for network in NETWORKS}
    pictures = figures.draw(summary, maps)
    assert pictures.keys() == ALTERNATIVES.keys()
    for picture in pictures.values():
        with Image.open(io.BytesIO(picture)) as image:
            assert image.format == "PNG" and 300 < image.width < 1200
            assert len(np.unique(np.asarray(image))) > 10


def test_what_was_not_measured_is_not_drawn(summary, drawn):
    assert drawn(summary, {}).keys() == ALTERNATIVES.keys() - {"mean_maps"}
    without = deepcopy(summary)
    for rows in without["networks"]["75"]["all"]["all"]["methods"].values():
        for layer in LAYERS:
            rows.pop(f"sanity_{layer}")
    assert drawn(without, {}).keys() == ALTERNATIVES.keys() - {"mean_maps", "sanity"}


def test_areas_are_means_between_the_ends_of_their_intervals(summary, drawn):
    for panel in drawn(summary, {})["areas"].axes:
        assert dots(panel) == [
            pytest.approx(each)
            for each in ([0.35, 0], [0.35, 1], [0.35, 2], [0.35 + 0.3, 3], [0.35 + 0.2, 4])
        ]
        line = panel.lines[0].get_xdata()
        assert line[0] < 0.35 < line[1]


def test_curves_reach_from_0_to_100_percent(summary, drawn):
    panel = drawn(summary, {})["curves"].axes[0]
    assert len(panel.lines) == len(ORDERS)
    assert panel.lines[0].get_xdata()[[0, -1]].tolist() == [0, 100]
    assert panel.lines[0].get_ydata() == pytest.approx([0.35] * 51)


def test_classes_shows_the_groups_that_exist(summary, drawn):
    panel = drawn(summary, {})["classes"].axes[0]
    assert [round(x) for x, _ in dots(panel)] == [0] * len(ORDERS)  # sedans alone were named
    assert [label.get_text() for label in panel.get_xticklabels()] == ["Sedan", "Coupe", "SUV", "Truck"]


def test_sanity_follows_the_layers(summary, drawn):
    [small] = drawn(summary, {})["sanity"].axes  # of the one network that was checked
    assert small.get_title().startswith("75 px: ")
    assert small.lines[0].get_ydata() == pytest.approx([0.9 - place / 10 for place in range(len(LAYERS))])


def test_mean_maps_of_a_row_share_their_scale(summary, drawn):
    maps = {(method, network, "all"): np.full((75, 75), 2.0) for method in METHODS for network in NETWORKS}
    maps["shap", "75", "suv"] = np.full((75, 75), 3.0)
    panels = drawn(summary, maps)["mean_maps"].axes
    scales = [[image.get_clim() for image in panel.images] for panel in panels]
    assert len(panels) == 9 * 2
    assert [panel.get_title() for panel in panels[:3]] == ["All", "SUV", ""]
    assert panels[0].get_ylabel() == "Grad-CAM\n75 px\n(brightest: 2.0)"
    row = 2 * (3 * list(METHODS).index("shap") + NETWORKS.index("75"))
    assert scales[row : row + 2] == [[(0, 3)], [(0, 3)]]
    assert scales[0:2] == [[(0, 2)], []]
