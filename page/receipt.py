"""The receipt under a map: what it adds up to, what it should, and a plain sentence where it fails."""

from explain.attribution import Attribution
from explain.words import signed


def receipt(attribution: Attribution, failed: bool) -> str:
    """The receipt of a map as HTML: sum, change of score and gap, red and with a warning if it `failed`."""
    if attribution.gap is None or attribution.reference_score is None:
        return "<p>No receipt: Grad-CAM does not add up to the score.</p>"
    change = attribution.score - attribution.reference_score
    steps = f" · {attribution.steps} steps" if attribution.method == "integrated_gradients" else ""
    gap = f"{100 * attribution.gap:.2g} %" if attribution.gap >= 1e-4 else "&lt; 0.01 %"
    warning = "<p>This map does not add up to the score: read it with caution.</p>" if failed else ""
    return (
        f'<dl class="receipt{" failed" if failed else ""}">'
        f"<div><dt>Σ map</dt><dd>{signed(attribution.total)}</dd></div>"
        f"<div><dt>f(x) − f(reference)</dt><dd>{signed(change)}</dd></div>"
        f"<div><dt>Gap{steps}</dt><dd>{gap}</dd></div></dl>{warning}"
    )
