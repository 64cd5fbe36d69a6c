"""How the networks were trained: accuracy and loss over all stages, and what each stage was."""

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from math import ceil, floor

from markupsafe import Markup

from explain.report.tables import scrolled, table
from page.charts import Axis, Line, chart
from page.results.measured import Epoch, Stage
from page.results.naming import classifier_name, one_digit, source_title
from page.tabs.networks.source_key import INKS, MARKS, source_key

STEP = 0.1  # between ticks of accuracy
SHOWN = 0.2  # accuracy below the last epoch's that is still drawn
WIDE = (6.2, 2.5)  # inches


def stages(training: Mapping[str, tuple[Stage, ...]]) -> Markup:
    """For each network its curves over all stages, and a table of what each stage was."""
    sources = list(next(iter(training.values()))[0].epochs[0].validation)
    blocks = (
        Markup("<section><h4>{}</h4>{}{}</section>").format(title, _curves(title, run), _table(run))
        for title, run in ((classifier_name(name), run) for name, run in training.items())
    )
    return source_key(sources, "solid") + Markup().join(blocks)


def origin(recipe: Mapping[str, object], first: bool) -> str:
    """What a stage starts and learns from, in words."""
    start = (
        "From the stage before"
        if not first
        else "Another’s layers"
        if recipe.get("start")
        else "Random weights"
    )
    if recipe.get("soft_targets"):
        return f"{start}, taught by a larger network"
    if recipe.get("zoom_out"):
        return f"{start}, cars shown smaller too"
    return start


def accuracy_axis(low: float, high: float) -> Axis:
    """An axis with ticks at whole tenths around accuracies from `low` to `high`, within [0, 1]."""
    first = max(floor(low / STEP), 0)
    last = max(ceil(high / STEP), first + 1)
    ticks = [STEP * tenth for tenth in range(first, last + 1)]
    return Axis(ticks, [f"{100 * tick:.0f} %" for tick in ticks])


def _curves(title: str, stages: Sequence[Stage]) -> Markup:
    epochs = [epoch for stage in stages for epoch in stage.epochs]
    ends = list(accumulate(len(stage.epochs) for stage in stages))
    begins = [0, *ends[:-1]]
    x = range(1, len(epochs) + 1)
    across = Axis((0, *ends), [str(end) for end in (0, *ends)], "Epochs")
    accuracy = _accuracy(title, [(source, epochs) for source in epochs[0].validation], x, across, begins[1:])
    top = ceil(max(epoch.loss for epoch in epochs) * 2) / 2
    losses = [epoch.loss for epoch in epochs]
    alt = f"Training loss of {title}: {_path(losses, ends, lambda loss: f'{loss:.2f}')}."
    # The loss of a stage has its own mixture of teacher and labels, so stages are not joined.
    parts = [
        Line("accent", losses[begin:end], x=x[begin:end]) for begin, end in zip(begins, ends, strict=True)
    ]
    up = Axis((0, top / 2, top), ("0", f"{top / 2:g}", f"{top:g}"))
    loss = chart(alt, parts, x, across, up, WIDE, begins[1:])
    return Markup(
        '<div class="charts"><figure><h5>Validation accuracy</h5>{}</figure>'
        "<figure><h5>Training loss</h5>{}</figure></div>"
    ).format(accuracy, loss)


def _accuracy(
    title: str,
    lines: Sequence[tuple[str, Sequence[Epoch]]],
    x: Sequence[float],
    across: Axis,
    rules: Sequence[float],
) -> Markup:
    """Accuracy by source; what is far below the last epoch's is left out, so that late gains can be seen."""
    last = [epochs[-1].validation[source] for source, epochs in lines]
    up = accuracy_axis(min(last) - SHOWN, max(last))
    drawn, said = [], []
    for number, (source, epochs) in enumerate(lines):
        values = [epoch.validation[source] for epoch in epochs]
        inside = [value if value >= up.ticks[0] else None for value in values]
        ink, mark = INKS[number % len(INKS)], MARKS[number % len(MARKS)]
        drawn.append(Line(ink, inside, mark=mark, every=6))
        path = _path(values, [round(end) for end in across.ticks[1:]], one_digit)
        said.append(f"{source_title(source)}: {path}")
    alt = f"Validation accuracy of {title}. {'. '.join(said)}."
    return chart(alt, drawn, x, across, up, WIDE, rules)


def _path(values: Sequence[float], ends: Sequence[int], figure: Callable[[float], str]) -> str:
    """ "25.0 % after epoch 1, 89.3 % after 36, 90.7 % after 48" """
    points = [
        f"{figure(values[0])} after epoch 1",
        *(f"{figure(values[end - 1])} after {end}" for end in ends),
    ]
    return ", ".join(points)


def _table(stages: Sequence[Stage]) -> Markup:
    sources = list(stages[0].epochs[0].validation)
    rows = []
    for number, stage in enumerate(stages):
        best = stage.epochs[stage.best - 1].validation
        rate = f"{stage.recipe.get('learning_rate', 0):g}"
        figures = len(stage.epochs), rate, f"{stage.hours:.1f}", *(one_digit(best[name]) for name in sources)
        rows.append((f"{number + 1}. {origin(stage.recipe, number == 0)}", *figures))
    heads = ["Stage", "Epochs", "Peak rate", "Hours", *map(source_title, sources)]
    return scrolled(table(rows, head=[heads], kind="stages"), "Stages")
