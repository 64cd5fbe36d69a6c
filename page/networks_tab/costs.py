"""What each method costs and what its maps are worth, on average over a survey."""

from html import escape

from explain.attribution import METHODS
from explain.survey.summary import Interval
from explain.words import METHOD_NAMES, NETWORK_NAMES
from page.markup import finding
from page.networks_tab.surveyed import Survey
from page.networks_tab.tables import scroll

WHO = {"75": "75 px", "100": "100 px", "": "Both"}
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


def costs(survey: Survey) -> str:
    """Seconds of CPU time of each method and network, as bars."""
    shown = [network for network in WHO if any(key[1] == network for key in survey.seconds)]
    top = max(interval.mean for interval in survey.seconds.values())
    heads = "".join(f'<th scope="col">{WHO[network]}</th>' for network in shown)
    body = ""
    for method in METHODS:
        cells = "".join(_seconds(survey.seconds.get((method, network)), top) for network in shown)
        body += f'<tr><th scope="row">{METHOD_NAMES[method]}</th>{cells}</tr>'
    cheapest, dearest = (
        pick(METHODS, key=lambda method: survey.seconds[method, ""].mean) for pick in (min, max)
    )
    times = survey.seconds[dearest, ""].mean / survey.seconds[cheapest, ""].mean
    found = (
        f"{METHOD_NAMES[cheapest]} takes {_time(survey.seconds[cheapest, ''].mean)} of CPU time a photo "
        f"for both networks; {METHOD_NAMES[dearest]} takes {times:.0f} times as long."
    )
    return (
        f"{finding(found)}{scroll('Seconds of CPU time')}"
        f'<table class="costs"><thead><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
        f"<p class=remark>CPU time of one core a photo, mean over {survey.measured_on}. "
        "“Both” includes what each network is asked about its own class; Integrated Gradients takes as "
        "many steps as its accuracy of 2&nbsp;% needs, SHAP includes its 16 reference frames.</p>"
    )


def worth(survey: Survey) -> str:
    """Gap, areas, controls and border of each method and network."""
    heads = "".join(
        f'<th scope="col"><abbr title="{escape(hint)}">{head}</abbr></th>'
        for head, hint, *_ in WORTH.values()
    )
    body = ""
    for network, methods in survey.figures.items():
        rows = "".join(
            f'<tr><th scope="row">{METHOD_NAMES[method]}</th>'
            + "".join(_figure(figures.get(name), *WORTH[name][2:]) for name in WORTH)
            + "</tr>"
            for method, figures in methods.items()
        )
        control = survey.gaussian[network]
        cells = "".join(_figure(control.get(name), *WORTH[name][2:]) for name in WORTH)
        name = NETWORK_NAMES[network].capitalize()
        body += (
            f'<tbody><tr class="group"><th scope="rowgroup" colspan="{len(WORTH) + 1}">{name}</th></tr>{rows}'
            f'<tr class="control"><th scope="row">Centred Gaussian</th>{cells}</tr></tbody>'
        )
    return (
        f"{finding(_best(survey))}{scroll('What the maps are worth')}<table "
        f'class="worth"><thead><tr><td></td>{heads}</tr></thead>{body}</table></div>'
        f"<p class=remark>Means over {survey.measured_on}, 95&nbsp;% intervals in small print. "
        "The centred Gaussian is a control that knows nothing of the network.</p>"
    )


def _best(survey: Survey) -> str:
    """For each single network the method whose order names best what it needs, beside the control."""
    parts = []
    for network in ("75", "100"):
        areas = {method: row["deletion"].mean for method, row in survey.figures[network].items()}
        best = min(areas, key=areas.__getitem__)
        against = survey.gaussian[network]["deletion"].mean
        parts.append(
            f"for {network} px {METHOD_NAMES[best]} (deletion area {areas[best]:.2f}; centred Gaussian "
            f"{against:.2f})"
        )
    return f"What matters is named best {' and '.join(parts)}."


def _time(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _seconds(interval: Interval | None, top: float) -> str:
    if interval is None:
        return "<td>–</td>"
    return (
        f'<td><span class="bar" style="--to:{100 * interval.mean / top:.1f}%"><i></i>'
        f"{_time(interval.mean)}</span></td>"
    )


def _figure(interval: Interval | None, factor: float, digits: int, unit: str) -> str:
    if interval is None:
        return "<td>–</td>"
    mean, low, high = (
        f"{factor * value:.{digits}f}" for value in (interval.mean, interval.low, interval.high)
    )
    if interval.mean > 0 and float(mean) == 0:  # such as the gap of SHAP
        return f"<td>&lt; {10**-digits:g}{unit.replace(' ', '&nbsp;')}</td>"
    return f"<td>{mean}{unit.replace(' ', '&nbsp;')}<small>{low}–{high}</small></td>"
