"""The block of stability: how much every map changes under noise that nobody sees."""

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import isfinite

from explain.attribution import METHODS
from explain.explainer import Explainer
from explain.stability import stability
from explain.words import METHOD_NAMES, percent
from page.background import Background
from page.markup import finding, untested
from page.trust_tab import findings
from page.trust_tab.blocks import NETWORKS
from page.trust_tab.findings import Of
from page.visit import Subject

log = logging.getLogger(__name__)


def changes(
    subject: Subject, explainer: Explainer, background: Background, wanted: Callable[[], bool]
) -> Iterator[dict[Of, float | None]]:
    """The largest change of every map, as a fraction of the map or None if that failed, after each method."""
    found: dict[Of, float | None] = {}
    for method in METHODS:
        jobs = {
            network: partial(
                stability,
                explainer.networks[network],
                subject.photo.frame,
                subject.target,
                method,
                reference=subject.reference,
                references=explainer.references if method == "shap" else None,
            )
            for network in NETWORKS
        }
        for network, job in background.run(jobs, wanted):
            try:
                found[method, network] = job.result()
            except Exception:
                log.exception("%s of %s could not be disturbed.", method, network)
                found[method, network] = None
        if not wanted():
            return
        yield dict(found)


def block(found: Mapping[Of, float | None], stopped: bool = False) -> str:
    """The block as far as the test has come; a method that is not in `found` is still to come."""
    waiting = [method for method in METHODS if (method, NETWORKS[0]) not in found]
    known = {of: value for of, value in found.items() if value is not None}
    if waiting:
        said = (
            untested("Stopped.")
            if stopped
            else f'<p class="progress" role="status">Disturbing the photo: {METHOD_NAMES[waiting[0]]} …</p>'
        )
    else:
        said = finding(findings.stability(known)) or untested("The maps could not be tested.")
    top = max(filter(isfinite, known.values()), default=0.0) or 1.0
    rows = "".join(
        f'<tr><th scope="row">{METHOD_NAMES[method]}</th>'
        + "".join(_cell(method, network, found, top) for network in NETWORKS)
        + "</tr>"
        for method in METHODS
    )
    heads = "".join(f'<th scope="col">{network} px</th>' for network in NETWORKS)
    return (
        f'{said}<table class="changes" aria-label="Largest change"><thead><tr><td></td>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _cell(method: str, network: str, found: Mapping[Of, float | None], top: float) -> str:
    if (method, network) not in found:
        return "<td>…</td>"
    value = found[method, network]
    if value is None:
        return "<td>failed</td>"
    if not isfinite(value):
        return '<td title="The map of the photo itself is empty">∞</td>'
    return f'<td><span style="--to:{100 * value / top:.0f}%"><i></i>{percent(value)}</span></td>'
