"""The figures of a survey, drawn from its summary and mean maps: name -> PNG."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from carmodel.network import CLASSES
from explain.door import METHODS
from explain.evidence.sanity import LAYERS
from explain.report.text import METHOD_NAMES, NETWORK_NAMES, named
from explain.survey.photo import CONTROLS, NETWORKS, ORDERS

if TYPE_CHECKING:  # slow to import: only when something is drawn
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Maps = Mapping[tuple[str, str, str], NDArray[np.floating[Any]]]
NAMES = METHOD_NAMES | {"random": "random", "gaussian": "centred Gaussian"}
COLOURS = dict(
    zip(ORDERS, ("#d98200", "#0072b2", "#008f68", "#a3a9b0", "#4a525c"), strict=True)
)  # Okabe & Ito
MEASURES = {"deletion": "Deletion (smaller is better)", "insertion": "Insertion (larger is better)"}
INK = "#1b1f24"
DPI = 110


def draw(summary: Mapping[str, Any], maps: Maps) -> dict[str, bytes]:
    """The figures that the survey has data for; `maps` are those of Findings."""
    figures: dict[str, Callable[[], Figure]] = {
        "areas": lambda: _areas(summary),
        "curves": lambda: _curves(summary),
        "classes": lambda: _classes(summary),
        "border": lambda: _border(summary),
    }
    if f"sanity_{LAYERS[0]}" in summary["networks"][NETWORKS[0]]["all"]["all"]["methods"][METHODS[0]]:
        figures["sanity"] = lambda: _sanity(summary)
    if maps:
        figures["mean_maps"] = lambda: _mean_maps(maps)
    return {name: _png(figure()) for name, figure in figures.items()}


def _areas(summary: Mapping[str, Any]) -> "Figure":
    figure, axes = _grid(2, len(NETWORKS), (10, 4.6))
    for row, measure in zip(axes, MEASURES, strict=True):
        for panel, network in zip(row, NETWORKS, strict=True):
            group = summary["networks"][network]["all"]["all"]
            for at, name in enumerate(ORDERS):
                kind = "controls" if name in CONTROLS else "methods"
                _interval(panel, group[kind][name][measure], at, COLOURS[name])
            panel.set(yticks=range(len(ORDERS)), ylim=(len(ORDERS) - 0.4, -0.6), xlim=(0, 1))
            panel.set_yticklabels([NAMES[name] for name in ORDERS] if panel is row[0] else [])
            panel.set_title(f"{NETWORK_NAMES[network]}: {MEASURES[measure].lower()}", fontsize=9)
    return figure


def _curves(summary: Mapping[str, Any]) -> "Figure":
    figure, axes = _grid(2, len(NETWORKS), (10, 5.6))
    for row, measure in zip(axes, MEASURES, strict=True):
        for panel, network in zip(row, NETWORKS, strict=True):
            for name in ORDERS:
                points = summary["curves"][network][name][measure]
                panel.plot(
                    np.linspace(0, 100, len(points)),
                    points,
                    color=COLOURS[name],
                    linestyle="--" if name in CONTROLS else "-",
                    label=NAMES[name],
                )
            done = "covered" if measure == "deletion" else "uncovered"
            panel.set(ylim=(0, 1), xlim=(0, 100), xlabel=f"% of the picture {done}")
            panel.set_title(f"{NETWORK_NAMES[network]}: {MEASURES[measure].lower()}", fontsize=9)
        row[0].set_ylabel("probability")
    _legend(figure, axes[0, 0])
    return figure


def _classes(summary: Mapping[str, Any]) -> "Figure":
    figure, axes = _grid(2, len(NETWORKS), (10, 5.2))
    for row, measure in zip(axes, MEASURES, strict=True):
        for panel, network in zip(row, NETWORKS, strict=True):
            groups = summary["networks"][network]["class"]
            for place, name in enumerate(ORDERS):
                kind = "controls" if name in CONTROLS else "methods"
                for at, label in enumerate(CLASSES):
                    if label in groups:
                        figures = groups[label][kind][name][measure]
                        across = at + (place - 2) * 0.14
                        _interval(panel, figures, across, COLOURS[name], vertical=True, label=NAMES[name])
            panel.set(ylim=(0, 1), xlim=(-0.5, len(CLASSES) - 0.5), xticks=range(len(CLASSES)))
            panel.set_xticklabels(map(named, CLASSES))
            panel.set_title(f"{NETWORK_NAMES[network]}: {MEASURES[measure].lower()}", fontsize=9)
    _legend(figure, axes[0, 0])
    return figure


def _border(summary: Mapping[str, Any]) -> "Figure":
    sources = list(summary["photos"]["sources"])
    figure, axes = _grid(1, len(NETWORKS), (10, 1.4 + 0.7 * len(sources)))
    for panel, network in zip(axes[0], NETWORKS, strict=True):
        groups = summary["networks"][network]["source"]
        for at, source in enumerate(sources):
            for place, method in enumerate(METHODS):
                figures = groups[source]["methods"][method]["border_ratio"]
                _interval(panel, figures, at + (place - 1) * 0.2, COLOURS[method], label=NAMES[method])
        panel.axvline(1, color=INK, linewidth=0.8, linestyle=":")
        panel.set(yticks=range(len(sources)), ylim=(len(sources) - 0.5, -0.5))
        panel.set_yticklabels(sources if panel is axes[0, 0] else [])
        panel.set_xlim(0, max(1.1, panel.get_xlim()[1]))
        panel.set_title(f"{NETWORK_NAMES[network]}: weight on the border\n(1 = an even share)", fontsize=9)
    _legend(figure, axes[0, 0])
    return figure


def _sanity(summary: Mapping[str, Any]) -> "Figure":
    figure, axes = _grid(1, 2, (10, 3.6))
    for panel, network in zip(axes[0], NETWORKS, strict=False):
        for method in METHODS:
            figures = summary["networks"][network]["all"]["all"]["methods"][method]
            found = [figures.get(f"sanity_{name}") for name in LAYERS]
            points = [each["mean"] if each else np.nan for each in found]
            panel.plot(
                range(len(LAYERS)), points, "o-", markersize=3, color=COLOURS[method], label=NAMES[method]
            )
        panel.axhline(0, color=INK, linewidth=0.8, linestyle=":")
        panel.set(ylim=(-0.3, 1), xticks=range(len(LAYERS)))
        panel.set_xticklabels(LAYERS, rotation=45, ha="right")
        panel.set_title(f"{NETWORK_NAMES[network]}: rank correlation with the original map", fontsize=9)
        panel.set_xlabel("layers randomised up to and including")
    _legend(figure, axes[0, 0])
    return figure


def _mean_maps(maps: Maps) -> "Figure":
    groups = [name for name in ("all", *CLASSES) if any(key[2] == name for key in maps)]
    rows = [(method, network) for method in METHODS for network in NETWORKS]
    figure, axes = _grid(len(rows), len(groups), (1.5 * len(groups) + 1.6, 1.5 * len(rows)), despine=False)
    for panel, group in zip(axes[0], groups, strict=True):
        panel.set_title("All" if group == "all" else named(group), fontsize=9)
    for line, (method, network) in zip(axes, rows, strict=True):
        top = max(maps[key].max() for key in maps if key[:2] == (method, network))
        for panel, group in zip(line, groups, strict=True):
            panel.set(xticks=[], yticks=[])
            panel.spines[:].set_visible(False)
            if (found := maps.get((method, network, group))) is not None:
                panel.imshow(found, vmin=0, vmax=top, cmap="magma")
        label = f"{METHOD_NAMES[method]}\n{NETWORK_NAMES[network]}\n(brightest: {top:.1f})"
        line[0].set_ylabel(label, fontsize=8, rotation=0, ha="right", va="center")
    return figure


def _grid(
    rows: int, columns: int, size: tuple[float, float], despine: bool = True
) -> tuple["Figure", NDArray[np.object_]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=DPI, facecolor="white", layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for panel in axes.flat:
        panel.tick_params(labelsize=8, colors=INK)
        if despine:
            panel.spines[["top", "right"]].set_visible(False)
            panel.grid(alpha=0.25)
    return figure, axes


def _interval(
    panel: "Axes",
    figures: Mapping[str, float],
    at: float,
    colour: str,
    vertical: bool = False,
    label: str = "",
) -> None:
    """A mean as a dot at place `at` of the other axis, and its interval as a line."""
    ends = [figures["low"], figures["high"]]
    places, dot = ((at, at), (at, figures["mean"])) if vertical else (ends, (figures["mean"], at))
    panel.plot(places, ends if vertical else (at, at), color=colour, linewidth=2)
    panel.plot(*dot, "o", color=colour, markersize=5, label=label)


def _legend(figure: "Figure", panel: "Axes") -> None:
    """One legend below all panels, from what one of them shows."""
    lines, names = panel.get_legend_handles_labels()
    once = dict(zip(names, lines, strict=True))
    figure.legend(once.values(), once, loc="outside lower center", ncols=len(once), frameon=False, fontsize=8)


def _png(figure: "Figure") -> bytes:
    file = BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()
