"""The comparison of learning rates: short runs of each network, by epoch and in figures."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from explain.report.tables import Row, scrolled, table
from page.chart_legend import lines_legend
from page.charts import Axis, Line, chart
from page.markup import finding
from page.results.measured import Trial
from page.results.naming import classifier_name, one_digit, source_title
from page.tabs.networks.source_key import INKS, MARKS
from page.tabs.networks.training_curves import WIDE, accuracy_axis


def block(rates: Mapping[str, tuple[Trial, ...]]) -> Markup:
    """For each network its trials: mean accuracy of the sources by epoch, and the last epoch in figures."""
    return Markup().join(_network(classifier_name(name), trials) for name, trials in rates.items())


def _network(title: str, trials: Sequence[Trial]) -> Markup:
    means = [[sum(e.validation.values()) / len(e.validation) for e in trial.epochs] for trial in trials]
    best = max(range(len(trials)), key=lambda number: means[number][-1])
    longest = max(map(len, means))
    said = f"{title}: of {len(trials)} peak rates, {trials[best].rate:g} is the best after {longest} epochs."
    key = lines_legend(
        [
            (f"{trial.rate:g}", ink, "solid", mark)
            for trial, (ink, mark) in zip(trials, _looks(trials), strict=True)
        ]
    )
    return Markup(
        '{}{}<div class="halves"><figure><h5>Validation accuracy, mean of the photo sources</h5>{}</figure>'
        "{}</div>"
    ).format(finding(said), key, _chart(title, trials, means, longest), _table(trials, best))


def _looks(trials: Sequence[Trial]) -> list[tuple[str, str]]:
    """The ink and the mark of each trial."""
    return [(INKS[number % len(INKS)], MARKS[number % len(MARKS)]) for number in range(len(trials))]


def _chart(title: str, trials: Sequence[Trial], means: Sequence[Sequence[float]], longest: int) -> Markup:
    epochs = range(1, longest + 1)
    lines = [
        Line(ink, row, mark=mark, x=epochs[: len(row)])
        for row, (ink, mark) in zip(means, _looks(trials), strict=True)
    ]
    said = "; ".join(
        f"rate {trial.rate:g}: {', '.join(map(one_digit, row))}"
        for trial, row in zip(trials, means, strict=True)
    )
    every = [value for row in means for value in row]
    ticks = (0, *epochs)
    across = Axis(ticks, list(map(str, ticks)), "Epochs")
    alt = f"Mean validation accuracy of {title} after each epoch; {said}."
    return chart(alt, lines, epochs, across, accuracy_axis(min(every), max(every)), WIDE)


def _table(trials: Sequence[Trial], best: int) -> Markup:
    sources = list(trials[0].epochs[0].validation)
    rows = []
    for number, trial in enumerate(trials):
        last = trial.epochs[-1]
        cells = f"{trial.rate:g}", *(one_digit(last.validation[name]) for name in sources), f"{last.loss:.2f}"
        rows.append(Row(cells, "best" if number == best else ""))
    heads = ["Peak rate", *map(source_title, sources), "Loss"]
    return scrolled(table(rows, head=[heads], kind="stages"), "Learning rates, last epoch")
