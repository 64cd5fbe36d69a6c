"""The verdict in one sentence, how it came about, and the probabilities of every network side by side."""

from markupsafe import Markup

from carmodel.ensemble import Prediction
from carmodel.network import CLASSES
from carmodel.photo import Photo
from explain.explainer import Classification
from explain.report.render import seen
from explain.report.text import named, percent, reason, sentence, signed
from page.markup import doubt, picture


def verdict(photo: Photo, classification: Classification, mode: str) -> Markup:
    """The card at the top: sentence, reason, and a column each for 75 px, 100 px, ensemble and 75 − 100."""
    predictions = classification.predictions
    small, large, decision = predictions["75"], predictions["100"], predictions[mode]
    rule = f"{decision.decided_by} px decides" if decision.decided_by else "the mean of both networks’ logits"
    differences = zip(small.probabilities, large.probabilities, strict=True)
    columns = [
        _column("75 px", bars(small), _seen(photo, 75)),
        _column("100 px", bars(large), _seen(photo, 100)),
        _column("Ensemble", bars(decision), Markup("<p>{}: {}.</p>").format(mode.capitalize(), rule)),
        _column(
            "75 px − 100 px",
            Markup().join(
                _difference(label, a - b) for label, (a, b) in zip(CLASSES, differences, strict=True)
            ),
            Markup("<p>Percentage points that 75 px gives more (right) or less (left) than 100 px.</p>"),
        ),
    ]
    return Markup(
        '<section class="card verdict" aria-label="Verdict"><h2>{}</h2><p class="reason">{}</p>{}'
        '<div class="columns">{}</div></section>'
    ).format(
        sentence(classification, mode),
        reason(classification, mode),
        doubt(classification.cue),
        Markup().join(columns),
    )


def _column(title: str, bars: Markup, below: Markup) -> Markup:
    return Markup(
        '<div class="column"><h3>{}</h3><ul class="bars">{}</ul><div class="below">{}</div></div>'
    ).format(title, bars, below)


def bars(prediction: Prediction) -> Markup:
    """The probabilities of all classes as list items, the largest one marked."""
    return Markup().join(
        Markup('<li{}><span>{}</span><i style="--from:0%;--to:{:.1f}%"></i><b>{}</b></li>').format(
            " class=top" if label == prediction.verdict else "",
            named(label),
            100 * probability,
            percent(probability),
        )
        for label, probability in zip(CLASSES, prediction.probabilities, strict=True)
    )


def _difference(label: str, change: float) -> Markup:
    # The bar runs from the middle (0) to the right for +100 points and to the left for −100.
    low, high = sorted((50.0, 50 + 50 * change))
    return Markup(
        '<li class="change"><span>{}</span><i style="--from:{:.1f}%;--to:{:.1f}%"></i><b>{}</b></li>'
    ).format(named(label), low, high, signed(100 * change, 0))


def _seen(photo: Photo, size: int) -> Markup:
    alt = f"The photo as the {size} px network sees it, in {size} × {size} pixels"
    image = picture(seen(photo, size), alt, "seen", format="PNG")
    return Markup("{0}<p>What it sees: {1}&nbsp;×&nbsp;{1} pixels.</p>").format(image, size)
