"""A survey's report: one HTML page in plain words, with its tables and figures inside."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from explain.classification import AVERAGE
from explain.methods.method import Method
from explain.methods.registry import METHODS
from explain.report.tables import table
from explain.report.text import gap_in_percent, network_name, percent
from explain.survey.figures import CONTROLS, MEASURES, every_photo, orders_of, randomised_layers, title_of
from explain.survey.phrases import ALTERNATIVES, STYLE, TITLE, section

Summary = Mapping[str, Any]
Rows = list[tuple[str, ...]]
BETTER = {"deletion": min, "insertion": max}


def as_html(summary: Summary, pictures: Mapping[str, bytes]) -> Markup:
    """The page; `pictures` are PNGs by the names that `explain.survey.figures.draw` gives them."""
    contents = {
        "completeness": (_completeness(summary),),
        "faithfulness": (_faithfulness(summary), _pictures(pictures, "areas", "curves", "classes")),
        "border": (_border(summary), _pictures(pictures, "border")),
        "agreement": (_agreement(summary),),
        "stability": (_stability(summary),),
        "sanity": (_sanity(summary), _pictures(pictures, "sanity")),
        "mean_maps": (_pictures(pictures, "mean_maps"),),
    }
    surveyed = {name for network in summary["networks"] for name in every_photo(summary, network)["methods"]}
    methods = [method for method in METHODS.values() if method.name in surveyed]
    sections = (_section(name, methods, *parts) for name, parts in contents.items())
    return Markup(
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>{style}</style></head>\n<body><h1>{title}</h1>\n{parts}</body></html>\n"
    ).format(
        title=TITLE,
        style=STYLE,
        parts=Markup().join(
            (_opening(summary), _missing(summary), _verdicts(summary), *sections, _closing(summary))
        ),
    )


def _opening(summary: Summary) -> Markup:
    photos, split = summary["photos"], summary["settings"]["split"]
    classes = ", ".join(f"{count} {name}" for name, count in photos["classes"].items())
    sources = ", ".join(f"{count} from {name}" for name, count in photos["sources"].items())
    networks = summary["networks"]
    right = ", ".join(
        f"{network_name(name)} {percent(every_photo(summary, name)['right']['mean'])}" for name in networks
    )
    asked = "Each network, and the average of all, was" if AVERAGE in networks else "The network was"
    lost = photos["asked"] - photos["read"]
    text = (
        f"{photos['read']} photos of the split “{split}” ({classes}; {sources})"
        f"{f'; {lost} more could not be read' if lost else ''}. {asked} asked why it named the class that "
        f"it named, right or wrong. Right were: {right}. Figures are means over photos; in brackets stand "
        "their 95 % intervals."
    )
    return Markup("<p>{}</p>\n").format(text)


def _missing(summary: Summary) -> Markup:
    """Which maps there are none of, and why."""
    lines = [
        Markup("<li>No map of {} by {}: {}</li>").format(network_name(network), title_of(method), reason)
        for network, reasons in _reasons(summary).items()
        for method, reason in reasons.items()
    ]
    return Markup('<ul class="quiet">{}</ul>\n').format(Markup().join(lines)) if lines else Markup()


def _reasons(summary: Summary) -> Mapping[str, Mapping[str, str]]:
    """Network -> method -> why there is no map; earlier summaries have no such entry."""
    return summary.get("missing", {})


def _verdicts(summary: Summary) -> Markup:
    """For each network, which method is best beside the centred Gaussian, the harder of the controls."""
    lines = []
    for network in summary["networks"]:
        group, parts = every_photo(summary, network), []
        for measure, best_of in BETTER.items():
            means = {method: figures[measure]["mean"] for method, figures in group["methods"].items()}
            best = best_of(means, key=means.__getitem__)
            area, control = group["methods"][best][measure], group["controls"]["gaussian"][measure]
            if area["low"] <= control["high"] and control["low"] <= area["high"]:
                verdict = "the intervals overlap"
            else:
                better = best_of(area["mean"], control["mean"])
                verdict = f"the {'map' if better == area['mean'] else 'Gaussian'} is better"
            parts.append(
                f"Best under {measure} is {title_of(best)} with {_interval(area)}; the centred Gaussian "
                f"has {_interval(control)}: {verdict}"
            )
        lines.append(Markup("<li><b>{}</b>: {}.</li>").format(network_name(network), ". ".join(parts)))
    return Markup("<ul>{}</ul>\n").format(Markup().join(lines))


def _completeness(summary: Summary) -> Markup:
    rows: Rows = []
    for names, figures in _methods(summary, "gap"):
        gaps = (gap_in_percent(gap) for gap in (figures["gap"]["mean"], figures["gap_largest"]))
        rows.append((*names, percent(figures["adds_up"]["mean"]), *gaps))
    return _table(("Network", "Method", "Adds up", "Mean gap", "Largest gap"), rows)


def _faithfulness(summary: Summary) -> Markup:
    rows: Rows = []
    for network in summary["networks"]:
        for name, figures in orders_of(every_photo(summary, network)).items():
            cells = [network_name(network), title_of(name)]
            for measure in MEASURES:
                shares = [figures.get(f"beats_{control}_{measure}") for control in CONTROLS]
                cells += [
                    _interval(figures[measure]),
                    *(percent(share["mean"]) if share else "" for share in shares),
                ]
            rows.append(tuple(cells))
        for method in _reasons(summary).get(network, ()):
            rows.append((network_name(network), title_of(method), "no map", *[""] * 5))
    beats = ("beats random", "beats Gaussian")
    return _table(("Network", "Order", "Deletion", *beats, "Insertion", *beats), rows)


def _border(summary: Summary) -> Markup:
    sources = list(summary["photos"]["sources"])
    rows: Rows = []
    for network, kinds in summary["networks"].items():
        for method, figures in every_photo(summary, network)["methods"].items():
            groups = [figures, *(kinds["source"][source]["methods"][method] for source in sources)]
            ratios = (_interval(group["border_ratio"]) for group in groups)
            share = percent(figures["border_share"]["mean"])
            rows.append((network_name(network), title_of(method), share, *ratios))
    return _table(
        ("Network", "Method", "Weight there", "Ratio", *(f"Ratio, {name}" for name in sources)), rows
    )


def _agreement(summary: Summary) -> Markup:
    rows = [
        (method, _interval(figures["agreement_rank"]), percent(figures["agreement_top"]["mean"]))
        for (_, method), figures in _methods(summary, "agreement_rank")  # of the average alone
    ]
    return _table(("Method", "Rank correlation", "Top tenth in common"), rows)


def _stability(summary: Summary) -> Markup:
    rows = [
        (*names, _interval(figures["stability"]), str(figures["stability"]["n"]))
        for names, figures in _methods(summary, "stability")
    ]
    return _table(("Network", "Method", "Largest change", "Photos"), rows)


def _sanity(summary: Summary) -> Markup:
    rows: Rows = []
    for network in summary["networks"]:
        layers = randomised_layers(summary, network)
        for method, figures in every_photo(summary, network)["methods"].items() if layers else ():
            if f"sanity_{layers[0]}" not in figures:
                continue
            ends = [figures.get(f"{column}_{layers[-1]}") for column in ("sanity", "sanity_absolute")]
            cells = (_interval(end) if end else "no ranks" for end in ends)
            rows.append(
                (network_name(network), title_of(method), *cells, str(ends[0]["n"] if ends[0] else 0))
            )
    return _table(("Network", "Method", "Of the map", "Of its magnitude", "Photos"), rows)


def _closing(summary: Summary) -> Markup:
    seconds = summary["seconds"].items()
    settings = summary["settings"].items()
    times = [(name, f"{spent['mean']:.2f} s", str(spent["n"])) for name, spent in seconds]
    facts = [(name, _setting(value)) for name, value in settings]
    return Markup(
        "<h2>Time and settings</h2>{}<br>{}"
        '<p class="quiet">All figures are in survey.json, those of each photo in survey.csv.</p>\n'
    ).format(_table(("Part", "CPU time a photo", "Photos"), times), _table(("Setting", "Value"), facts))


def _setting(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {part}" for name, part in value.items())
    return str(value)


def _methods(summary: Summary, column: str) -> list[tuple[tuple[str, str], Mapping[str, Any]]]:
    """The names of each network and method that has this figure, and all of its figures."""
    return [
        ((network_name(network), title_of(method)), figures)
        for network in summary["networks"]
        for method, figures in every_photo(summary, network)["methods"].items()
        if column in figures
    ]


def _section(name: str, methods: Sequence[Method], *contents: Markup) -> Markup:
    """A section, or nothing if there is nothing to show in it."""
    if not any(contents):
        return Markup()
    return Markup("<h2>{}</h2><p>{}</p>{}\n").format(*section(name, methods), Markup().join(contents))


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
    return Markup('<div class="wide">{}</div>').format(table(rows, head=[header]))


def _interval(figure: Mapping[str, float]) -> str:
    return f"{figure['mean']:.2f} ({figure['low']:.2f}–{figure['high']:.2f})".replace("-", "−")
