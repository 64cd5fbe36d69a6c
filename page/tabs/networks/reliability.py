"""Whether the networks are as often right as they say: a reliability diagram of each."""

from collections.abc import Mapping
from math import sqrt

from markupsafe import Markup

from carmodel.metrics import Scores
from page.charts import Axis, Line, chart
from page.markup import finding
from page.results.measured import Evaluation
from page.results.naming import classifier_name, one_digit, source_name, source_title
from page.tabs.networks.source_key import INKS, MARKS, source_key

TICKS = Axis((0, 0.25, 0.5, 0.75, 1), ("0", "25 %", "50 %", "75 %", "100 %"))
ACROSS = Axis(TICKS.ticks, TICKS.labels, "How sure it is")
LARGEST = 3.2  # mark of a bin that holds all photos, in usual marks
SMALLEST = 1.0


def block(evaluation: Evaluation) -> Markup:
    """A diagram of each classifier with the photos of every source, and its calibration errors."""
    charts = (
        Markup("<figure><h5>{}</h5>{}<figcaption>{}</figcaption></figure>").format(
            title, _chart(title, evaluation, rows), _errors(evaluation, rows)
        )
        for title, rows in ((classifier_name(name), rows) for name, rows in evaluation.scores.items())
    )
    return Markup('{}{}<div class="charts">{}</div>').format(
        finding(_found(evaluation)), source_key(evaluation.sources), Markup().join(charts)
    )


def has_bins(evaluation: Evaluation) -> bool:
    """Whether the file holds the bins: those of earlier versions do not."""
    return all(row.bins for rows in evaluation.scores.values() for row in rows.values())


def _found(evaluation: Evaluation) -> str:
    errors = [
        (row.ece, name, source) for name, rows in evaluation.scores.items() for source, row in rows.items()
    ]
    (least, *best), (most, *worst) = min(errors), max(errors)

    def of(name: str, source: str) -> str:
        return f"{classifier_name(name)} on {source_name(source)}"

    return (
        f"What the networks say and how often they are right differ by {one_digit(least)} ({of(*best)}) to "
        f"{one_digit(most)} ({of(*worst)}) on average."
    )


def _chart(title: str, evaluation: Evaluation, rows: Mapping[str, Scores]) -> Markup:
    lines = [Line("limit", (0, 1), "dashed", x=(0, 1))]
    sentences = []
    for number, source in enumerate(evaluation.sources):
        bins = [
            (group.confidence, group.accuracy, group.count)
            for group in rows[source].bins
            if group.count and group.confidence is not None and group.accuracy is not None
        ]
        sizes = [max(LARGEST * sqrt(count / rows[source].n), SMALLEST) for *_, count in bins]
        ink, mark = INKS[number % len(INKS)], MARKS[number % len(MARKS)]
        accuracies = [accuracy for _, accuracy, _ in bins]
        lines.append(Line(ink, accuracies, "", mark, x=[sure for sure, *_ in bins], sizes=sizes))
        points = ", ".join(
            f"{100 * sure:.0f} % sure {100 * accuracy:.0f} % right ({count})"
            for sure, accuracy, count in bins
        )
        sentences.append(f"{source_title(source)}: {points}")
    alt = f"Reliability of {title}, number of photos in brackets. {'. '.join(sentences)}."
    return chart(alt, lines, (0, 1), ACROSS, TICKS, size=(3.3, 2.7))


def _errors(evaluation: Evaluation, rows: Mapping[str, Scores]) -> str:
    said = (f"{one_digit(rows[source].ece)} on {source_name(source)}" for source in evaluation.sources)
    return f"Calibration error {', '.join(said)}."
