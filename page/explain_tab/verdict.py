"""The verdict in one sentence, how it came about, and the probabilities of every network side by side."""

from html import escape

from carmodel.ensemble import Prediction
from carmodel.network import CLASSES
from carmodel.photo import Photo
from explain.explainer import Classification
from explain.render import seen
from explain.words import named, percent, reason, sentence, signed
from page.markup import picture


def verdict(photo: Photo, classification: Classification, mode: str) -> str:
    """The card at the top: sentence, reason, and a column each for 75 px, 100 px, ensemble and 75 − 100."""
    predictions = classification.predictions
    small, large, decision = predictions["75"], predictions["100"], predictions[mode]
    rule = f"{decision.decided_by} px decides" if decision.decided_by else "the mean of both networks’ logits"
    differences = zip(small.probabilities, large.probabilities, strict=True)
    columns = [
        _column("75 px", bars(small), _seen(photo, 75)),
        _column("100 px", bars(large), _seen(photo, 100)),
        _column("Ensemble", bars(decision), f"<p>{mode.capitalize()}: {escape(rule)}.</p>"),
        _column(
            "75 px − 100 px",
            "".join(_difference(label, a - b) for label, (a, b) in zip(CLASSES, differences, strict=True)),
            "<p>Percentage points that 75 px gives more (right) or less (left) than 100 px.</p>",
        ),
    ]
    cue = classification.cue
    doubt = f'<p class="doubt">{escape(cue.sentence)}</p>' if cue and not cue.looks_like_car else ""
    return (
        '<section class="card verdict" aria-label="Verdict">'
        f"<h2>{escape(sentence(classification, mode))}</h2>"
        f'<p class="reason">{escape(reason(classification, mode))}</p>{doubt}'
        f'<div class="columns">{"".join(columns)}</div></section>'
    )


def _column(title: str, bars: str, below: str) -> str:
    return (
        f'<div class="column"><h3>{title}</h3><ul class="bars">{bars}</ul>'
        f'<div class="below">{below}</div></div>'
    )


def bars(prediction: Prediction) -> str:
    """The probabilities of all classes as list items, the largest one marked."""
    return "".join(
        f"<li{' class=top' if label == prediction.verdict else ''}><span>{named(label)}</span>"
        f'<i style="--from:0%;--to:{100 * probability:.1f}%"></i><b>{escape(percent(probability))}</b></li>'
        for label, probability in zip(CLASSES, prediction.probabilities, strict=True)
    )


def _difference(label: str, change: float) -> str:
    # The bar runs from the middle (0) to the right for +100 points and to the left for −100.
    low, high = sorted((50.0, 50 + 50 * change))
    return (
        f'<li class="change"><span>{named(label)}</span><i style="--from:{low:.1f}%;--to:{high:.1f}%"></i>'
        f"<b>{signed(100 * change, 0)}</b></li>"
    )


def _seen(photo: Photo, size: int) -> str:
    alt = f"The photo as the {size} px network sees it, in {size} × {size} pixels"
    image = picture(seen(photo, size), alt, "seen", format="PNG")
    return f"{image}<p>What it sees: {size}&nbsp;×&nbsp;{size} pixels.</p>"
