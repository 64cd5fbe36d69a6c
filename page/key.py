"""What the lines of charts mean: how a method or a source is drawn, and the list that says so."""

from collections.abc import Sequence
from html import escape

from explain.attribution import METHODS
from explain.words import METHOD_NAMES

MARKS = {"gradcam": "o", "integrated_gradients": "s", "shap": "^"}  # method -> mark of its line
SHAPES = {
    "": "",
    "o": '<circle cx="14" cy="5" r="2.6"/>',
    "s": '<path d="M11.6 2.6h4.8v4.8h-4.8z"/>',
    "^": '<path d="M14 2l3 5.6h-6z"/>',
}  # mark -> how a key draws it
LINE = '<path d="M1 5h26" stroke="currentColor" stroke-width="2" stroke-dasharray="{gaps}"/>'
GAPS = {"solid": "", "dashed": "5 3", "dotted": "1.5 2.5"}


def key(entries: Sequence[tuple[str, str, str, str]] = ()) -> str:
    """What the lines of charts mean: those of all methods and further (name, ink, dashes, mark)."""
    methods = [(METHOD_NAMES[method], method, "solid", MARKS[method]) for method in METHODS]
    return lines_key([*methods, *entries])


def lines_key(entries: Sequence[tuple[str, str, str, str]]) -> str:
    """What lines mean, by (name, ink, dashes, mark); one of dashes "" is marks alone."""
    items = "".join(
        f'<li><svg viewBox="0 0 28 10" aria-hidden="true" style="color:var(--{ink})">'
        f"{LINE.format(gaps=GAPS[dashes]) if dashes else ''}"
        f'<g fill="currentColor">{SHAPES[mark]}</g></svg>{escape(name)}</li>'
        for name, ink, dashes, mark in entries
    )
    return f'<ul class="key">{items}</ul>'
