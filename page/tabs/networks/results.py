"""How good every network and ensemble is: a dot with its interval, figures, and what was published."""

from markupsafe import Markup

from carmodel.metrics import Scores
from page.markup import COLUMN_HEAD, finding, kept_together
from page.results.measured import Evaluation, Missing, Published
from page.results.naming import (
    LISTINGS,
    classifier_name,
    one_digit,
    source_hint,
    source_name,
    source_title,
)
from page.tabs.networks.tables import scroll

STEP = 0.05  # the axis begins at a multiple of it


def block(evaluation: Evaluation, published: Published | Missing) -> Markup:
    """A table for each photo source."""
    reported = published.accuracy if isinstance(published, Published) else {}
    rows = [row for sources in evaluation.scores.values() for row in sources.values()]
    lowest = min([row.ci95[0] for row in rows] + list(reported.values()))
    start = min(int(lowest / STEP) * STEP, 1 - STEP)
    tables = Markup().join(
        _table(evaluation, source, reported if source == LISTINGS else {}, start)
        for source in evaluation.sources
    )
    note = Markup()
    if isinstance(published, Published):
        note = Markup(
            "<p class=remark>Published: what the work that these networks follow reports, trained on about "
            "{:,} photos of listings and measured on a random split of them. They are "
            "not these photos, so the figures do not compare strictly.</p>"
        ).format(published.photos)
    return Markup('{}<div class="halves">{}</div>{}').format(finding(_found(evaluation)), tables, note)


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


def _table(evaluation: Evaluation, source: str, reported: dict[str, float], start: float) -> Markup:
    rows = {name: sources[source] for name, sources in evaluation.scores.items()}
    return Markup(
        "<section><h4>{title} <small>{n:,} photos</small></h4><p>{hint}</p>"
        '{scroll}<table class="accuracies"><thead><tr><td></td><td class="axis" '
        'aria-hidden="true"><div><span>{start}</span><span>100&nbsp;%</span></div></td>'
        '<th scope="col">Right</th><th scope="col">95&nbsp;% interval</th>{last}</tr></thead>'
        "<tbody>{body}</tbody></table></div></section>"
    ).format(
        title=source_title(source),
        n=next(iter(rows.values())).n,
        hint=source_hint(source, evaluation.split),
        scroll=scroll(f"Accuracy, {source_name(source)}"),
        start=kept_together(f"{100 * start:.0f} %"),
        last=COLUMN_HEAD.format("Published") if reported else "",
        body=Markup().join(_row(name, row, reported.get(name), start) for name, row in rows.items()),
    )


def _row(name: str, row: Scores, reported: float | None, start: float) -> Markup:
    low, high = row.ci95
    places = {"low": low, "at": row.accuracy, "high": high} | (
        {} if reported is None else {"reported": reported}
    )
    style = ";".join(f"--{key}:{100 * (value - start) / (1 - start):.1f}%" for key, value in places.items())
    mark, last = Markup(), Markup("<td></td>")
    if reported is not None:
        mark = Markup("<s></s>")
        last = Markup("<td class=quiet>{}</td>").format(kept_together(f"{100 * reported:.2f} %"))
    return Markup(
        '<tr><th scope="row">{}</th><td class="track" aria-hidden="true">'
        '<span style="{}"><i></i><b></b>{}</span></td><td><strong>{}</strong></td>'
        "<td class=quiet>{:.1f}–{:.1f}</td>{}</tr>"
    ).format(classifier_name(name), style, mark, one_digit(row.accuracy), 100 * low, 100 * high, last)
