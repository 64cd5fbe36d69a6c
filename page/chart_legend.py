"""What the lines of charts mean: how a method or a source is drawn, and the list that says so."""

from collections.abc import Sequence

from markupsafe import Markup

from explain.methods.registry import METHODS

SHAPES = {
    "": Markup(),
    "o": Markup('<circle cx="14" cy="5" r="2.6"/>'),
    "s": Markup('<path d="M11.6 2.6h4.8v4.8h-4.8z"/>'),
    "^": Markup('<path d="M14 2l3 5.6h-6z"/>'),
}  # mark -> how a legend draws it
LINE = Markup('<path d="M1 5h26" stroke="currentColor" stroke-width="2" stroke-dasharray="{}"/>')
ENTRY = Markup(
    '<li><svg viewBox="0 0 28 10" aria-hidden="true" style="color:var(--{ink})">{line}'
    '<g fill="currentColor">{mark}</g></svg>{name}</li>'
)
GAPS = {"solid": "", "dashed": "5 3", "dotted": "1.5 2.5"}

Entry = tuple[str, str, str, str]  # name, ink, dashes, mark; one of dashes "" is marks alone


def legend_of(entries: Sequence[Entry] = ()) -> Markup:
    """What the lines of charts mean: those of all methods and further ones."""
    return lines_legend(
        [
            *((method.title, method.name, "solid", method.mark) for method in METHODS.values()),
            *entries,
        ]
    )


def lines_legend(entries: Sequence[Entry]) -> Markup:
    """What lines mean."""
    items = (
        ENTRY.format(ink=ink, line=LINE.format(GAPS[dashes]) if dashes else "", mark=SHAPES[mark], name=name)
        for name, ink, dashes, mark in entries
    )
    return Markup('<ul class="key">{}</ul>').format(Markup().join(items))


def method_inks() -> str:
    """CSS of the variables that lines of methods are drawn with, on light and on dark ground."""
    light, dark = (
        "".join(f"--{method.name}:{method.colours[ground]};" for method in METHODS.values())
        for ground in (0, 1)
    )
    return f".gradio-container{{{light}}}.dark .gradio-container,.gradio-container.dark{{{dark}}}"
