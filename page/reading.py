"""How to read the maps: every term that stands under them, in plain words, folded away until it is wanted."""

from collections.abc import Mapping

from markupsafe import Markup

from explain.methods.registry import METHODS
from explain.references import phrase_of

# What stands under a map or beside it -> what it means.
TERMS = {
    "Score": (
        "A network gives every class a number, its logit. One logit more multiplies the odds of "
        "the class by about 2.7. The maps share out the score of the class explained, or how far "
        "it is above “and not”."
    ),
    "Logits per 1 % of the picture": (
        "How strong a colour is: what a hundredth of the picture, all in this colour, would add "
        "to the score. The maps of a row share one scale, so their colours can be compared."
    ),
    "Reference": "What the photo is compared with. {references}.",
    "Σ map": "All of the map added up.",
    "f(x) − f(reference)": "How far the score is from that of the reference. This is what Σ map should be.",
    "Gap": (
        "How far the two miss each other, in per cent of the second, or of one logit if that is "
        "more. Red if it is more than you allow: the map then does not explain the score."
    ),
    "Steps": (
        "{refining} goes from the reference to the photo in this many steps, and doubles them until the "
        "gap is small enough."
    ),
    "Deletion": (
        "The area under the probability while the photo is covered bit by bit, beginning with what the map "
        "ranks first. Small is good: the network needs what the map names."
    ),
    "Insertion": "The same while a blurred photo is uncovered. Large is good.",
    "Both controls": (
        "Random maps, and a soft spot in the middle of the photo. Neither knows the network; a map that does "
        "not beat them tells little about it. The Trust tab shows more."
    ),
    "The difference of two networks": (
        "Where the first relies on something more (red) or less (blue) than the second."
    ),
}


def listed(parts: Mapping[str, str]) -> Markup:
    """A list of terms and what is to be said about them."""
    rows = (Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*part) for part in parts.items())
    return Markup("<dl>{}</dl>").format(Markup().join(rows))


def reading() -> Markup:
    """The terms, folded away."""
    chosen = [method.title for method in METHODS.values() if method.takes_reference]
    others = [
        f"{method.title} compares with {phrase_of(method.compares_with)}"
        for method in METHODS.values()
        if method.complete and not method.takes_reference
    ]
    references = "; ".join([*(f"{title} uses the one you choose" for title in chosen), *others])
    refining = " and ".join(method.title for method in METHODS.values() if method.refines)
    terms = {name: told.format(references=references, refining=refining) for name, told in TERMS.items()}
    return FOLDED.format(listed(terms))


FOLDED = Markup('<details class="guide"><summary>How to read the maps</summary>{}</details>')
