import re

import gradio as gr

from carmodel.network import CLASSES
from carmodel.weights import WEIGHTS
from explain.report.text import METHOD_NAMES, named
from page.tabs.guide.tab import build, page
from page.tabs.guide.words import DISTRUST, LIMITS
from page.results.reader import read


def test_classes_methods_limits_and_signs():
    html = page(read(WEIGHTS))
    headings = re.findall("<h4>(.*?)</h4>", html)
    assert headings == [*map(named, CLASSES), *METHOD_NAMES.values()]
    assert re.findall(r'<img class="style"[^>]*alt="([^"]+)"', html) and html.count('class="style"') == 4
    assert html.count("<li>") == len(LIMITS) + len(DISTRUST)
    assert "How to read the maps" in html


def test_nothing_measured_leaves_words_alone(tmp_path):
    html = page(read(tmp_path))
    assert "They answer for any picture." in html and "What tests found" not in html


def test_component(tmp_path):
    with gr.Blocks() as blocks, gr.Tab("Guide"):
        build(tmp_path)
    (html,) = (each for each in blocks.blocks.values() if isinstance(each, gr.HTML))
    assert html.elem_id == "guide"
