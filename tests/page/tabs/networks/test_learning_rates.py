import re

from page.results.measured import Epoch, Trial
from page.tabs.networks.learning_rates import block
from tests.document import parsed
from tests.page.steps import finding


def trial(rate, *accuracies):
    return Trial(rate, tuple(Epoch(1.0, {"truecar": a, "stanford": a + 0.2}) for a in accuracies))


def test_best_rate_by_the_mean_of_the_sources():
    html = block({"baseline-75": (trial(0.001, 0.2, 0.4), trial(0.01, 0.3, 0.35))})
    assert finding(html) == "75 px baseline: of 2 peak rates, 0.001 is the best after 2 epochs."
    best = parsed(html).one("tr", "best")
    assert [cell.text for cell in best.all()] == ["0.001", "40.0 %", "60.0 %", "1.00"]
    chart = parsed(html).one("svg", "chart").attributes["aria-label"]
    assert "rate 0.001: 30.0 %, 50.0 %; rate 0.01: 40.0 %, 45.0 %" in chart


def test_runs_of_different_length():
    chart = parsed(block({"final-75": (trial(0.001, 0.2), trial(0.01, 0.3, 0.35))})).one("svg", "chart")
    lines = [path.attributes for path in chart.all("path") if "--source" in path.attributes["style"]]
    assert [len(re.findall("[ML]", line["d"])) for line in lines] == [1, 2]
