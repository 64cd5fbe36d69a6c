"""Nothing that stands in a file becomes a part of the page: a stranger's weights folder, a photo's name."""

import json
import re
import shutil
from html.parser import HTMLParser

import pytest

from carmodel.photo import read_photo
from carmodel.weights import WEIGHTS
from explain.explainer import Explainer
from explain.networks import unpaired_networks
from explain.report.html import offline
from explain.report.markup import written
from explain.report.report import report_of
from explain.request import finished_maps, request
from explain.source import Source, load_kinds
from page.background import Background
from page.controls import Controls
from page.evidence import Evidences
from page.export.package import Packages
from page.page import build
from page.panel import Panel
from page.results.reader import read
from page.session import Session
from page.tabs.compare.handlers import CompareHandlers
from page.tabs.explain.handlers import ExplainHandlers
from page.tabs.guide import tab as guide_tab
from page.tabs.networks import tab as networks_tab
from page.tabs.trust.handlers import TrustHandlers
from page.tabs.what_if.handlers import EditSession, WhatIfHandlers

MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'& x=y"
FILE = '<img src=x onerror=alert(3)>"&'  # a name, in which no “/” can stand
CHECKED = re.compile(r"[0-9a-f]{64}|(final|baseline)-(75|100)|sedan|coupe|suv|truck")  # by the loader
CONTROLS = Controls(reference="black", tolerance=0.5, smoothing="pixels")
CHOICE = ("shap", "final-75", "baseline-100", "final-75")
SOURCES = ("truecar", "stanford")

# File -> its texts that stand on the Networks or the Guide tab, each at every place where it is in the file.
SHOWN = {
    "test.json": (*SOURCES, "final-75", "baseline-100", "average", "priority"),
    "robustness.json": (*SOURCES, "test", "final-75", "average", "as they are", "grey border", "mirrored"),
    "novelty.json": (*SOURCES, "test", "scikit-image", "mate-backgrounds"),
    "learning-rates.json": (*SOURCES, "baseline-75"),
    "final-75.json": SOURCES,
    "survey.json": ("test",),
}


class Seen(HTMLParser):
    """What a browser makes of HTML: its kinds of elements, each with its attributes' names, and its texts."""

    def __init__(self, html):
        super().__init__()
        self.kinds, self.text = set(), ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.kinds.add((tag, *sorted(name for name, _ in attributes)))

    def handle_data(self, data):
        self.text += data


def texts(value, names=True):
    """All texts in what JSON holds, those that are names of fields among them or not."""
    if isinstance(value, dict):
        parts = [*value.values(), *(value if names else ())]
    elif isinstance(value, list):
        parts = value
    else:
        return {value} if isinstance(value, str) else set()
    return {text for part in parts for text in texts(part, names)}


def marked(value, chosen):
    """What JSON holds with markup behind each text that is `chosen`."""
    if isinstance(value, dict):
        return {marked(name, chosen): marked(part, chosen) for name, part in value.items()}
    if isinstance(value, list):
        return [marked(part, chosen) for part in value]
    return value + MARKUP if isinstance(value, str) and value in chosen else value


def table(file):
    return json.loads((WEIGHTS / file).read_text())


def write(folder, file, chosen):
    (folder / file).write_text(json.dumps(marked(table(file), chosen)))


def tabs(folder):
    """The two tabs that read the folder, as the browser is given them."""
    measured = read(folder)
    return [
        Seen(written(html)) for html in (networks_tab.page(measured), guide_tab.page(measured, (75, 100)))
    ]


@pytest.fixture(scope="module")
def kinds():
    """The kinds of elements on the two tabs as they are shipped."""
    return set().union(*(tab.kinds for tab in tabs(WEIGHTS)))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder of weights; the Guide's pictures, in which no text is, are left out for speed."""
    monkeypatch.setattr(guide_tab, "_photo", lambda *_: "")
    (tmp_path / "final-75.safetensors").symlink_to(WEIGHTS / "final-75.safetensors")
    return tmp_path


@pytest.mark.parametrize(("file", "text"), [(file, text) for file in SHOWN for text in SHOWN[file]])
def test_text_of_a_file_is_shown_as_text(folder, kinds, file, text):
    write(folder, file, {text})
    networks, guide = tabs(folder)
    assert f"{text}{MARKUP}".lower() in f"{networks.text}{guide.text}".lower()
    assert networks.kinds | guide.kinds <= kinds


@pytest.mark.parametrize("file", ["validation.json", "published.json", *SHOWN])
def test_no_text_of_a_file_becomes_markup(folder, kinds, file):
    """Each by itself, names of fields too: without them a section may say that it cannot be read."""
    for text in sorted(texts(table(file))):
        write(folder, file, {text})
        for tab in tabs(folder):
            assert tab.kinds <= kinds, text


