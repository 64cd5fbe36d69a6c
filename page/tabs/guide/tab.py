"""The Guide tab: the classes, how to read each map, what the networks cannot do, when to distrust."""

from collections.abc import Callable
from pathlib import Path

from markupsafe import Markup
from PIL import Image

from explain.door import METHODS
from explain.report.palette import legend
from explain.report.text import METHOD_NAMES, named
from page import examples
from page.markup import picture
from page.panel import panel
from page.tabs.explain.reading import READING, told
from page.tabs.guide import facts
from page.tabs.guide.words import DISTRUST, LIMITS, METHODS_TOLD, SHAPES
from page.tabs.networks.measured import UNFIT, Measured
from page.tabs.networks.reader import read

WIDTH = 480  # of a class's picture, px


def build(weights: Path) -> None:
    """Creates the tab's components within an open gr.Tab; its figures are from the folder `weights`."""
    panel(page(read(weights)), elem_id="guide")


def page(measured: Measured) -> Markup:
    """The whole guide as HTML."""
    return Markup(
        '<div class="handbook"><div class="reading"><div><h2>How to read this page</h2><p>Two small '
        "networks look "
        "at the same photo, one in 75 × 75 pixels, one in 100 × 100. Each names one of four body styles; "
        "the maps show what in the photo it relied on.</p></div></div>{}{}"
        '<div class="pair-of-cards">{}{}</div></div>'
    ).format(_classes(), _methods(measured), _limits(measured), _distrust())


def _classes() -> Markup:
    cards = (
        Markup(
            "<figure>{}<figcaption><h4>{}</h4><p>{}</p><p class=mistaken>{}</p></figcaption></figure>"
        ).format(_photo(file, alt), named(label), *told)
        for label, (file, alt, *told) in SHAPES.items()
    )
    return _card(
        "The four body styles",
        "What they are told apart by, seen from the side.",
        Markup('<div class="classes">{}</div>').format(Markup().join(cards)),
    )


def _photo(file: str, alt: str) -> Markup:
    with Image.open(examples.path(file)) as image:
        height = round(image.height * WIDTH / image.width)
        return picture(image.convert("RGB").resize((WIDTH, height)), alt, "style", quality=82)


def _methods(measured: Measured) -> Markup:
    known = _known(facts.methods, measured)
    columns = (
        Markup('<section class="method-told"><h4>{}</h4>{}{}</section>').format(
            METHOD_NAMES[method],
            _colours(method),
            told(METHODS_TOLD[method] | ({"What tests found": known[method]} if method in known else {})),
        )
        for method in METHODS
    )
    return _card(
        "Three maps, three questions",
        "No method is right by itself. Where all three point at the same place, that is worth more than "
        "one that looks pretty.",
        Markup('<div class="methods-told">{}</div>{}').format(Markup().join(columns), READING),
    )


def _known(told: Callable[[Measured], dict[str, str]], measured: Measured) -> dict[str, str]:
    """The sentences that hold figures; none where a file of somebody else's holds something else."""
    try:
        return told(measured)
    except UNFIT:
        return {}


def _colours(method: str) -> Markup:
    signed = method != "gradcam"
    ends = ("against", "for") if signed else ("nothing", "more")
    return Markup(
        '<div class="swatch" aria-hidden="true"><i style="background:{}"></i>'
        "<span>{}</span><span>{}</span></div>"
    ).format(legend(1.0, signed).background, *ends)


def _limits(measured: Measured) -> Markup:
    known = _known(facts.limits, measured)
    items = (
        Markup("<li><b>{}</b> {}</li>").format(title, " ".join(filter(None, (words, known.get(name, "")))))
        for name, (title, words) in LIMITS.items()
    )
    return _card(
        "What the networks cannot do", "", Markup('<ul class="limits">{}</ul>').format(Markup().join(items))
    )


def _distrust() -> Markup:
    items = (Markup("<li><b>{}</b> {} <small>{}</small></li>").format(*each) for each in DISTRUST)
    return _card(
        "When to distrust",
        "One of these is reason to look twice; two are reason not to rely on it.",
        Markup('<ol class="checks">{}</ol>').format(Markup().join(items)),
    )


def _card(title: str, about: str, html: Markup) -> Markup:
    below = Markup("<p>{}</p>").format(about) if about else ""
    return Markup(
        '<section class="card" aria-label="{title}"><header class="question"><h3>{title}</h3>{below}</header>'
        "{html}</section>"
    ).format(title=title, below=below, html=html)
