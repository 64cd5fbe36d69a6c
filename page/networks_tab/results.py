"""How good every network and ensemble is: a dot with its interval, figures, and what was published."""

from html import escape

from carmodel.metrics import Scores
from page.markup import finding
from page.networks_tab.measured import Evaluation, Missing, Published
from page.networks_tab.naming import (
    LISTINGS,
    classifier_name,
    one_digit,
    source_hint,
    source_name,
    source_title,
)
from page.networks_tab.tables import scroll

STEP = 0.05  # the axis begins at a multiple of it


def block(evaluation: Evaluation, published: Published | Missing) -> str:
    """A table for each photo source."""
    reported = published.accuracy if isinstance(published, Published) else {}
    rows = [row for sources in evaluation.scores.values() for row in sources.values()]
    lowest = min([row.ci95[0] for row in rows] + list(reported.values()))
    start = min(int(lowest / STEP) * STEP, 1 - STEP)
    tables = "".join(
        _table(evaluation, source, reported if source == LISTINGS else {}, start)
        for source in evaluation.sources
    )
    note = ""
    if isinstance(published, Published):
        note = (
            "<p class=remark>Published: what the work that these networks follow reports, trained on about "
            f"{published.photos:,} photos of listings and measured on a random split of them. They are "
            "not these photos, so the figures do not compare strictly.</p>"
        )
    return f'{finding(_found(evaluation))}<div class="halves">{tables}</div>{note}'


def _found(evaluation: Evaluation) -> str:
    """ "Average names most of the dealer listings rightly, 93.8 %; Priority most of the Stanford Cars, "
    "91.7 %." """
    parts = []
    for source in evaluation.sources:
        name = max(evaluation.scores, key=lambda each: evaluation.scores[each][source].accuracy)
        right = one_digit(evaluation.scores[name][source].accuracy)
        verb, end = ("most", "") if parts else ("names most", " rightly")
        parts.append(f"{classifier_name(name)} {verb} of the {source_name(source)}{end}, {right}")
    return "; ".join(parts) + "."


def _table(evaluation: Evaluation, source: str, reported: dict[str, float], start: float) -> str:
    rows = {name: sources[source] for name, sources in evaluation.scores.items()}
    n = next(iter(rows.values())).n
    body = "".join(_row(name, row, reported.get(name), start) for name, row in rows.items())
    last = '<th scope="col">Published</th>' if reported else ""
    hint = source_hint(source, evaluation.split)
    return (
        f"<section><h4>{escape(source_title(source))} <small>{n:,} photos</small></h4><p>{escape(hint)}</p>"
        f"{scroll(f'Accuracy, {source_name(source)}')}"
        '<table class="accuracies"><thead><tr><td></td><td class="axis" '
        f'aria-hidden="true">{_axis(start)}</td><th scope="col">Right</th><th scope="col">95&nbsp;% '
        f"interval</th>{last}</tr></thead>"
        f"<tbody>{body}</tbody></table></div></section>"
    )


def _row(name: str, row: Scores, reported: float | None, start: float) -> str:
    low, high = row.ci95
    places = {"low": low, "at": row.accuracy, "high": high} | (
        {} if reported is None else {"reported": reported}
    )
    style = ";".join(f"--{key}:{100 * (value - start) / (1 - start):.1f}%" for key, value in places.items())
    mark = "" if reported is None else "<s></s>"
    last = "<td></td>" if reported is None else f"<td class=quiet>{100 * reported:.2f}&nbsp;%</td>"
    return (
        f'<tr><th scope="row">{escape(classifier_name(name))}</th><td class="track" aria-hidden="true">'
        "<span "
        f'style="{style}"><i></i><b></b>{mark}</span></td><td><strong>{one_digit(row.accuracy)}</strong>'
        f"</td><td class=quiet>{100 * low:.1f}–{100 * high:.1f}</td>{last}</tr>"
    )


def _axis(start: float) -> str:
    ends = f"<span>{100 * start:.0f}&nbsp;%</span><span>100&nbsp;%</span>"
    return f"<div>{ends}</div>"
