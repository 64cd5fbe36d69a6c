"""What classifiers, photo sources and splits of the results are called on the page."""

from collections.abc import Iterable

from explain.report.text import network_name

LISTINGS, CROPS = "truecar", "stanford"  # the photo sources that the shipped results name
SOURCES = {LISTINGS: "dealer listings", CROPS: "Stanford Cars"}
ENSEMBLES = {"average": "Average", "priority": "Priority"}
SPLITS = {"test": "test photos", "val": "validation photos"}


def classifier_name(name: str) -> str:
    """A network or ensemble in a table: "75 px", "75 px baseline", "Average"; other names stay."""
    return ENSEMBLES.get(name) or network_name(name)


def source_name(source: str) -> str:
    """Where photos come from, within a sentence."""
    return SOURCES.get(source, source)


def ordered(sources: Iterable[str]) -> list[str]:
    """Photo sources in the order of the page: those it knows, then others by name."""
    order = list(SOURCES)
    return sorted(
        sources, key=lambda source: (order.index(source) if source in order else len(order), source)
    )


def source_title(source: str) -> str:
    """Where photos come from, as a heading."""
    name = source_name(source)
    return name[0].upper() + name[1:]


def source_hint(source: str, split: str) -> str:
    """What to know about the photos of a source in a split; "" for a source that nothing is known of."""
    if source == LISTINGS:
        return "Used-car photos, many with dealers’ frames and banners."
    if source == CROPS:
        seen = {
            "test": "Cropped to the car; car models never seen in training.",
            "val": "Cropped to the car; the same car models as in training.",
        }
        return seen.get(split, "")
    return ""


def split_name(split: str) -> str:
    """What the photos of a split are called."""
    return SPLITS.get(split, f"photos of the split “{split}”")


def one_digit(share: float) -> str:
    """A share in per cent with one digit: "93.8 %"."""
    return f"{100 * share:.1f} %"
