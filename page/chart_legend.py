"""What the lines of charts mean: how a method or a source is drawn, and the list that says so."""

from collections.abc import Sequence

from markupsafe import Markup

from explain.door import METHODS
from explain.report.text import METHOD_NAMES

MARKS = {"gradcam": "o", "integrated_gradients": "s", "shap": "^"}  # method -> mark of its line
SHAPES = {
    "": Markup(),
    "o": Markup('<circle cx="14" cy="5" r="2.6"/>'),
    "s": Markup('<path d="M11.6 2.6h4.8v4.8h-4.8z"/>'),
    "^": Markup('<path d="M14 2l3 5.6h-6z"/>'),
}  # mark -> how a key draws it
LINE = Markup('<path d="M1 5h26" stroke="currentColor" stroke-width="2" stroke-dasharray="{}"/>')
ENTRY = Markup(
    '<li><svg viewBox="0 0 28 10" aria-hidden="true" style="color:var(--{ink})">{line}'
    '<g fill="currentColor">{mark}</g></svg>{name}</li>'
)
GAPS = {"solid": "", "dashed": "5 3", "dotted": "1.5 2.5"}


def key(entries: Sequence[tuple[str, str, str, str]] = ()) -> Markup:
    """What the lines of charts mean: those of all methods and further (name, ink, dashes, mark)."""
    methods = [(METHOD_NAMES[method], method, "solid", MARKS[method]) for method in METHODS]
    return lines_key([*methods, *entries])


def lines_key(entries: Sequence[tuple[str, str, str, str]]) -> Markup:
    """What lines mean, by (name, ink, dashes, mark); one of dashes "" is marks alone."""
    items = (
        ENTRY.format(ink=ink, line=LINE.format(GAPS[dashes]) if dashes else "", mark=SHAPES[mark], name=name)
        for name, ink, dashes, mark in entries
    )
    return Markup('<ul class="key">{}</ul>').format(Markup().join(items))
