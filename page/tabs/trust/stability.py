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


def changes(
    asked: ExplanationRequest, explainer: Explainer, background: Background, wanted: Callable[[], bool]
) -> Iterator[dict[Of, float | None]]:
    """The largest change of every map, as a fraction of the map or None if that failed, after each method."""
    found: dict[Of, float | None] = {}
    for method in METHODS:
        jobs = {
            network: partial(
                stability,
                explainer.networks[network],
                asked.photo.frame,
                asked.target,
                method,
                reference=asked.reference,
                references=explainer.references,
            )
            for network in explainer.networks
        }
        done: dict[str, float | None] = {}
        for network, job in background.run(jobs, wanted):
            try:
                done[network] = job.result()
            except Exception:
                log.exception("%s of %s could not be disturbed.", method, network)
                done[network] = None
        if not wanted():
            return
        found |= {(method, network): done[network] for network in jobs}  # in their order, not as they came
        yield dict(found)


def block(found: Mapping[Of, float | None], stopped: bool = False) -> Markup:
    """The block as far as the test has come; a method that is not in `found` is still to come."""
    networks = list(dict.fromkeys(network for _, network in found))
    waiting = [method for method in METHODS if not any(of[0] == method for of in found)]
    known = {of: value for of, value in found.items() if value is not None}
    if waiting:
        doing = f"Disturbing the photo: {METHODS[waiting[0]].title} …"
        said = untested("Stopped.") if stopped else going_on(doing)
    else:
        said = finding(findings.stability(known)) or untested("The maps could not be tested.")
    top = max(filter(isfinite, known.values()), default=0.0) or 1.0
    rows = [
        [METHODS[method].title, *(_cell(method, network, found, top) for network in networks)]
        for method in METHODS
    ]
    head = [["", *map(network_name, networks)]]
    return Markup("{}{}").format(said, table(rows, head=head, kind="changes", label="Largest change"))


def _cell(method: str, network: str, found: Mapping[Of, float | None], top: float) -> object:
    if (method, network) not in found:
        return "…"
    value = found[method, network]
    if value is None:
        return "failed"
    if not isfinite(value):
        return Cell("∞", title="The map of the photo itself is empty")
    return Markup('<span style="--to:{:.0f}%"><i></i>{}</span>').format(100 * value / top, percent(value))
