"""The receipt under a map: what it adds up to, what it should, how long it took, and where it fails."""

from explain.attribution import Attribution
from explain.words import signed

TIME = "Computing this map took so long; of two networks together, the sum of both."


def receipt(attribution: Attribution, failed: bool) -> str:
    """The receipt of a map as HTML: sum, change of score and gap, red and with a warning if it `failed`.

    Below it, small, stands the time that the map took to compute.
    """
    time = f'<p class="time" title="{TIME}">{_seconds(attribution.seconds)}</p>'
    if attribution.gap is None or attribution.reference_score is None:
        return f"<p>No receipt: Grad-CAM does not add up to the score.</p>{time}"
    change = attribution.score - attribution.reference_score
    steps = f" · {attribution.steps} steps" if attribution.method == "integrated_gradients" else ""
    gap = f"{100 * attribution.gap:.2g} %" if attribution.gap >= 1e-4 else "&lt; 0.01 %"
    warning = "<p>This map does not add up to the score: read it with caution.</p>" if failed else ""
    return (
        f'<dl class="receipt{" failed" if failed else ""}">'
        f"<div><dt>Σ map</dt><dd>{signed(attribution.total)}</dd></div>"
        f"<div><dt>f(x) − f(reference)</dt><dd>{signed(change)}</dd></div>"
        f"<div><dt>Gap{steps}</dt><dd>{gap}</dd></div></dl>{warning}{time}"
    )


def _seconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 0.1 else f"{seconds:.2g} s"
