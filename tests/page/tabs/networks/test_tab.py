import re
from dataclasses import replace
from html.parser import HTMLParser

import gradio as gr
import pytest

from carmodel.weights import WEIGHTS
from page.results.measured import Evaluation
from page.results.reader import read
from page.tabs.networks.tab import SECTIONS, build, page

VOID = {"img", "rect", "circle", "path", "br"}


class Nesting(HTMLParser):
    """Raises AssertionError where a tag is closed that is not the innermost open one."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def shipped():
    return read(WEIGHTS)


def test_every_section_has_its_link(shipped, survey):
    html = page(replace(shipped, survey=survey))
    links = re.findall(r'<a href="#(networks-\w+)"', html)
    assert links == re.findall(r'<section class="card" id="([^"]*)"', html)
    assert links == [f"networks-{name}" for name in SECTIONS]
    assert "Not measured yet" not in html
    parser = Nesting()
    parser.feed(html)
    assert parser.open == []


def test_sections_without_data_say_what_makes_it(tmp_path):
    html = page(read(tmp_path))
    assert html.count("Not measured yet. What makes it: python -m ") == len(SECTIONS) - 1
    assert "No card in the folder" in html


@pytest.mark.parametrize(
    ("split", "said"), [("val", "expect slightly less"), ("test", "used for nothing else")]
)
def test_split_is_said(shipped, evaluation, split, said):
    html = page(replace(shipped, evaluation=replace(evaluation, split=split)))
    assert "<b>80 " in html and said in html


def test_licence_of_the_weights_is_said(shipped):
    assert "commercial use: the weights were made from used-car listing photos" in page(shipped)
    html = page(replace(shipped, licences={"<free>": ("final-75", "mine")}))
    assert "<p>Weights of 75 px, mine: &lt;free&gt;</p>" in html
    assert "Weights of" not in page(replace(shipped, licences={}))


def test_evaluation_without_bins_or_disagreement(shipped, scores):
    old = Evaluation("val", {"mine": {"garage": replace(scores(), bins=())}}, {})
    html = page(replace(shipped, evaluation=old))
    assert "holds no bins" in html and "networks-disagreement" not in html


def test_survey_of_few_photos_has_no_maps(shipped, survey):
    assert "There are no mean maps" in page(replace(shipped, survey=replace(survey, maps={})))


def test_component(tmp_path):
    with gr.Blocks() as blocks, gr.Tab("Networks"):
        build(tmp_path)
    (html,) = (each for each in blocks.blocks.values() if isinstance(each, gr.HTML))
    assert html.elem_id == "networks" and "How good are the networks?" in html.value
