import re

from explain.methods.registry import METHODS
from page.chart_legend import GAPS, legend_of, lines_legend, method_inks
from tests.document import parsed


def entries(html):
    """Name, ink and kinds of shapes of each entry."""
    return [
        (
            item.text,
            re.fullmatch(r"color:var\(--(\w+)\)", item.one("svg").attributes["style"])[1],
            [shape.tag for shape in item.one("g").all()],
        )
        for item in parsed(html).all("li")
    ]


def test_legend_names_every_line():
    html = legend_of([("Random maps", "random", "dotted", "")])
    assert [name for name, *_ in entries(html)] == ["Grad-CAM", "Integrated Gradients", "SHAP", "Random maps"]
    assert [ink for _, ink, _ in entries(html)] == [*METHODS, "random"]
    assert entries(html)[-1] == ("Random maps", "random", [])


def test_lines_look_as_they_do_in_charts():
    html = lines_legend([("a", "one", "solid", "o"), ("b", "two", "dashed", "s"), ("c", "three", "", "^")])
    assert entries(html) == [("a", "one", ["circle"]), ("b", "two", ["path"]), ("c", "three", ["path"])]
    strokes = [
        [path.attributes["stroke-dasharray"] for path in item.all("path") if "stroke" in path.attributes]
        for item in parsed(html).all("li")
    ]
    assert strokes == [[""], [GAPS["dashed"]], []]  # marks alone have no line


def test_names_are_escaped():
    assert [name for name, *_ in entries(lines_legend([("<i>", "one", "solid", "o")]))] == ["<i>"]


def test_every_method_has_its_ink_on_light_and_on_dark_ground():
    light, dark = re.findall(r"([^{}]+)\{([^{}]*)\}", method_inks())
    assert light[0] == ".gradio-container" and all(".dark" in rule for rule in dark[0].split(","))
    for (_, rules), ground in ((light, 0), (dark, 1)):
        inks = dict(re.findall(r"--(\w+):(#[0-9a-f]{6});", rules))
        assert inks == {name: method.colours[ground] for name, method in METHODS.items()}
