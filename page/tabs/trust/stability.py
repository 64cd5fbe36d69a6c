"""The block of stability: how much every map changes under noise that nobody sees."""

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import isfinite

from markupsafe import Markup

from explain.evidence.stability import stability
from explain.explainer import Explainer
from explain.methods.registry import METHODS
from explain.report.tables import Cell, table
from explain.report.text import network_name, percent
from explain.request import ExplanationRequest
from page.background import Background
from page.markup import finding, going_on, untested
from page.tabs.trust import findings
from page.tabs.trust.findings import Of

log = logging.getLogger(__name__)

Change = float | str | None  # of a map, as a fraction of it; why there is no map; None if the test failed


def changes(
    asked: ExplanationRequest, explainer: Explainer, background: Background, still_wanted: Callable[[], bool]
) -> Iterator[dict[Of, Change]]:
    """The largest change of every map, after each method; maps are made by the lane of the request's."""
    largest: dict[Of, Change] = {}
    for method in METHODS:
        obstacles = explainer.obstacles(method, asked.engine)
        jobs = {
            network: partial(
                stability,
                explainer.networks[network],
                asked.photo.frame,
                asked.target,
                method,
                reference=asked.reference,
                references=explainer.references,
                engine=explainer.lane(network, asked.engine),
            )
            for network in explainer.networks
            if network not in obstacles
        }
        done: dict[str, Change] = dict(obstacles)
        for network, job in background.run(jobs, still_wanted):
            try:
                done[network] = job.result()
            except Exception:
                log.exception("%s of %s could not be disturbed.", method, network)
                done[network] = None
        if not still_wanted():
            return
        # in their order, not as they came
        largest |= {(method, network): done[network] for network in explainer.networks}
        yield dict(largest)


def block(largest: Mapping[Of, Change], stopped: bool = False) -> Markup:
    """The block as far as the test has come; a method that is not in `largest` is still to come."""
    networks = list(dict.fromkeys(network for _, network in largest))
    waiting = [method for method in METHODS if not any(of[0] == method for of in largest)]
    measured = {of: change for of, change in largest.items() if isinstance(change, float)}
    if waiting:
        doing = f"Disturbing the photo: {METHODS[waiting[0]].title} …"
        headline = untested("Stopped.") if stopped else going_on(doing)
    else:
        headline = finding(findings.stability(measured)) or untested("The maps could not be tested.")
    top = max(filter(isfinite, measured.values()), default=0.0) or 1.0
    rows = [
        [METHODS[method].title, *(_cell(method, network, largest, top) for network in networks)]
        for method in METHODS
    ]
    head = [["", *map(network_name, networks)]]
    return Markup("{}{}").format(headline, table(rows, head=head, kind="changes", label="Largest change"))


def _cell(method: str, network: str, largest: Mapping[Of, Change], top: float) -> object:
    if (method, network) not in largest:
        return "…"
    change = largest[method, network]
    if change is None:
        return "failed"
    if isinstance(change, str):
        return Cell("–", title=change)
    if not isfinite(change):
        return Cell("∞", title="The map of the photo itself is empty")
    return Markup('<span style="--to:{:.0f}%"><i></i>{}</span>').format(100 * change / top, percent(change))
