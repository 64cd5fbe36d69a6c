"""Methods of one's own: two records, and every part of the page knows them."""

import re
from dataclasses import replace
from types import SimpleNamespace
from zipfile import ZipFile

import gradio as gr
import pytest
import torch
from gradio.utils import get_function_description

from carmodel.weights import WEIGHTS
from explain.evidence import faithfulness
from explain.methods.method import CHOSEN, Method
from explain.methods.refinement import Refinement, attribution_of
from explain.methods.registry import METHODS
from explain.source import Source, load_kinds
from page import examples
from page.page import build
from page.results.reader import read
from page.tabs.networks.tab import page as networks_page
from page.tabs.trust import sanity, stability
from page.theme import head
from tests.document import parsed
from tests.page.components import choices, component
from tests.page.visitor import Visitor

COLUMNS = ("75", "100", "average", "75-100")


def thrown(question):
    """The same random map for every photo."""
    size = question.network.size
    cells = torch.rand(size, size, generator=torch.Generator().manual_seed(size))
    only = attribution_of(DICE, question, cells, 1.0, None, 0.0)
    return Refinement(only, only)


def halved(question, before=None):
    """A map whose gap halves with every step, from 8 of the 8 logits that it should sum to."""
    steps, size = 2 * before.latest.steps if before else 1, question.network.size
    cells = torch.full((size, size), 8 * (1 - 1 / steps) / size**2)
    latest = attribution_of(HALVED, question, cells, 9.0, 1.0, 0.0, steps)
    return Refinement(latest, latest, final=False)


DICE = Method(
    name="dice",
    title="Thrown <dice>",
    start=thrown,
    signed=False,
    complete=False,
    short="Dice & co",
    idea="What chance makes of {target}.",
    hint="What chance makes of the photo.",
    told={"It answers": "Nothing at <all>.", "It cannot": "Be wrong."},
    colours=("#123456", "#abcdef"),
    mark="s",
)
HALVED = Method(
    name="halved",
    title="Halved",
    start=halved,
    refine=halved,
    compares_with=CHOSEN,
    hint="Half of what is left.",
    told={"It answers": "Half.", "It cannot": "End."},
)
OWN = (DICE, HALVED)


@pytest.fixture(scope="module", autouse=True)
def registered():
    """The two beside Grad-CAM alone: whatever needs one of the others fails."""
    before = dict(METHODS)
    for name in ("integrated_gradients", "shap"):
        del METHODS[name]
    METHODS.update({method.name: method for method in OWN})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faithfulness, "STEPS", 4)  # less of everything that takes long
        patch.setattr(faithfulness, "RANDOM_MAPS", 1)
        patch.setattr(sanity, "layers_of", lambda network: {"fc3": ()})
        cascade, change = sanity.cascade, stability.stability
        patch.setattr(sanity, "cascade", lambda *given, **named: cascade(*given, **named, layers=["fc3"]))
        patch.setattr(stability, "stability", lambda *given, **named: change(*given, **named, samples=1))
        yield
    METHODS.clear()
    METHODS.update(before)  # in their order


@pytest.fixture(scope="module")
def visitor(registered, random_weights):
    """A visitor who was shown the first example."""
    visitor = Visitor(build({"final": load_kinds(Source(random_weights))["final"]}))
    visitor.open()
    return visitor


def titles(part, tag):
    return [title.text for title in part.all(tag)]


def test_explain(visitor):
    rows = parsed(visitor.html("Explain")).all("section", "method")
    assert [row.attributes["id"] for row in rows] == ["gradcam", "dice", "halved"]
    _, dice, half = rows
    for row, method in ((dice, DICE), (half, HALVED)):
        assert "finished" in row.attributes["class"].split()
        assert row.one("h3").text == method.title
        assert row.one("header").all("p")[0].text == method.hint
        assert [button.attributes["data-map"] for button in row.all("button", "save")] == [
            f"{method.name}-{column}" for column in COLUMNS
        ]
        alts = [image.attributes["alt"] for image in row.all("img")]
        assert len(alts) == 4 and all(alt.startswith(f"{method.title}, ") for alt in alts)
        assert len(row.all("p", "beats")) == 3 and row.all("p", "pending") == []  # evidence
    assert "incomplete" in dice.attributes["class"].split()
    assert titles(dice.all("div", "bar")[0], "span")[0] == "0"  # nothing speaks against
    assert dice.all("figcaption")[0].all("p")[0].text == (
        "No receipt: Thrown <dice> does not add up to the score."
    )
    assert titles(half.all("dl", "receipt")[0], "dt") == ["Σ map", "f(x) − f(reference)", "Gap · 64 steps"]
    assert half.all("dl", "failed") == []  # 1 of 64 is within 2 %


def test_controls_and_how_to_read(visitor):
    assert component(visitor.page, label="Reference of Halved").visible
    assert component(visitor.page, label="Accuracy of Halved").visible
    terms = parsed(visitor.html("Explain")).one("details", "guide")
    assert "Halved uses the one you choose" in terms.text and "Halved goes from the reference" in terms.text


def test_compare(visitor):
    visitor.look_at("Compare")
    method = component(visitor.page, label="Method")
    assert method.choices == [("Grad-CAM", "gradcam"), ("Thrown <dice>", "dice"), ("Halved", "halved")]
    visitor.act(method, "input", "dice")
    page = parsed(visitor.html("Compare"))
    assert page.all("div", "caption")[0].all("p")[0].text == DICE.hint
    alts = [image.attributes["alt"] for image in page.one("div", "compared").all("img")]
    assert [alt.split(", for")[0] for alt in alts] == ["Thrown <dice>, 75 px", "Thrown <dice>, 100 px"]


