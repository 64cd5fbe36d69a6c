"""The block of randomisation: how every map falls apart while the layers of its network become random."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from carmodel.photo import Photo
from explain.evidence.sanity import Step, cascade, layers_of
from explain.explainer import Explainer
from explain.methods.registry import METHODS
from explain.report.palette import shared_scale
from explain.report.render import overlay
from explain.report.text import network_name
from explain.request import ExplanationRequest
from explain.smoothing import SMOOTHINGS, smoothed
from page.background import Background
from page.chart_legend import legend_of
from page.charts import Axis, Line, chart
from page.markup import finding, going_on, picture, untested
from page.tabs.trust import findings
from page.tabs.trust.findings import Of

log = logging.getLogger(__name__)

UP = Axis((-0.75, 0, 0.5, 1), ("", "0", "0.5", "1"))
LIMIT = ("Fallen apart below", "limit", "dashed", "")
SIDE = 120  # longest side of a map in the strip, px


@dataclass(frozen=True)
class Shown:
    """A step of the test as it is shown."""

    layer: str  # the last layer made random; "" for the network as it is
    correlation: float | None  # of ranks, with the original map; None for a flat map
    picture: Markup  # of the map
    layers: tuple[str, ...]  # all that become random, in their order


def steps(
    asked: ExplanationRequest, explainer: Explainer, background: Background, still_wanted: Callable[[], bool]
) -> Iterator[dict[Of, tuple[Shown, ...]]]:
    """What every map has become, after each layer. A map that cannot be computed is left out from then on.

    Maps are made by the lane that made those of the request.
    """
    cascades = {
        (method, network): cascade(
            explainer.networks[network],
            asked.photo.frame,
            asked.target,
            method,
            reference=asked.reference,
            references=explainer.references,
            tolerance=asked.tolerance,
            engine=explainer.lane(network, asked.engine),
        )
        for method in METHODS
        for network in explainer.networks
        if network not in explainer.obstacles(method, asked.engine)
    }
    maps: dict[Of, tuple[Shown, ...]] = dict.fromkeys(cascades, ())
    layers = {name: tuple(layers_of(network)) for name, network in explainer.networks.items()}
    for number in range(1 + max(map(len, layers.values()))):
        for method in METHODS:
            jobs = {
                of[1]: partial(next, run)
                for of, run in cascades.items()
                if of[0] == method and of in maps and number <= len(layers[of[1]])
            }
            for network, job in background.run(jobs, still_wanted):
                try:
                    maps[method, network] += (_shown(job.result(), asked.photo, layers[network]),)
                except Exception:
                    log.exception("%s of %s could not be randomised.", method, network)
                    del maps[method, network]
            if not still_wanted():
                return
        yield dict(maps)


def block(maps: Mapping[Of, tuple[Shown, ...]], stopped: bool = False) -> Markup:
    """The block as far as the test has come: what it found in the end, charts and strips of maps."""
    if not maps:
        return untested("The maps could not be tested.")
    if all(len(strip) > len(strip[0].layers) for strip in maps.values()):
        headline = finding(findings.sanity({of: strip[-1].correlation for of, strip in maps.items()}))
    else:
        longest = max(maps.values(), key=len)
        done = f"Random so far: {', '.join(step.layer for step in longest[1:]) or 'nothing'}"
        headline = untested(f"{done}; stopped.") if stopped else going_on(f"{done} …")
    charts = (
        Markup("<section><h4>{}</h4>{}</section>").format(network_name(network), _chart(network, maps))
        for network in dict.fromkeys(network for _, network in maps)
    )
    strips = (_strip(*of, strip) for of, strip in maps.items())
    return Markup(
        '{}{}<div class="halves">{}</div><div class="strips">{}</div>'
        "<p class=untested>Under each map: the last layer made random, and the rank correlation with the "
        "first map. Every map has its own scale.</p>"
    ).format(headline, legend_of([LIMIT]), Markup().join(charts), Markup().join(strips))


def _shown(step: Step, photo: Photo, layers: tuple[str, ...]) -> Shown:
    map = smoothed(step.attribution, SMOOTHINGS[0])
    image = overlay(map, photo, shared_scale([map.map]), side=SIDE)
    return Shown(step.layer, step.rank_correlation, picture(image, "", "map", quality=70), layers)


def _chart(network: str, maps: Mapping[Of, tuple[Shown, ...]]) -> Markup:
    values = {
        method: [step.correlation for step in strip]
        for (method, name), strip in maps.items()
        if name == network
    }
    layers = next(strip[0].layers for (_, name), strip in maps.items() if name == network)
    points = range(len(layers) + 1)
    ticks = ("none", *(layer.replace("conv", "c") for layer in layers))
    across = Axis(points, ticks, "Random layers, up to and including")
    lines = [Line("limit", [findings.FELL_APART] * len(points), "dashed")]
    for method, line in values.items():
        lines.append(Line(method, line + [None] * (len(points) - len(line)), mark=METHODS[method].mark))
    figures = "; ".join(
        f"{METHODS[method].title} {', '.join(map(_figure, line))}" for method, line in values.items()
    )
    of = f"Rank correlation with the original map, {network_name(network)}"
    alt = f"{of}, after each layer made random: {figures}."
    return chart(alt, lines, points, across, UP, size=(6.6, 2.7))


def _figure(correlation: float | None) -> str:
    return "flat" if correlation is None else f"{round(correlation, 2) + 0.0:.2f}".replace("-", "−")


def _strip(method: str, network: str, strip: tuple[Shown, ...]) -> Markup:
    items = (
        Markup("<li>{}<b>{}</b><span>{}</span></li>").format(
            step.picture, step.layer or "as it is", _figure(step.correlation)
        )
        for step in strip
    )
    return Markup("<section><h4>{}, {}</h4><ol>{}</ol></section>").format(
        METHODS[method].title, network_name(network), Markup().join(items)
    )
