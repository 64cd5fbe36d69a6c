from page.tabs.networks.learning_rates import block
from page.results.measured import Epoch, Trial


def trial(rate, *accuracies):
    return Trial(rate, tuple(Epoch(1.0, {"truecar": a, "stanford": a + 0.2}) for a in accuracies))


def test_best_rate_by_the_mean_of_the_sources():
    html = block({"baseline-75": (trial(0.001, 0.2, 0.4), trial(0.01, 0.3, 0.35))})
    assert "75&nbsp;px baseline: of 2 peak rates, 0.001 is the best after 2 epochs." in html
    assert (
        '<tr class="best"><th scope="row">0.001</th><td>40.0 %</td><td>60.0 %</td><td>1.00</td></tr>' in html
    )
    assert "rate 0.001: 30.0 %, 50.0 %; rate 0.01: 40.0 %, 45.0 %" in html


def test_runs_of_different_length():
    html = block({"final-75": (trial(0.001, 0.2), trial(0.01, 0.3, 0.35))})
    assert html.count('<path d="M 1') + html.count('<path d="M 2') + html.count('<path d="M 3') >= 2
