"""Which classes are taken for which, and who is right where Priority's two networks disagree."""

from markupsafe import Markup

from carmodel.metrics import Disagreement, Scores
from carmodel.network import CLASSES
from explain.report.tables import Cell, table
from explain.report.text import named
from page.markup import finding, kept_together
from page.results.measured import Evaluation
from page.results.naming import classifier_name, one_digit, source_name, source_title


def block(evaluation: Evaluation) -> Markup:
    """Confusion matrices of every classifier, folded by photo source; the first source is open."""
    html = finding(_most_common(evaluation))
    for number, source in enumerate(evaluation.sources):
        matrices = Markup().join(
            _matrix(classifier_name(name), rows[source]) for name, rows in evaluation.scores.items()
        )
        n = next(iter(evaluation.scores.values()))[source].n
        html += Markup(
            '<details{}><summary>{}, {:,} photos</summary><div class="matrices">{}</div></details>'
        ).format("" if number else " open", source_title(source), n, matrices)
    return html


def disagreements(evaluation: Evaluation) -> Markup:
    """How often the two final networks disagree and who is right then; "" where that was not measured."""
    if not evaluation.disagreement:
        return Markup()
    rows = {source: evaluation.disagreement[source] for source in evaluation.sources}
    names = [classifier_name(name) for name in evaluation.compared]
    said = {source: _said(source, row, *names) for source, row in rows.items()}
    bars = Markup().join(_shares(source, row, said[source]) for source, row in rows.items())
    return Markup(
        '{}<ul class="key squares"><li><i class="small"></i>{} is right</li>'
        '<li><i class="large"></i>{} is right</li><li><i class="none"></i>neither is</li></ul>'
        '<div class="halves">{}</div>'
    ).format(finding(" ".join(said.values())), *names, bars)


def _said(source: str, row: Disagreement, small: str, large: str) -> str:
    return (
        f"On {row.differ} of {row.n:,} photos of {source_name(source)} the networks disagree; then {small} "
        f"is right {row.small_right} times, {large} {row.large_right}, neither {row.neither_right}."
    )


def _shares(source: str, row: Disagreement, said: str) -> Markup:
    parts = {"small": row.small_right, "large": row.large_right, "none": row.neither_right}
    bars = Markup().join(
        Markup('<i class="{0}" style="flex:{1}">{1}</i>').format(kind, count)
        for kind, count in parts.items()
        if count
    )
    return Markup(
        "<section><h4>{} <small>{} of the photos</small></h4>"
        '<div class="stack" role="img" aria-label="{}">{}</div></section>'
    ).format(source_title(source), one_digit(row.differ / row.n), said, bars)


def _most_common(evaluation: Evaluation) -> str:
    """The mistake that is made most often, by all classifiers together, in each source."""
    parts = []
    for source in evaluation.sources:
        counts = {
            (i, j): sum(rows[source].confusion[i][j] for rows in evaluation.scores.values())
            for i in range(len(CLASSES))
            for j in range(len(CLASSES))
            if i != j
        }
        true, called = max(counts, key=counts.__getitem__)
        total = sum(counts.values())
        if total:
            share = 100 * counts[true, called] / total
            parts.append(
                f"{share:.0f} % of the mistakes on {source_name(source)} are {_plural(true)} called "
                f"{_plural(called)}"
            )
    return f"{'; '.join(parts)}." if parts else ""


def _plural(index: int) -> str:
    return {"sedan": "sedans", "coupe": "coupes", "suv": "SUVs", "truck": "trucks"}[CLASSES[index]]


def _matrix(title: str, row: Scores) -> Markup:
    abbreviated = Markup('<abbr title="{}">{}</abbr>')
    recall = abbreviated.format("Of the photos of this class, how many are called so", "Recall")
    precision = abbreviated.format("Of the photos called so, how many are", "Precision")
    rows = [
        [named(label), *_cells(i, counts), _share(row.recall[label])]
        for i, (label, counts) in enumerate(zip(CLASSES, row.confusion, strict=True))
    ]
    return table(
        rows,
        head=[[Cell("is ↓ called →"), *map(named, CLASSES), recall]],
        foot=[[precision, *(_share(row.precision[label]) for label in CLASSES), ""]],
        kind="matrix",
        caption=title,
    )


def _cells(true: int, counts: tuple[int, ...]) -> list[Cell]:
    total = sum(counts) or 1
    return [
        Cell(count or "·", "hit" if called == true else "miss", f"--shade:{100 * count / total:.0f}%")
        for called, count in enumerate(counts)
    ]


def _share(share: float | None) -> Cell:
    return Cell("–" if share is None else kept_together(f"{100 * share:.0f} %"), kind="share")
