"""The figures of a survey, drawn from its summary and mean maps: name -> PNG.

What networks, methods and controls there are is what the summary holds.
"""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from carmodel.network import CLASSES
from explain.methods.registry import METHODS
from explain.report.text import named, network_name

if TYPE_CHECKING:  # slow to import: only when something is drawn
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Maps = Mapping[tuple[str, str, str], NDArray[np.floating[Any]]]
CONTROLS = {"random": ("random", "#a3a9b0"), "gaussian": ("centred Gaussian", "#4a525c")}  # title, colour
MEASURES = {"deletion": "Deletion (smaller is better)", "insertion": "Insertion (larger is better)"}
INK = "#1b1f24"
DPI, WIDTH = 110, 10.0  # dots an inch, inches


def draw(summary: Mapping[str, Any], maps: Maps) -> dict[str, bytes]:
    """The figures that the survey has data for; `maps` are those of Findings."""
    figures: dict[str, Callable[[], Figure]] = {
        "areas": lambda: _areas(summary),
        "curves": lambda: _curves(summary),
        "classes": lambda: _classes(summary),
        "border": lambda: _border(summary),
    }
    if _sanity_checked(summary):
        figures["sanity"] = lambda: _sanity(summary)
    if maps:
        figures["mean_maps"] = lambda: _mean_maps(summary, maps)
    return {name: _png(figure()) for name, figure in figures.items()}


def title_of(order: str) -> str:
    """The name in print of a method or control."""
    if order in CONTROLS:
        return CONTROLS[order][0]
    return METHODS[order].title if order in METHODS else order


def _colour_of(order: str) -> str:
    if order in CONTROLS:
        return CONTROLS[order][1]
    return METHODS[order].colours[0] if order in METHODS else INK


def _mark_of(order: str) -> str:
    return METHODS[order].mark if order in METHODS else "D"


