"""How good every network and ensemble is: a dot with its interval, figures, and what was published."""

from collections.abc import Mapping

from markupsafe import Markup

from carmodel.metrics import Scores
from explain.report.tables import Cell, scrolled, table
from explain.report.text import listed
from page.markup import finding, kept_together
from page.results.measured import Averages, Evaluation, Missing, Published
from page.results.naming import (
    LISTINGS,
    classifier_name,
    one_digit,
    source_hint,
    source_name,
    source_title,
)

STEP = 0.05  # the axis begins at a multiple of it


def block(evaluation: Evaluation, published: Published | Missing, averages: Averages | Missing) -> Markup:
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
    if isinstance(averages, Averages) and len(averages.right) > 1:
        note += Markup("<p class=remark>{}</p>").format(gained(averages))
    if isinstance(published, Published):
        note += Markup(
            "<p class=remark>Published: what the work that these networks follow reports, trained on about "
            "{:,} photos of listings and measured on a random split of them. They are "
            "not these photos, so the figures do not compare strictly.</p>"
        ).format(published.photos)
    return Markup('{}<div class="halves">{}</div>{}').format(finding(_found(evaluation)), tables, note)


def gained(averages: Averages) -> str:
    """ "Average is the mean of 75 px, 100 px and 128 px: right for 840 of 889 validation photos, …; that of
    75 px and 100 px for 833." """

    def mean(sizes: tuple[int, ...]) -> str:
        return listed(f"{size} px" for size in sizes)

    right = averages.right
    others = [f"that of {mean(sizes)} for {right[sizes]}" for sizes in right if sizes != averages.chosen]
    return (
        f"Average is the mean of {mean(averages.chosen)}: right for {right[averages.chosen]} of "
        f"{averages.photos:,} validation photos, by which it was chosen; {', '.join(others)}."
    )


def _found(evaluation: Evaluation) -> str:
    """ "Average names most of the dealer listings rightly, 93.8 %; Priority most of the Stanford Cars, "
    "91.7 %." """
    parts: list[str] = []
    for source in evaluation.sources:
        name = max(evaluation.scores, key=lambda classifier: evaluation.scores[classifier][source].accuracy)
        right = one_digit(evaluation.scores[name][source].accuracy)
        verb, end = ("most", "") if parts else ("names most", " rightly")
        parts.append(f"{classifier_name(name)} {verb} of the {source_name(source)}{end}, {right}")
    return "; ".join(parts) + "."


def _table(evaluation: Evaluation, source: str, reported: Mapping[str, float], start: float) -> Markup:
    rows = {name: sources[source] for name, sources in evaluation.scores.items()}
    ends = Markup("<div><span>{}</span><span>{}</span></div>").format(
        *(kept_together(text) for text in (f"{100 * start:.0f} %", "100 %"))
    )
    heads = ["", Cell(ends, kind="axis", hidden=True), "Right", kept_together("95 % interval")]
    body = [_row(name, row, reported.get(name), start) for name, row in rows.items()]
    drawn = table(body, head=[[*heads, "Published"] if reported else heads], kind="accuracies")
    return Markup("<section><h4>{} <small>{:,} photos</small></h4><p>{}</p>{}</section>").format(
        source_title(source),
        next(iter(rows.values())).n,
        source_hint(source, evaluation.split),
        scrolled(drawn, f"Accuracy, {source_name(source)}"),
    )


def _row(name: str, row: Scores, reported: float | None, start: float) -> list[object]:
    low, high = row.ci95
    places = {"low": low, "at": row.accuracy, "high": high}
    mark, last = Markup(), Cell()
    if reported is not None:
        places["reported"] = reported
        mark, last = Markup("<s></s>"), Cell(kept_together(f"{100 * reported:.2f} %"), kind="quiet")
    style = ";".join(f"--{key}:{100 * (value - start) / (1 - start):.1f}%" for key, value in places.items())
    track = Markup('<span style="{}"><i></i><b></b>{}</span>').format(style, mark)
    return [
        classifier_name(name),
        Cell(track, kind="track", hidden=True),
        Markup("<strong>{}</strong>").format(one_digit(row.accuracy)),
        Cell(f"{100 * low:.1f}–{100 * high:.1f}", kind="quiet"),
        last,
    ]
