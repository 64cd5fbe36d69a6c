"""A survey's report: one HTML page in plain words, with its tables and figures inside."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from explain.door import METHODS
from explain.evidence.sanity import LAYERS
from explain.report.markup import CELL, repeated
from explain.report.text import METHOD_NAMES, NETWORK_NAMES, percent
from explain.survey.figures import MEASURES, NAMES
from explain.survey.photo import AVERAGE, CONTROLS, NETWORKS, ORDERS
from explain.survey.phrases import ALTERNATIVES, SECTIONS, STYLE, TITLE

Summary = Mapping[str, Any]
Rows = list[tuple[str, ...]]
BETTER = {"deletion": min, "insertion": max}


def as_html(summary: Summary, pictures: Mapping[str, bytes]) -> Markup:
    """The page; `pictures` are PNGs by the names that `explain.survey.figures.draw` gives them."""
    sections = [
        _section("completeness", _completeness(summary)),
        _section("faithfulness", _faithfulness(summary), _pictures(pictures, "areas", "curves", "classes")),
        _section("border", _border(summary), _pictures(pictures, "border")),
        _section("agreement", _agreement(summary)),
        _section("stability", _stability(summary)),
        _section("sanity", _sanity(summary), _pictures(pictures, "sanity")),
        _section("mean_maps", _pictures(pictures, "mean_maps")),
    ]
    return Markup(
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>{style}</style></head>\n<body><h1>{title}</h1>\n{parts}</body></html>\n"
    ).format(
        title=TITLE,
        style=STYLE,
        parts=Markup().join((_opening(summary), _verdicts(summary), *sections, _closing(summary))),
    )


def _opening(summary: Summary) -> Markup:
    photos, split = summary["photos"], summary["settings"]["split"]
    classes = ", ".join(f"{count} {name}" for name, count in photos["classes"].items())
    sources = ", ".join(f"{count} from {name}" for name, count in photos["sources"].items())
    right = ", ".join(
        f"{NETWORK_NAMES[name]} {percent(_every(summary, name)['right']['mean'])}" for name in NETWORKS
    )
    lost = photos["asked"] - photos["read"]
    text = (
        f"{photos['read']} photos of the split “{split}” ({classes}; {sources})"
        f"{f'; {lost} more could not be read' if lost else ''}. Each network, and the average of both, was "
        f"asked why it named the class that it named, right or wrong. Right were: {right}. Figures are means "
        "over photos; in brackets stand their 95 % intervals."
    )
    return Markup("<p>{}</p>\n").format(text)


def _verdicts(summary: Summary) -> Markup:
    """For each network, which method is best beside the centred Gaussian, the harder of the controls."""
    lines = []
    for network in NETWORKS:
        group, parts = _every(summary, network), []
        for measure, best_of in BETTER.items():
            means = {method: group["methods"][method][measure]["mean"] for method in METHODS}
            best = best_of(means, key=means.__getitem__)
            found, control = group["methods"][best][measure], group["controls"]["gaussian"][measure]
            if found["low"] <= control["high"] and control["low"] <= found["high"]:
                verdict = "the intervals overlap"
            else:
                better = best_of(found["mean"], control["mean"])
                verdict = f"the {'map' if better == found['mean'] else 'Gaussian'} is better"
            parts.append(
                f"Best under {measure} is {METHOD_NAMES[best]} with {_interval(found)}; the centred Gaussian "
                f"has {_interval(control)}: {verdict}"
            )
        lines.append(Markup("<li><b>{}</b>: {}.</li>").format(NETWORK_NAMES[network], ". ".join(parts)))
    return Markup("<ul>{}</ul>\n").format(Markup().join(lines))


def _completeness(summary: Summary) -> Markup:
    rows = [
        (*names, percent(found["adds_up"]["mean"]), _gap(found["gap"]["mean"]), _gap(found["gap_largest"]))
        for names, found in _methods(summary, "gap")
    ]
    return _table(("Network", "Method", "Adds up", "Mean gap", "Largest gap"), rows)


def _faithfulness(summary: Summary) -> Markup:
    rows: Rows = []
    for network in NETWORKS:
        group = _every(summary, network)
        for name in ORDERS:
            found = group["controls" if name in CONTROLS else "methods"][name]
            cells = [NETWORK_NAMES[network], NAMES[name]]
            for measure in MEASURES:
                shares = [found.get(f"beats_{control}_{measure}") for control in CONTROLS]
                cells += [
                    _interval(found[measure]),
                    *(percent(each["mean"]) if each else "" for each in shares),
                ]
            rows.append(tuple(cells))
    beats = ("beats random", "beats Gaussian")
    return _table(("Network", "Order", "Deletion", *beats, "Insertion", *beats), rows)


def _border(summary: Summary) -> Markup:
    sources = list(summary["photos"]["sources"])
    rows: Rows = []
    for network in NETWORKS:
        groups = summary["networks"][network]["source"]
        for method, found in _every(summary, network)["methods"].items():
            ratios = [found, *(groups[source]["methods"][method] for source in sources)]
            cells = (_interval(each["border_ratio"]) for each in ratios)
            share = percent(found["border_share"]["mean"])
            rows.append((NETWORK_NAMES[network], METHOD_NAMES[method], share, *cells))
    return _table(
        ("Network", "Method", "Weight there", "Ratio", *(f"Ratio, {name}" for name in sources)), rows
    )


def _agreement(summary: Summary) -> Markup:
    rows = [
        (method, _interval(found["agreement_rank"]), percent(found["agreement_top"]["mean"]))
        for (network, method), found in _methods(summary, "agreement_rank")
        if network == NETWORK_NAMES[AVERAGE]
    ]
    return _table(("Method", "Rank correlation", "Top tenth in common"), rows)


def _stability(summary: Summary) -> Markup:
    rows = [
        (*names, _interval(found["stability"]), str(found["stability"]["n"]))
        for names, found in _methods(summary, "stability")
    ]
    return _table(("Network", "Method", "Largest change", "Photos"), rows)


def _sanity(summary: Summary) -> Markup:
    rows: Rows = []
    for names, found in _methods(summary, f"sanity_{LAYERS[0]}"):
        ends = [found.get(f"{column}_{LAYERS[-1]}") for column in ("sanity", "sanity_absolute")]
        cells = (_interval(end) if end else "no ranks" for end in ends)
        rows.append((*names, *cells, str(ends[0]["n"] if ends[0] else 0)))
    return _table(("Network", "Method", "Of the map", "Of its magnitude", "Photos"), rows)


def _closing(summary: Summary) -> Markup:
    seconds = summary["seconds"].items()
    settings = summary["settings"].items()
    times = [(name, f"{spent['mean']:.2f} s", str(spent["n"])) for name, spent in seconds]
    facts = [(name, str(value)) for name, value in settings if not isinstance(value, Mapping)]
    return Markup(
        "<h2>Time and settings</h2>{}<br>{}"
        '<p class="quiet">All figures are in survey.json, those of each photo in survey.csv.</p>\n'
    ).format(_table(("Part", "CPU time a photo", "Photos"), times), _table(("Setting", "Value"), facts))


def _every(summary: Summary, network: str) -> Mapping[str, Any]:
    """The figures of a network over all photos."""
    return summary["networks"][network]["all"]["all"]


def _methods(summary: Summary, *columns: str) -> list[tuple[tuple[str, str], Mapping[str, Any]]]:
    """The names of each network and method that has all of these figures, and what was found."""
    return [
        ((NETWORK_NAMES[network], METHOD_NAMES[method]), found)
        for network in NETWORKS
        for method, found in _every(summary, network)["methods"].items()
        if all(column in found for column in columns)
    ]


def _section(name: str, *contents: Markup) -> Markup:
    """A section, or nothing if there is nothing to show in it."""
    if not any(contents):
        return Markup()
    return Markup("<h2>{}</h2><p>{}</p>{}\n").format(*SECTIONS[name], Markup().join(contents))


def _pictures(pictures: Mapping[str, bytes], *names: str) -> Markup:
    return Markup().join(
        Markup('<p><img src="data:image/png;base64,{}" alt="{}"></p>').format(
            b64encode(pictures[name]).decode(), ALTERNATIVES[name]
        )
        for name in names
        if name in pictures
    )


def _table(header: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Markup:
    if not rows:
        return Markup()
    lines = (repeated(Markup("<th>{}</th>"), header), *(repeated(CELL, row) for row in rows))
    return Markup('<div class="wide"><table>{}</table></div>').format(repeated(Markup("<tr>{}</tr>"), lines))


def _interval(figure: Mapping[str, float]) -> str:
    return f"{figure['mean']:.2f} ({figure['low']:.2f}–{figure['high']:.2f})".replace("-", "−")


def _gap(gap: float) -> str:
    return f"{100 * gap:.2g} %" if gap >= 1e-4 else "< 0.01 %"