def orders_of(group: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The figures of each method and then of each control in a group of photos."""
    return {**group["methods"], **group["controls"]}


def every_photo(summary: Mapping[str, Any], network: str) -> Mapping[str, Any]:
    """The figures of a network over all photos."""
    return summary["networks"][network]["all"]["all"]


def _areas(summary: Mapping[str, Any]) -> "Figure":
    networks = summary["networks"]
    figure, axes = _grid(2, len(networks), 4.6)
    methods = dict.fromkeys(name for network in networks for name in every_photo(summary, network)["methods"])
    orders = [*methods, *CONTROLS]
    for row, measure in zip(axes, MEASURES, strict=True):
        for panel, network in zip(row, networks, strict=True):
            figures = orders_of(every_photo(summary, network))
            for at, name in enumerate(orders):
                if name in figures:
                    _interval(panel, name, figures[name][measure], at)
            panel.set(yticks=range(len(orders)), ylim=(len(orders) - 0.4, -0.6), xlim=(0, 1))
            panel.set_yticklabels(map(title_of, orders) if panel is row[0] else [])
            panel.set_title(_measured(network, measure), fontsize=9)
    return figure


def _curves(summary: Mapping[str, Any]) -> "Figure":
    networks = summary["networks"]
    figure, axes = _grid(2, len(networks), 5.6)
    for row, measure in zip(axes, MEASURES, strict=True):
        for panel, network in zip(row, networks, strict=True):
            for name in orders_of(every_photo(summary, network)):
                points = summary["curves"][network][name][measure]
                panel.plot(
                    np.linspace(0, 100, len(points)),
                    points,
                    color=_colour_of(name),
                    linestyle="--" if name in CONTROLS else "-",
                    label=title_of(name),
                )
            done = "covered" if measure == "deletion" else "uncovered"
            panel.set(ylim=(0, 1), xlim=(0, 100), xlabel=f"% of the picture {done}")
            panel.set_title(_measured(network, measure), fontsize=9)
        row[0].set_ylabel("probability")
    _legend(figure, axes)
    return figure


def _classes(summary: Mapping[str, Any]) -> "Figure":
    networks = summary["networks"]
    figure, axes = _grid(2, len(networks), 5.2)
    for row, measure in zip(axes, MEASURES, strict=True):
        for panel, network in zip(row, networks, strict=True):
            groups = networks[network]["class"]
            for at, label in enumerate(CLASSES):
                orders = orders_of(groups[label]) if label in groups else {}
                places = at + _beside(len(orders), 0.14)
                for place, (name, figures) in zip(places, orders.items(), strict=True):
                    _interval(panel, name, figures[measure], place, vertical=True)
            panel.set(ylim=(0, 1), xlim=(-0.5, len(CLASSES) - 0.5), xticks=range(len(CLASSES)))
            panel.set_xticklabels(map(named, CLASSES))
            panel.set_title(_measured(network, measure), fontsize=9)
    _legend(figure, axes)
    return figure


def _border(summary: Mapping[str, Any]) -> "Figure":
    sources, networks = list(summary["photos"]["sources"]), summary["networks"]
    figure, axes = _grid(1, len(networks), 1.4 + 0.7 * len(sources))
    for panel, network in zip(axes[0], networks, strict=True):
        for at, source in enumerate(sources):
            methods = networks[network]["source"][source]["methods"]
            places = at + _beside(len(methods), 0.2)
            for place, (name, figures) in zip(places, methods.items(), strict=True):
                _interval(panel, name, figures["border_ratio"], place)
        panel.axvline(1, color=INK, linewidth=0.8, linestyle=":")
        panel.set(yticks=range(len(sources)), ylim=(len(sources) - 0.5, -0.5))
        panel.set_yticklabels(sources if panel is axes[0, 0] else [])
        panel.set_xlim(0, max(1.1, panel.get_xlim()[1]))
        panel.set_title(f"{network_name(network)}: weight on the border\n(1 = an even share)", fontsize=9)
    _legend(figure, axes)
    return figure


def randomised_layers(summary: Mapping[str, Any], network: str) -> list[str]:
    """The layers of a network that were randomised on some photo, in their order."""
    methods = every_photo(summary, network)["methods"].values()
    columns = dict.fromkeys(name for figures in methods for name in figures if name.startswith("sanity_"))
    return [name.removeprefix("sanity_") for name in columns if not name.startswith("sanity_absolute_")]


def _sanity_checked(summary: Mapping[str, Any]) -> list[str]:
    """The networks whose layers were randomised on some photo."""
    return [network for network in summary["networks"] if randomised_layers(summary, network)]


def _sanity(summary: Mapping[str, Any]) -> "Figure":
    networks = _sanity_checked(summary)
    figure, axes = _grid(1, len(networks), 3.6)
    for panel, network in zip(axes[0], networks, strict=True):
        layers = randomised_layers(summary, network)
        for method, figures in every_photo(summary, network)["methods"].items():
            correlations = [figures.get(f"sanity_{layer}") for layer in layers]
            panel.plot(
                range(len(layers)),
                [correlation["mean"] if correlation else np.nan for correlation in correlations],
                f"{_mark_of(method)}-",
                markersize=3,
                color=_colour_of(method),
                label=title_of(method),
            )
        panel.axhline(0, color=INK, linewidth=0.8, linestyle=":")
        panel.set(ylim=(-0.3, 1), xticks=range(len(layers)))
        panel.set_xticklabels(layers, rotation=45, ha="right")
        panel.set_title(f"{network_name(network)}: rank correlation with the original map", fontsize=9)
        panel.set_xlabel("layers randomised up to and including")
    _legend(figure, axes)
    return figure


def _mean_maps(summary: Mapping[str, Any], maps: Maps) -> "Figure":
    groups = [name for name in ("all", *CLASSES) if any(key[2] == name for key in maps)]
    networks = {network: every_photo(summary, network)["methods"] for network in summary["networks"]}
    methods = dict.fromkeys(method for rows in networks.values() for method in rows)
    rows = [(method, network) for method in methods for network in networks]
    rows = [row for row in rows if any(key[:2] == row for key in maps)]
    width, height = 1.5 * len(groups) + 1.6, 1.5 * len(rows)
    figure, axes = _grid(len(rows), len(groups), height, width, despine=False)
    for panel, group in zip(axes[0], groups, strict=True):
        panel.set_title("All" if group == "all" else named(group), fontsize=9)
    for line, (method, network) in zip(axes, rows, strict=True):
        top = max(maps[key].max() for key in maps if key[:2] == (method, network))
        for panel, group in zip(line, groups, strict=True):
            panel.set(xticks=[], yticks=[])
            panel.spines[:].set_visible(False)
            if (density := maps.get((method, network, group))) is not None:
                panel.imshow(density, vmin=0, vmax=top, cmap="magma")
        label = f"{title_of(method)}\n{network_name(network)}\n(brightest: {top:.1f})"
        line[0].set_ylabel(label, fontsize=8, rotation=0, ha="right", va="center")
    return figure


def _measured(network: str, measure: str) -> str:
    return f"{network_name(network)}: {MEASURES[measure].lower()}"


def _beside(count: int, most: float) -> NDArray[np.floating[Any]]:
    """Places (count,) beside each other around 0: at most so far apart, and all within less than 1."""
    return (np.arange(count) - (count - 1) / 2) * min(most, 0.7 / max(1, count))


def _grid(
    rows: int, columns: int, height: float, width: float | None = None, despine: bool = True
) -> tuple["Figure", NDArray[np.object_]]:
    """A figure and its panels (rows, columns); wider than WIDTH for more than three columns."""
    from matplotlib.figure import Figure

    size = width or max(WIDTH, WIDTH / 3 * columns), height
    figure = Figure(figsize=size, dpi=DPI, facecolor="white", layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for panel in axes.flat:
        panel.tick_params(labelsize=8, colors=INK)
        if despine:
            panel.spines[["top", "right"]].set_visible(False)
            panel.grid(alpha=0.25)
    return figure, axes


def _interval(
    panel: "Axes", order: str, figures: Mapping[str, float], at: float, vertical: bool = False
) -> None:
    """The mean of an order as a mark at place `at` of the other axis, and its interval as a line."""
    colour, ends = _colour_of(order), [figures["low"], figures["high"]]
    places, mean = ((at, at), (at, figures["mean"])) if vertical else (ends, (figures["mean"], at))
    panel.plot(places, ends if vertical else (at, at), color=colour, linewidth=2)
    panel.plot(*mean, _mark_of(order), color=colour, markersize=5, label=title_of(order))


def _legend(figure: "Figure", axes: NDArray[np.object_]) -> None:
    """One legend below all panels, from what they show."""
    shown = [panel.get_legend_handles_labels() for row in axes for panel in row]
    once = {name: line for lines, names in shown for line, name in zip(lines, names, strict=True)}
    figure.legend(once.values(), once, loc="outside lower center", ncols=len(once), frameon=False, fontsize=8)


def _png(figure: "Figure") -> bytes:
    file = BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()
