"""A survey's report: one HTML page in plain words, with its tables and figures inside."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from explain.attribution import METHODS
from explain.sanity import LAYERS
from explain.survey.figures import MEASURES, NAMES
from explain.survey.photo import AVERAGE, CONTROLS, NETWORKS, ORDERS
from explain.survey.words import ALTERNATIVES, SECTIONS, STYLE, TITLE
from explain.words import METHOD_NAMES, NETWORK_NAMES, percent

Summary = Mapping[str, Any]
Rows = list[tuple[str, ...]]
BETTER = {"deletion": min, "insertion": max}


def as_html(summary: Summary, pictures: Mapping[str, bytes]) -> str:
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
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head>\n<body><h1>{TITLE}</h1>\n{_opening(summary)}{_verdicts(summary)}"
        f"{''.join(sections)}{_closing(summary)}</body></html>\n"
    )


def _opening(summary: Summary) -> str:
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
    return f"<p>{escape(text)}</p>\n"


def _verdicts(summary: Summary) -> str:
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
        lines.append(f"<li><b>{NETWORK_NAMES[network]}</b>: {escape('. '.join(parts))}.</li>")
    return f"<ul>{''.join(lines)}</ul>\n"


def _completeness(summary: Summary) -> str:
    rows = [
        (*names, percent(found["adds_up"]["mean"]), _gap(found["gap"]["mean"]), _gap(found["gap_largest"]))
        for names, found in _methods(summary, "gap")
    ]
    return _table(("Network", "Method", "Adds up", "Mean gap", "Largest gap"), rows)


def _faithfulness(summary: Summary) -> str:
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


def _border(summary: Summary) -> str:
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


def _agreement(summary: Summary) -> str:
    rows = [
        (method, _interval(found["agreement_rank"]), percent(found["agreement_top"]["mean"]))
        for (network, method), found in _methods(summary, "agreement_rank")
        if network == NETWORK_NAMES[AVERAGE]
    ]
    return _table(("Method", "Rank correlation", "Top tenth in common"), rows)


def _stability(summary: Summary) -> str:
    rows = [
        (*names, _interval(found["stability"]), str(found["stability"]["n"]))
        for names, found in _methods(summary, "stability")
    ]
    return _table(("Network", "Method", "Largest change", "Photos"), rows)


def _sanity(summary: Summary) -> str:
    rows: Rows = []
    for names, found in _methods(summary, f"sanity_{LAYERS[0]}"):
        ends = [found.get(f"{column}_{LAYERS[-1]}") for column in ("sanity", "sanity_absolute")]
        cells = (_interval(end) if end else "no ranks" for end in ends)
        rows.append((*names, *cells, str(ends[0]["n"] if ends[0] else 0)))
    return _table(("Network", "Method", "Of the map", "Of its magnitude", "Photos"), rows)


def _closing(summary: Summary) -> str:
    seconds = summary["seconds"].items()
    settings = summary["settings"].items()
    times = [(name, f"{spent['mean']:.2f} s", str(spent["n"])) for name, spent in seconds]
    facts = [(name, str(value)) for name, value in settings if not isinstance(value, Mapping)]
    return (
        f"<h2>Time and settings</h2>{_table(('Part', 'CPU time a photo', 'Photos'), times)}<br>"
        f"{_table(('Setting', 'Value'), facts)}"
        '<p class="quiet">All figures are in survey.json, those of each photo in survey.csv.</p>\n'
    )


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


def _section(name: str, *contents: str) -> str:
    """A section, or nothing if there is nothing to show in it."""
    title, text = SECTIONS[name]
    return f"<h2>{title}</h2><p>{escape(text)}</p>{''.join(contents)}\n" if any(contents) else ""


def _pictures(pictures: Mapping[str, bytes], *names: str) -> str:
    source = "data:image/png;base64,"
    return "".join(
        f'<p><img src="{source}{b64encode(pictures[name]).decode()}" alt="{ALTERNATIVES[name]}"></p>'
        for name in names
        if name in pictures
    )


def _table(header: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = [("th", header), *(("td", row) for row in rows)]
    body = "".join(
        f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>" for tag, cells in lines
    )
    return f'<div class="wide"><table>{body}</table></div>'


def _interval(figure: Mapping[str, float]) -> str:
    return f"{figure['mean']:.2f} ({figure['low']:.2f}–{figure['high']:.2f})".replace("-", "−")


def _gap(gap: float) -> str:
    return f"{100 * gap:.2g} %" if gap >= 1e-4 else "< 0.01 %"
