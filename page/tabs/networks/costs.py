"""What each method costs and what its maps are worth, on average over a survey."""

from collections.abc import Mapping

from markupsafe import Markup

from explain.methods.registry import METHODS
from explain.report.tables import AnyRow, Cell, Row, scrolled, table
from explain.report.text import listed, network_name
from explain.survey.summary import Interval
from page.markup import finding, kept_together, repeated
from page.results.surveyed import Survey

ALL = ""  # in place of a network's name: all of them
WORTH = {
    "gap": ("Gap", "How far the map misses the score that it should add up to", 100, 1, " %"),
    "deletion": ("Deletion", "Area while the photo is covered in the map’s order; small is good", 1, 2, ""),
    "insertion": (
        "Insertion",
        "Area while the photo is uncovered in the map’s order; large is good",
        1,
        2,
        "",
    ),
    "beats_both_deletion": ("Beats both", "Share of maps that beat both controls at deletion", 100, 0, " %"),
    "border_ratio": ("Border", "The border’s share of the weight over its share of the picture", 1, 2, "×"),
}  # figure -> heading, hint, factor, digits, unit


NOTHING = "–"
STEPS = " takes as many steps as its accuracy of 2\N{NO-BREAK SPACE}% needs."


def costs(survey: Survey) -> Markup:
    """Seconds of CPU time of each method and network, as bars."""
    names = [
        network for network in (*survey.networks, ALL) if any(key[1] == network for key in survey.seconds)
    ]
    refining = " and ".join(METHODS[name].title for name in survey.methods if METHODS[name].refines)
    top = max(interval.mean for interval in survey.seconds.values())
    rows = [
        (METHODS[method].title, *(_seconds(survey.seconds.get((method, network)), top) for network in names))
        for method in survey.methods
    ]
    cheapest, dearest = (
        pick(survey.methods, key=lambda method: survey.seconds[method, ALL].mean) for pick in (min, max)
    )
    times = survey.seconds[dearest, ALL].mean / survey.seconds[cheapest, ALL].mean
    sentence = (
        f"{METHODS[cheapest].title} takes {_time(survey.seconds[cheapest, ALL].mean)} of CPU time a photo "
        f"for {_together(survey)} networks; {METHODS[dearest].title} takes {times:.0f} times as long."
    )
    heads = ["", *(network_name(name) if name else _together(survey).capitalize() for name in names)]
    return Markup(
        "{finding}{table}<p class=remark>CPU time of one core a photo, mean over {measured_on}. "
        "“{together}” includes what each network is asked about its own class.{refined}</p>"
    ).format(
        finding=finding(sentence),
        table=scrolled(table(rows, head=[heads], kind="costs"), "Seconds of CPU time"),
        measured_on=survey.measured_on,
        together=_together(survey).capitalize(),
        refined=f" {refining}{STEPS}" if refining else "",
    )


def _together(survey: Survey) -> str:
    return "both" if len(survey.networks) == 2 else "all"


def worth(survey: Survey) -> Markup:
    """Gap, areas, controls and border of each method and network."""
    abbreviated = Markup('<abbr title="{}">{}</abbr>')
    heads = ["", *(abbreviated.format(hint, head) for head, hint, *_ in WORTH.values())]
    groups: list[list[AnyRow]] = [
        [
            Row([Cell(network_name(network).capitalize(), scope="rowgroup", columns=len(heads))], "group"),
            *((METHODS[method].title, *_figures(methods.get(method, {}))) for method in survey.methods),
            Row(["Centred Gaussian", *_figures(survey.gaussian[network])], "control"),
        ]
        for network, methods in survey.figures.items()
    ]
    return Markup(
        "{finding}{table}<p class=remark>Means over {measured_on}, 95&nbsp;% intervals in small print. "
        "The centred Gaussian is a control that knows nothing of the network.{missing}</p>"
    ).format(
        finding=finding(_best(survey)),
        table=scrolled(table(*groups, head=[heads], kind="worth"), "What the maps are worth"),
        measured_on=survey.measured_on,
        missing=repeated(
            Markup(" {}"),
            dict.fromkeys(reason for reasons in survey.missing.values() for reason in reasons.values()),
        ),
    )


def _best(survey: Survey) -> str:
    """For each single network the method whose order names best what it needs, beside the control."""
    parts = []
    for network in survey.networks:
        areas = {method: row["deletion"].mean for method, row in survey.figures[network].items()}
        best = min(areas, key=areas.__getitem__)
        against = survey.gaussian[network]["deletion"].mean
        figures = f"deletion area {areas[best]:.2f}; centred Gaussian {against:.2f}"
        parts.append(f"for {network_name(network)} {METHODS[best].title} ({figures})")
    return f"What matters is named best {listed(parts)}."


def _time(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _seconds(interval: Interval | None, top: float) -> object:
    if interval is None:
        return NOTHING
    return Markup('<span class="bar" style="--to:{:.1f}%"><i></i>{}</span>').format(
        100 * interval.mean / top, _time(interval.mean)
    )


def _figures(row: Mapping[str, Interval]) -> list[object]:
    return [_figure(row.get(name), *WORTH[name][2:]) for name in WORTH]


def _figure(interval: Interval | None, factor: float, digits: int, unit: str) -> object:
    if interval is None:
        return NOTHING
    mean, low, high = (
        f"{factor * value:.{digits}f}" for value in (interval.mean, interval.low, interval.high)
    )
    if interval.mean > 0 and float(mean) == 0:  # such as a gap of rounding alone
        return Markup("{}{:g}{}").format("< ", 10**-digits, kept_together(unit))
    return Markup("{}{}<small>{}–{}</small>").format(mean, kept_together(unit), low, high)
