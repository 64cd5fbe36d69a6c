"""The verdict in one sentence, how it came about, and the probabilities of every network side by side."""

from markupsafe import Markup

from carmodel.photo import Photo
from explain.classification import Classification
from explain.report.render import seen
from explain.report.text import listed, network_name, reason, sentence
from page.bars import bars, difference_bars
from page.markup import doubt, picture


def verdict(photo: Photo, classification: Classification, ensemble: str) -> Markup:
    """The card at the top: sentence, reason, and a column for each network, the ensemble and a difference."""
    networks = {name: classification.predictions[name] for name in classification.logits}
    columns = [
        _column(network_name(name), bars(prediction), _seen(photo, int(name)))
        for name, prediction in networks.items()
    ]
    if len(networks) > 1:
        decision = classification.predictions[ensemble]
        whose = f"{'both' if len(networks) == 2 else 'all'} networks’ logits"
        if 0 < len(classification.members) < len(networks):
            whose = f"the logits of {listed(map(network_name, classification.members))}"
        rule = f"{decision.decided_by} px decides" if decision.decided_by else f"the mean of {whose}"
        told = Markup("<p>{}: {}.</p>").format(ensemble.capitalize(), rule)
        columns.append(_column("Ensemble", bars(decision), told))
    if len(networks) == 2:
        first, second = map(network_name, networks)
        told = Markup("<p>Percentage points that {} gives more (right) or less (left) than {}.</p>")
        changes = difference_bars(*networks.values())
        columns.append(_column(f"{first} − {second}", changes, told.format(first, second)))
    return Markup(
        '<section class="card verdict" aria-label="Verdict"><h2>{}</h2><p class="reason">{}</p>{}'
        '<div class="columns">{}</div></section>'
    ).format(
        sentence(classification, ensemble),
        reason(classification, ensemble),
        doubt(classification.cue),
        Markup().join(columns),
    )


def _column(title: str, bars: Markup, below: Markup) -> Markup:
    return Markup(
        '<div class="column"><h3>{}</h3><ul class="bars">{}</ul><div class="below">{}</div></div>'
    ).format(title, bars, below)


def _seen(photo: Photo, size: int) -> Markup:
    alt = f"The photo as the {size} px network sees it, in {size} × {size} pixels"
    image = picture(seen(photo, size), alt, "seen", format="PNG")
    return Markup("{0}<p>What it sees: {1}&nbsp;×&nbsp;{1} pixels.</p>").format(image, size)
