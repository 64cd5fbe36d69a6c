"""The receipt under a map: what it adds up to, what it should, how long it took, and where it fails."""

from markupsafe import Markup

from explain.door import Attribution
from explain.report.text import signed

TIME = "Computing this map took so long; of two networks together, the sum of both."


def receipt(attribution: Attribution, failed: bool) -> Markup:
    """The receipt of a map: sum, change of score and gap, red and with a warning if it `failed`.

    Below it, small, stands the time that the map took to compute.
    """
    time = Markup('<p class="time" title="{}">{}</p>').format(TIME, _seconds(attribution.seconds))
    if attribution.gap is None or attribution.reference_score is None:
        return Markup("<p>No receipt: Grad-CAM does not add up to the score.</p>{}").format(time)
    change = attribution.score - attribution.reference_score
    steps = f" · {attribution.steps} steps" if attribution.method == "integrated_gradients" else ""
    gap = f"{100 * attribution.gap:.2g} %" if attribution.gap >= 1e-4 else "< 0.01 %"
    warning = Markup("<p>This map does not add up to the score: read it with caution.</p>")
    return Markup(
        '<dl class="receipt{failed}"><div><dt>Σ map</dt><dd>{total}</dd></div>'
        "<div><dt>f(x) − f(reference)</dt><dd>{change}</dd></div>"
        "<div><dt>Gap{steps}</dt><dd>{gap}</dd></div></dl>{warning}{time}"
    ).format(
        failed=" failed" if failed else "",
        total=signed(attribution.total),
        change=signed(change),
        steps=steps,
        gap=gap,
        warning=warning if failed else "",
        time=time,
    )


def _seconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 0.1 else f"{seconds:.2g} s"
