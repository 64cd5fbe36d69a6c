"""Which classes are taken for which, and who is right where the two networks disagree."""

from html import escape

from carmodel.metrics import Disagreement, Scores
from carmodel.network import CLASSES
from explain.words import named
from page.markup import finding
from page.networks_tab.measured import Evaluation
from page.networks_tab.naming import classifier_name, one_digit, source_name, source_title


def block(evaluation: Evaluation) -> str:
    """Confusion matrices of every classifier, folded by photo source; the first source is open."""
    parts = []
    for number, source in enumerate(evaluation.sources):
        matrices = "".join(
            _matrix(classifier_name(name), rows[source]) for name, rows in evaluation.scores.items()
        )
        n = next(iter(evaluation.scores.values()))[source].n
        parts.append(
            f"<details{'' if number else ' open'}><summary>{escape(source_title(source))}, {n:,} "
            "photos</summary>"
            f'<div class="matrices">{matrices}</div></details>'
        )
    return finding(_most_common(evaluation)) + "".join(parts)


def disagreements(evaluation: Evaluation) -> str:
    """How often the two final networks disagree and who is right then; "" where that was not measured."""
    if not evaluation.disagreement:
        return ""
    found = {source: evaluation.disagreement[source] for source in evaluation.sources}
    said = " ".join(_said(source, row) for source, row in found.items())
    bars = "".join(_shares(source, row) for source, row in found.items())
    key = "".join(
        f'<li><i class="{kind}"></i>{name}</li>'
        for kind, name in (("small", "75 px is right"), ("large", "100 px is right"), ("none", "neither is"))
    )
    return f'{finding(said)}<ul class="key squares">{key}</ul><div class="halves">{bars}</div>'


def _said(source: str, row: Disagreement) -> str:
    return (
        f"On {row.differ} of {row.n:,} photos of {source_name(source)} the networks disagree; then 75 px "
        f"is right {row.small_right} times, 100 px {row.large_right}, neither {row.neither_right}."
    )


def _shares(source: str, row: Disagreement) -> str:
    parts = {"small": row.small_right, "large": row.large_right, "none": row.neither_right}
    bars = "".join(
        f'<i class="{kind}" style="flex:{count}">{count}</i>' for kind, count in parts.items() if count
    )
    share = one_digit(row.differ / row.n)
    return (
        f"<section><h4>{escape(source_title(source))} <small>{share} of the photos</small></h4>"
        f'<div class="stack" role="img" aria-label="{escape(_said(source, row))}">{bars}</div></section>'
    )


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


def _matrix(title: str, row: Scores) -> str:
    heads = "".join(f'<th scope="col">{named(label)}</th>' for label in CLASSES)
    body = "".join(
        f'<tr><th scope="row">{named(label)}</th>{_cells(i, counts)}<td '
        f"class=share>{_share(row.recall[label])}</td>"
        "</tr>"
        for i, (label, counts) in enumerate(zip(CLASSES, row.confusion, strict=True))
    )
    foot = "".join(f"<td class=share>{_share(row.precision[label])}</td>" for label in CLASSES)
    return (
        f'<table class="matrix"><caption>{escape(title)}</caption><thead><tr><td>is ↓ called →</td>{heads}'
        '<th scope="col"><abbr title="Of the photos of this class, how many are called so">Recall</abbr></th>'
        f"</tr></thead><tbody>{body}</tbody><tfoot><tr>"
        '<th scope="row"><abbr title="Of the photos called so, how many are">Precision</abbr></th>'
        f"{foot}<td></td></tr></tfoot></table>"
    )


def _cells(true: int, counts: tuple[int, ...]) -> str:
    total = sum(counts) or 1
    return "".join(
        f'<td class="{"hit" if j == true else "miss"}" style="--shade:{100 * count / total:.0f}%">'
        f"{count or '·'}</td>"
        for j, count in enumerate(counts)
    )


def _share(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}&nbsp;%"
