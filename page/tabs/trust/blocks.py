"""The Trust tab: a block for each test of the maps, which says first what it found, then shows it."""

from collections.abc import Iterable

from markupsafe import Markup

from explain.methods.method import Method
from explain.report.text import target_name
from explain.target import Target
from page.markup import going_on, repeated

LONG = ("sanity", "stability")  # tests that take so long that they wait for a press of their button

# Block -> its question, what the test is called, and how it is done.
TESTS = {
    "faithfulness": (
        "Do they name what matters?",
        "deletion and insertion",
        "Deletion covers the photo bit by bit, beginning with what a map ranks first; insertion uncovers "
        "a blurred photo in the same order. A good map makes the probability fall early, and rise early. "
        "The two controls know nothing of the network: random maps, and a soft spot in the middle of the "
        "photo, where cars tend to be.",
    ),
    "regions": (
        "Where does their weight lie?",
        "regions",
        "A region’s share of the map over its share of the picture. At 1.0× it counts like any other. "
        "A heavy border would be a warning: frames and banners are there, and not the car.",
    ),
    "sanity": (
        "Do they depend on what was learnt?",
        "randomisation",
        "The layers of a copy of the network are made random one after another, from the last to the "
        "first. A map of what the network learnt falls apart; a map that stays shows the photo instead.",
    ),
    "stability": (
        "Do they stay when nothing visible changes?",
        "max-sensitivity",
        "Every colour value is changed at random by at most 2 % of its range, ten times over: too little to "
        "see. The figure is the largest change of the map, pixel by pixel and in per cent of the map itself. "
        "Small is good.",
    ),
}


def column_heading(method: Method) -> Markup:
    """A method over a narrow column: short, with its title where that is longer."""
    if method.heading == method.title:
        return Markup.escape(method.title)
    return Markup('<abbr title="{}">{}</abbr>').format(method.title, method.heading)


def head(test: str) -> Markup:
    """The question that a block answers, what the test is called, and how it is done."""
    return Markup('<header class="question"><h3>{} <small>{}</small></h3><p>{}</p></header>').format(
        *TESTS[test]
    )


def about(target: Target | None, progress: str = "", missing: Iterable[str] = ()) -> Markup:
    """What the tab is about, why maps are `missing`, what is being computed; without a target, what to do."""
    if target is None:
        return Markup(
            '<section class="card welcome nothing"><h2>Give a photo of a car</h2>'
            "<p>As soon as its maps are there, they are tested here.</p></section>"
        )
    return Markup(
        '<div class="reading"><div><h2>How far can these maps be trusted?</h2>'
        "<p>Four tests of the maps that explain {}, on this very photo.</p>{}</div>{}</div>"
    ).format(target_name(target), repeated(Markup("<p>{}</p>"), missing), going_on(progress))
