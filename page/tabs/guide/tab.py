"""The Guide tab: the classes, how to read each map, what the networks cannot do, when to distrust."""

from collections.abc import Callable, Sequence

from markupsafe import Markup
from PIL import Image

from explain.methods.method import Method
from explain.methods.registry import METHODS
from explain.report.palette import legend
from explain.report.text import named
from page import examples
from page.context import Context
from page.lazy_tabs import Tab
from page.markup import picture
from page.panel import panel
from page.reading import listed, reading
from page.results.measured import UNFIT, Measured
from page.tabs.guide import facts
from page.tabs.guide.phrases import DISTRUST, ENGINES, LIMITS, SHAPES

TITLE = "Guide"
WIDTH = 480  # of a class's picture, px


def build(context: Context) -> Tab:
    """Draws the tab; its figures are from the folder of weights."""
    sizes = sorted({card.size for kind in context.explainers.values() for card in kind.cards.values()})
    panel(page(context.measured, sizes), elem_id="guide")
    return Tab()


def page(measured: Measured, sizes: Sequence[int]) -> Markup:
    """The whole guide as HTML, for networks that see `sizes` pixels on a side."""
    seen = ", ".join(f"one in {size} × {size} pixels" for size in sizes)
    return Markup(
        '<div class="handbook"><div class="reading"><div><h2>How to read this page</h2><p>Small '
        "networks look at the same photo, {}. Each names one of four body styles; "
        "the maps show what in the photo it relied on.</p></div></div>{}{}"
        '<div class="pair-of-cards">{}{}</div>{}</div>'
    ).format(seen, _classes(), _methods(measured), _limits(measured), _distrust(), _engines())


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
    figures = _known(facts.methods, measured)
    columns = (
        Markup('<section class="method-told"><h4>{}</h4>{}{}</section>').format(
            method.title,
            _colours(method),
            listed(dict(method.told) | ({"What tests found": figures[name]} if name in figures else {})),
        )
        for name, method in METHODS.items()
    )
    count = {1: "One", 2: "Two", 3: "Three", 4: "Four", 5: "Five"}.get(len(METHODS), str(len(METHODS)))
    return _card(
        f"{count} maps, {count.lower()} questions",
        "No method is right by itself. Where all point at the same place, that is worth more than "
        "one that looks pretty.",
        Markup('<div class="methods-told">{}</div>{}').format(Markup().join(columns), reading()),
    )


def _known(told: Callable[[Measured], dict[str, str]], measured: Measured) -> dict[str, str]:
    """The sentences that hold figures; none where a file of somebody else's holds something else."""
    try:
        return told(measured)
    except UNFIT:
        return {}


def _colours(method: Method) -> Markup:
    ends = ("against", "for") if method.signed else ("nothing", "more")
    return Markup(
        '<div class="swatch" aria-hidden="true"><i style="background:{}"></i>'
        "<span>{}</span><span>{}</span></div>"
    ).format(legend(1.0, method.signed).background, *ends)


def _limits(measured: Measured) -> Markup:
    figures = _known(facts.limits, measured)
    items = (
        Markup("<li><b>{}</b> {}</li>").format(title, " ".join(filter(None, (words, figures.get(name, "")))))
        for name, (title, words) in LIMITS.items()
    )
    return _card(
        "What the networks cannot do", "", Markup('<ul class="limits">{}</ul>').format(Markup().join(items))
    )


def _distrust() -> Markup:
    items = (Markup("<li><b>{}</b> {} <small>{}</small></li>").format(*reason) for reason in DISTRUST)
    return _card(
        "When to distrust",
        "One of these is reason to look twice; two are reason not to rely on it.",
        Markup('<ol class="checks">{}</ol>').format(Markup().join(items)),
    )


def _engines() -> Markup:
    items = (
        Markup("<li><b>{}</b> {} <small>{}</small></li>").format(title, *words)
        for title, words in ENGINES.items()
    )
    return _card(
        "Who computes a map",
        "Two roads lead to every map; tests compare them on the networks that come along.",
        Markup('<ul class="limits">{}</ul>').format(Markup().join(items)),
    )


def _card(title: str, about: str, html: Markup) -> Markup:
    below = Markup("<p>{}</p>").format(about) if about else ""
    return Markup(
        '<section class="card" aria-label="{title}"><header class="question"><h3>{title}</h3>{below}</header>'
        "{html}</section>"
    ).format(title=title, below=below, html=html)
