"""The Networks tab: how good the networks are, what they mistake, how they were trained and where they look.

All of it is read from the folder of weights when the page starts; a section whose data is not there says
what makes it.
"""

import logging
from collections.abc import Callable, Sequence
from itertools import starmap
from typing import TypeVar

from markupsafe import Markup

from carmodel.ood import BLOCK
from explain.report.text import network_name
from page.context import Context
from page.lazy_tabs import Tab
from page.markup import untested
from page.panel import panel
from page.results.measured import UNFIT, Evaluation, Measured, Missing
from page.results.naming import split_name
from page.tabs.networks import (
    costs,
    learning_rates,
    mean_maps,
    mistakes,
    novelty,
    reliability,
    results,
    robustness,
    training_curves,
)

T = TypeVar("T")
TITLE = "Networks"
NO_FIGURES = "The file of these figures does not hold what it should."
log = logging.getLogger(__name__)

# Section -> its link, its title and what to know before reading it.
SECTIONS = {
    "results": (
        "Results",
        "How often are they right?",
        "The share of photos whose class is named rightly: the dot. The bar is its 95 % interval "
        "(Wilson): on other photos of the same kind the share may well be anywhere in it.",
    ),
    "mistakes": (
        "Mistakes",
        "What do they take for what?",
        "Rows are what the cars are, columns what they were called. The darker a cell, the larger the "
        "share of its row; what lies off the diagonal is wrong.",
    ),
    "disagreement": (
        "Disagreement",
        "When the two networks disagree, who is right?",
        "Only photos for which the two final networks that Priority chooses between name different classes.",
    ),
    "calibration": (
        "Calibration",
        "Do they know how sure they may be?",
        "Photos are put into 15 bins by how sure the network is. On the diagonal, what it says is as "
        "often right as it says; below it, the network is too sure. A larger mark stands for more photos.",
    ),
    "robustness": (
        "Disturbances",
        "What throws them off?",
        "The same photos again, with the border replaced, smaller, mirrored, compressed, darker or "
        "brighter. If dealers’ frames carried the answer, replacing the border would cost much.",
    ),
    "novelty": (
        "No car",
        "Do they notice that it is no car?",
        f"Any picture gets a class. A cue compares the response of convolution {BLOCK} of 7 with that to "
        "training photos, and flags what is unlike them.",
    ),
    "training": (
        "Training",
        "How were they trained?",
        "In stages, each from the best epoch of the one before; upright lines divide them. The "
        "temperature that calibrates the probabilities was fitted afterwards.",
    ),
    "rates": (
        "Learning rates",
        "How fast may they learn?",
        "Short runs that differ only in the peak of the learning rate.",
    ),
    "maps": (
        "Mean maps",
        "Where do they look on average?",
        "The mean of the maps, whatever their sign: the stronger the colour, the more weight lies there.",
    ),
    "costs": ("Cost", "What does a map cost?", "Time on one core of a processor, without a graphics card."),
    "worth": (
        "Faithfulness",
        "What are the maps worth?",
        "The tests of the Trust tab, over many photos.",
    ),
}


def build(context: Context) -> Tab:
    """Draws the tab from what was measured."""
    panel(page(context.measured), elem_id="networks")
    return Tab()


def page(measured: Measured) -> Markup:
    """All sections as HTML."""
    evaluation, survey = measured.evaluation, measured.survey
    blocks = {
        "results": _or_why(
            evaluation, lambda figures: results.block(figures, measured.published, measured.averages)
        ),
        "mistakes": _or_why(evaluation, mistakes.block),
        "disagreement": _or_why(evaluation, mistakes.disagreements),
        "calibration": _or_why(evaluation, _calibration),
        "robustness": _or_why(measured.robustness, robustness.block),
        "novelty": _or_why(measured.novelty, novelty.block),
        "training": _or_why(measured.training, training_curves.stages),
        "rates": _or_why(measured.rates, learning_rates.block),
        "maps": _or_why(survey, lambda summary: mean_maps.block(summary) if summary.maps else NO_MAPS),
        "costs": _or_why(survey, costs.costs),
        "worth": _or_why(survey, costs.worth),
    }
    sections = {name: html for name, html in blocks.items() if html}
    links = (Markup('<a href="#networks-{}">{}</a>').format(name, SECTIONS[name][0]) for name in sections)
    return Markup(
        '<div class="measured"><div class="reading"><div><h2>How good are the networks?</h2>'
        '<p>{}</p>{}</div></div><nav aria-label="Sections">{}</nav>{}</div>'
    ).format(
        _about(evaluation),
        Markup().join(starmap(_architecture, measured.architectures.items()))
        + Markup().join(starmap(_licence, measured.licences.items())),
        Markup().join(links),
        Markup().join(_section(name, html) for name, html in sections.items()),
    )


NO_MAPS = untested("There are no mean maps: a survey makes them of 20 photos or more of a class.")


def _or_why(figures: T | Missing, block: Callable[[T], Markup]) -> Markup:
    """The section of what was found, or why there is none; a file of somebody else's may hold anything."""
    if isinstance(figures, Missing):
        return untested(figures.sentence)
    try:
        return block(figures)
    except UNFIT:
        log.info("A section cannot be drawn.", exc_info=True)
        return untested(NO_FIGURES)


def _calibration(evaluation: Evaluation) -> Markup:
    if reliability.has_bins(evaluation):
        return reliability.block(evaluation)
    return untested("This evaluation holds no bins: python -m carmodel.measure.evaluate makes one that does.")


def _about(evaluation: Evaluation | Missing) -> Markup:
    """Which photos the figures are of."""
    counts = [] if isinstance(evaluation, Missing) else [*next(iter(evaluation.scores.values())).values()]
    if isinstance(evaluation, Missing) or not all(isinstance(row.n, int) for row in counts):
        return Markup("What was measured of the networks, as far as it is there.")
    n = sum(row.n for row in counts)
    caution = {
        "test": "They were used for nothing else: not for training, and not for choosing anything.",
        "val": "They were also used to choose epochs, temperature and Priority’s owners, so expect "
        "slightly less on new photos.",
    }[evaluation.split]
    return Markup("Measured on <b>{:,} {}</b>. {}").format(n, split_name(evaluation.split), caution)


def _architecture(network: str, architecture: str) -> Markup:
    """What a network is that is built otherwise than most."""
    library, _, name = architecture.partition("/")
    return Markup("<p>{} is built as {} of {}.</p>").format(network_name(network), name, library)


def _licence(licence: str, networks: Sequence[str]) -> Markup:
    """What the weights of some networks may be used for."""
    return Markup("<p>Weights of {}: {}</p>").format(", ".join(map(network_name, networks)), licence)


def _section(name: str, html: Markup) -> Markup:
    _, title, how = SECTIONS[name]
    return Markup(
        '<section class="card" id="networks-{name}" aria-label="{title}"><header class="question">'
        "<h3>{title}</h3><p>{how}</p></header>{html}</section>"
    ).format(name=name, title=title, how=how, html=html)
