"""What a survey's report says that does not depend on what was found: titles, and how to read each table."""

from collections.abc import Iterable

from markupsafe import Markup

from explain.evidence.faithfulness import STEPS
from explain.evidence.regions import BORDER, border
from explain.evidence.stability import RADIUS
from explain.explainer import TOLERANCE
from explain.methods.method import Method
from explain.report.text import listed, percent
from explain.survey.findings import LEAST_PHOTOS

TITLE = "How far can the maps be trusted?"
STYLE = Markup("""
:root { color-scheme: light }
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1f24; background: #fff; margin: 0 auto;
  max-width: 66rem; padding: 1.5rem }
h1 { line-height: 1.2 } h2 { margin-top: 2.5rem }
table { border-collapse: collapse; font-size: .85rem } .wide { overflow-x: auto }
th, td { padding: .3rem .7rem .3rem 0; text-align: left; white-space: nowrap;
  border-bottom: 1px solid #d9dee3 }
img { max-width: 100%; height: auto } .quiet { color: #5c6570 }
""")

# Section -> its title and what stands under it; empty where that depends on the methods.
SECTIONS = {
    "completeness": ("Do the maps add up?", ""),
    "faithfulness": (
        "Do the maps show what the networks rely on?",
        f"Deletion covers the picture with its blurred self, {100 / STEPS:g} % at a time, the most important "
        "cells first: the probability of the class should fall at once, and the area under it be small. "
        "Insertion uncovers the picture in the same order: the area should be large. Two controls know "
        "nothing of the network: random orders, and an order from the centre outwards, where cars stand.",
    ),
    "border": (
        "How much rests on the border?",
        f"The outer {percent(BORDER)} on each side, where dealers put their banners, are "
        f"{percent(border().double().mean().item())} of the picture. The ratio is the share of the weight "
        "there over that share: 1 is an even share, less means that the map keeps to the middle.",
    ),
    "agreement": (
        "Do the networks look at the same things?",
        "All were asked about the class that their average names. Compared are, for every two of them, the "
        "ranks of all pixels (1 is the same order, 0 is chance) and the tenth of the picture that matters "
        "most (10 % in common is chance).",
    ),
    "stability": (
        "Does a little noise change the maps?",
        "The largest change of the map, over the map's size, when every value of a pixel changes by at most "
        f"{percent(RADIUS)} of its range: 0 is none, 1 is a change as large as the map.",
    ),
    "sanity": (
        "Do the maps depend on what the networks learnt?",
        "Layer by layer, from the answer down, weights are replaced by random ones. A map that stays the "
        "same shows the picture, not the network. These are the rank correlations with the original map when "
        "all layers are random; they should be near 0. A constant map, such as an empty one, has no ranks "
        "and is left out.",
    ),
    "mean_maps": (
        "Where do the networks look on average?",
        "The mean of |map| over photos, by class explained; 1 is an even share of the weight. A mean is of "
        f"{LEAST_PHOTOS} photos or more, so that no single one can be made out.",
    ),
}

# Figure -> what it shows, for those who cannot see it.
ALTERNATIVES = {
    "areas": "Areas under deletion and insertion with their intervals, by network and method.",
    "curves": "Mean probability while the picture is covered and uncovered, by network and method.",
    "classes": "Areas under deletion and insertion by class explained, network and method.",
    "border": "Weight on the border over its share of the picture, by source, network and method.",
    "sanity": "Rank correlation with the original map while layers are randomised.",
    "mean_maps": "Mean maps by method, network and class.",
}


def section(name: str, methods: Iterable[Method]) -> tuple[str, str]:
    """The title of a section about these methods, and what stands under it."""
    title, text = SECTIONS[name]
    return title, text or completeness(methods)


def completeness(methods: Iterable[Method]) -> str:
    """Which methods' maps add up, and within what gap."""
    gaps = {method.title: method.allowed_gap(TOLERANCE) for method in methods}
    allowed = {title: gap for title, gap in gaps.items() if gap is not None}
    without = [title for title in gaps if title not in allowed]
    told = []
    if allowed:
        told.append(
            f"The sum of a map of {listed(allowed, 'or')} should be the change of the score. The gap is what "
            "is missing, as a share of that change, or of 1 logit if that is larger. It may be "
            f"{listed(f'{100 * gap:g} % for {title}' for title, gap in allowed.items())}; the average's map "
            "is the mean of the networks' maps."
        )
    if without:
        told.append(f"{listed(without)} {'has' if len(without) == 1 else 'have'} no sum to check.")
    return " ".join(told)
