"""The Guide tab: the classes, how to read each map, what the networks cannot do, when to distrust."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

import gradio as gr
from PIL import Image

from carmodel.network import CLASSES
from explain.attribution import METHODS
from explain.palette import legend
from explain.words import METHOD_NAMES, named
from page import examples
from page.explain_tab.reading import READING
from page.guide_tab import facts
from page.guide_tab.words import DISTRUST, LIMITS, METHODS_TOLD, SHAPES
from page.markup import picture
from page.networks_tab.measured import Measured
from page.networks_tab.reader import read

WIDTH = 480  # of a class's picture, px


def build(weights: Path) -> None:
    """Creates the tab's components within an open gr.Tab; its figures are from the folder `weights`."""
    gr.HTML(page(read(weights)), apply_default_css=False, elem_id="guide")


def page(measured: Measured) -> str:
    """The whole guide as HTML."""
    return (
        '<div class="handbook"><div class="reading"><div><h2>How to read this page</h2><p>Two small '
        "networks look "
        "at the same photo, one in 75 × 75 pixels, one in 100 × 100. Each names one of four body styles; "
        f"the maps show what in the photo it relied on.</p></div></div>{_classes()}{_methods(measured)}"
        f'<div class="pair-of-cards">{_limits(measured)}{_distrust()}</div></div>'
    )


def _classes() -> str:
    cards = "".join(
        f"<figure>{_photo(*SHAPES[label][:2])}<figcaption><h4>{named(label)}</h4><p>{escape(SHAPES[label][2])}</p>"
        f"<p class=mistaken>{escape(SHAPES[label][3])}</p></figcaption></figure>"
        for label in CLASSES
    )
    return _card(
        "The four body styles",
        "What they are told apart by, seen from the side.",
        f'<div class="classes">{cards}</div>',
    )


def _photo(file: str, alt: str) -> str:
    with Image.open(examples.path(file)) as image:
        height = round(image.height * WIDTH / image.width)
        return picture(image.convert("RGB").resize((WIDTH, height)), alt, "style", quality=82)


def _methods(measured: Measured) -> str:
    known = facts.methods(measured)
    columns = "".join(
        f'<section class="method-told"><h4>{METHOD_NAMES[method]}</h4>{_colours(method)}'
        + _told(METHODS_TOLD[method] | ({"What tests found": known[method]} if method in known else {}))
        + "</section>"
        for method in METHODS
    )
    return _card(
        "Three maps, three questions",
        "No method is right by itself. Where all three point at the same place, that is worth more than "
        "one that looks pretty.",
        f'<div class="methods-told">{columns}</div>{READING}',
    )


def _colours(method: str) -> str:
    signed = method != "gradcam"
    ends = ("against", "for") if signed else ("nothing", "more")
    bar = legend(1.0, signed).background
    return (
        f'<div class="swatch" aria-hidden="true"><i style="background:{escape(bar)}"></i>'
        f"<span>{ends[0]}</span><span>{ends[1]}</span></div>"
    )


def _told(parts: Mapping[str, str]) -> str:
    rows = (f"<div><dt>{escape(head)}</dt><dd>{escape(words)}</dd></div>" for head, words in parts.items())
    return f"<dl>{''.join(rows)}</dl>"


def _limits(measured: Measured) -> str:
    known = facts.limits(measured)
    items = "".join(
        f"<li><b>{escape(title)}</b> {escape(' '.join(filter(None, (words, known.get(name, '')))))}</li>"
        for name, (title, words) in LIMITS.items()
    )
    return _card("What the networks cannot do", "", f'<ul class="limits">{items}</ul>')


def _distrust() -> str:
    items = "".join(
        f"<li><b>{escape(sign)}</b> {escape(meaning)} <small>{escape(where)}</small></li>"
        for sign, meaning, where in DISTRUST
    )
    return _card(
        "When to distrust",
        "One of these is reason to look twice; two are reason not to rely on it.",
        f'<ol class="checks">{items}</ol>',
    )


def _card(title: str, about: str, html: str) -> str:
    below = f"<p>{escape(about)}</p>" if about else ""
    return (
        f'<section class="card" aria-label="{escape(title)}"><header '
        f'class="question"><h3>{escape(title)}</h3>{below}'
        f"</header>{html}</section>"
    )