def numbered(value):
    """The names of the fields that hold a number, or a list of them."""
    if isinstance(value, dict):
        own = {name for name, part in value.items() if isinstance(part, int | float | list)}
        return own.union(*map(numbered, value.values()))
    return set().union(*map(numbered, value)) if isinstance(value, list) else set()


def without(value, field):
    """What JSON holds with a text in place of whatever is called so."""
    if isinstance(value, dict):
        return {name: "x" if name == field else without(part, field) for name, part in value.items()}
    return [without(part, field) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("file", ["validation.json", "published.json", *SHOWN])
def test_a_text_in_place_of_a_figure_stops_nothing(folder, kinds, file):
    for field in sorted(numbered(table(file))):
        (folder / file).write_text(json.dumps(without(table(file), field)))
        for tab in tabs(folder):
            assert tab.kinds <= kinds, field


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """A folder whose texts all end in markup, but for what the loader checks, with files of such names."""
    folder = tmp_path_factory.mktemp("stranger")
    for path in WEIGHTS.iterdir():
        if path.suffix == ".json":
            chosen = {text for text in texts(table(path.name), names=False) if not CHECKED.fullmatch(text)}
            write(folder, path.name, chosen.union(SHOWN.get(path.name, ())))
        elif path.suffix == ".safetensors":
            (folder / path.name).symlink_to(path)
    for ending in ("pt", "safetensors"):
        (folder / f"{FILE}.{ending}").touch()
    card = table("final-75.json") | {"name": MARKUP, "size": MARKUP, MARKUP: MARKUP}
    (folder / "mine-75.json").write_text(json.dumps(card))
    return folder


@pytest.fixture(scope="module")
def explainers(stranger):
    return load_kinds(Source(stranger))


@pytest.fixture(scope="module")
def shipped():
    return load_kinds(Source(WEIGHTS))


def test_page_as_it_opens(stranger, explainers, shipped):
    unpaired = unpaired_networks(Source(stranger), explainers.values())
    pages = [build(shipped), build(explainers, unpaired, stranger)]
    plain, strange = (
        Seen("".join(block.value or "" for block in page.blocks.values() if isinstance(block, Panel)))
        for page in pages
    )
    assert strange.text.count("onerror") > 50
    assert f"“test{MARKUP}”" in strange.text and FILE in strange.text  # a split, and what cannot be used
    added = {("details", "class"), ("summary",), ("ul",), ("li",), ("b",)}  # the list of that
    assert strange.kinds <= plain.kinds | added


@pytest.mark.usefixtures("quick_evidence", "quick_pictures")
def test_tabs_about_a_photo(explainers, shipped, fake, saved, monkeypatch):
    """Whatever requests yield is HTML of ours: what is not would stand there as text."""
    monkeypatch.setattr(Explainer, "refine", lambda _, *values, **settings: fake.refine(*values, **settings))
    photo = saved("car.png")
    named = shutil.copy(photo, f"{photo.removesuffix('car.png')}{FILE}.png")  # of which the same is said
    strange, plain = said(explainers, named), said(shipped, photo)
    assert strange.kinds == plain.kinds and f"{FILE}-explained.zip" in strange.text
    assert "<" not in plain.text.replace("< 0.01 %", "").replace("< 1 %", "")


def said(explainers, photo):
    """All that the tabs about a photo say of one, as the browser is given it."""
    session, edits, evidences = Session(), EditSession(), Evidences(Background())
    explain, what_if = ExplainHandlers(explainers, evidences), WhatIfHandlers(explainers)
    steps = [
        *explain.on_photo(session, 1, CONTROLS, photo),
        *explain.on_maps(session, 1, CONTROLS),
        *TrustHandlers(explainers, evidences).refresh(session, 2, CONTROLS),
        *CompareHandlers([*explainers.values()]).refresh(session, 3, CONTROLS, *CHOICE),
        *what_if.on_whole(session, 4, CONTROLS, edits, ["border"]),
        *({"told": step["told"]} for step in Packages(explainers, evidences).on_pack(session, 5, CONTROLS)),
    ]
    values = [value for step in steps for name, value in step.items() if name not in ("photo", "fill")]
    html = [value for value in values if isinstance(value, str)]
    assert len(html) > 50
    return Seen("".join(map(written, html)))


def test_report_of_a_photo(explainers, saved):
    photo, explainer = read_photo(saved(f"{FILE}.png")), explainers["final"]
    asked = request(explainer, photo, CONTROLS)
    maps = finished_maps(explainer, asked, ["gradcam"])
    strange, plain = (
        Seen(written(offline(report_of(explainer, name, asked, maps)))) for name in (MARKUP, "car.png")
    )
    assert strange.kinds == plain.kinds
    assert strange.text.count(MARKUP) == 2  # the title, and under the photo
