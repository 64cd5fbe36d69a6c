"""How photo sources are told apart in the charts of the Networks tab: a colour and a mark each."""

from collections.abc import Sequence

from markupsafe import Markup

from page.chart_legend import lines_legend
from page.results.naming import source_title

INKS, MARKS = ("source_1", "source_2", "source_3"), ("o", "s", "^")  # by turns


def source_key(sources: Sequence[str], dashes: str = "") -> Markup:
    """What the marks of each source mean, and the diagonal if the sources have no lines of their own."""
    entries = [
        (source_title(source), INKS[number % len(INKS)], dashes, MARKS[number % len(MARKS)])
        for number, source in enumerate(sources)
    ]
    return lines_legend(entries if dashes else [*entries, ("As right as it is sure", "limit", "dashed", "")])