def test_what_if(visitor):
    visitor.look_at("What if")
    visitor.choose("In one click", ["wheels_row"])
    rows = parsed(visitor.html("What if")).all("section", "method")
    assert [row.one("h3").text for row in rows] == ["Grad-CAM", "Thrown <dice>", "Halved"]
    for row in rows[1:]:
        assert "finished" in row.attributes["class"].split() and len(row.all("dl", "share")) == 3


def test_trust(visitor):
    visitor.look_at("Trust")
    for name in ("test-sanity", "test-stability"):
        block = component(visitor.page, elem_id=name)
        [button] = [part for part in block.children if isinstance(part, gr.Button)]
        visitor.act(button, "click")
    page = parsed(visitor.html("Trust"))
    for legend in page.all("ul", "key"):
        [entry] = [item for item in legend.all("li") if item.text == "Thrown <dice>"]
        assert entry.one("svg").attributes["style"] == "color:var(--dice)"
        assert [shape.tag for shape in entry.one("g").all()] == ["path"]  # a square
    assert "Thrown <dice>" in [row[0] for row in page.all("table", "areas")[0].table()]
    charts = page.all("svg", "chart")
    assert len(charts) == 4 + 2  # deletion and insertion, and randomisation, of each network
    for chart in charts:
        assert any("var(--dice)" in (part.attributes.get("style") or "") for part in chart.all("rect"))
        assert "Thrown <dice>" in chart.attributes["aria-label"]
    narrow = page.one("table", "parts").one("abbr")
    assert (narrow.text, narrow.attributes["title"]) == ("Dice & co", "Thrown <dice>")
    strips = titles(page.one("div", "strips"), "h4")
    assert strips[2:] == [f"{method.title}, {size} px" for method in OWN for size in (75, 100)]
    changes = {row[0]: row[1:] for row in page.one("table", "changes").table()}
    assert changes["Thrown <dice>"] == ["0 %", "0 %"]  # chance knows no photo


def test_guide(visitor):
    page = parsed(visitor.html("Guide"))
    [told] = [part for part in page.all("section", "method-told") if part.one("h4").text == "Thrown <dice>"]
    assert dict(zip(titles(told, "dt"), titles(told, "dd"), strict=True)) == dict(DICE.told)
    assert titles(told.one("div", "swatch"), "span") == ["nothing", "more"]
    assert "Three maps, three questions" in titles(page, "h3")


def test_networks(survey):
    """A survey that measured it."""
    measured = replace(
        survey,
        figures={name: {"dice": row["gradcam"]} for name, row in survey.figures.items()},
        seconds={("dice", network): interval for (_, network), interval in survey.seconds.items()},
        maps={("dice", *key[1:]): map for key, map in survey.maps.items()},
    )
    page = parsed(networks_page(replace(read(WEIGHTS), survey=measured)))
    sections = {part.attributes["id"]: part for part in page.all("section", "card")}
    assert titles(sections["networks-maps"], "h4") == ["Thrown <dice>"]
    for name in ("costs", "worth"):
        assert "Thrown <dice>" in titles(sections[f"networks-{name}"].one("table"), "th")
    assert all(
        image.attributes["alt"].startswith("Thrown <dice>, ")
        for image in sections["networks-maps"].all("img")
    )


def test_charts_have_its_inks(registered):
    light, dark = re.findall(r"--dice:(#\w+);", head())
    assert (light, dark) == DICE.colours


def test_programs(visitor):
    functions = {event.api_name: event for event in visitor.page.fns.values() if event.fn}
    photo = str(examples.path(examples.FIRST))
    compare, what_if, explain = (functions[name] for name in ("compare", "what_if", "explain"))
    [method] = [part for part in compare.inputs if getattr(part, "choices", None) and "dice" in choices(part)]
    assert choices(method) == ["gradcam", "dice", "halved"] and method.value == "gradcam"
    [methods] = [
        part for part in what_if.inputs if getattr(part, "choices", None) and "dice" in choices(part)
    ]
    assert choices(methods) == ["gradcam", "dice", "halved"]
    _, arguments, _ = get_function_description(compare.fn)
    assert arguments["method"] == 'How to explain: "gradcam", "dice" or "halved".'
    answer = explain.fn(photo, "average", "predicted", "nothing", "final", "blur", 0.02)
    assert {f"{method.name}_{column}" for method in OWN for column in COLUMNS} < answer["maps"].keys()
    assert answer["maps"]["dice_75"]["adds_up"] is None and answer["maps"]["halved_75"]["adds_up"]
    assert compare.fn(photo, "dice", "predicted", "nothing", "blur", 0.02)["method"] == "dice"
    shares = what_if.fn(photo, ["border"], methods=["dice"])["shares"]
    assert shares.keys() == {"dice_75", "dice_100"}
    tests = functions["evidence"].fn(
        photo, "average", "predicted", "nothing", "final", "blur", 0.02, "regions"
    )
    assert {"dice_75", "dice_100", "dice_average"} < tests["evidence"].keys()


def test_download(visitor, monkeypatch, tmp_path):
    sheet = SimpleNamespace(savefig=lambda file, **_: None)  # which takes seconds
    monkeypatch.setattr("explain.report.files.contact_sheet", lambda report: sheet)
    monkeypatch.setattr("page.export.package.get_upload_folder", lambda: str(tmp_path))
    visitor.act(component(visitor.page, elem_id="pack"), "click")
    with ZipFile(visitor.value(elem_id="package")) as archive:
        files = {name.partition("/")[2] for name in archive.namelist()}
    assert {f"{method.name}_{column}.png" for method in OWN for column in COLUMNS} < files
