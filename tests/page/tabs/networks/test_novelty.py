from page.results.measured import Flagged, Novelty
from page.tabs.networks.novelty import block
from tests.document import parsed
from tests.page.steps import finding

MEASURED = Novelty(
    "val",
    {"stanford": Flagged(50, 0.04, {}), "truecar": Flagged(100, 0.01, {})},
    {
        "few": Flagged(3, 1.0, {"truecar": 1.0}),
        "some": Flagged(20, 0.5, {"truecar": 0.9}),
        "all": Flagged(23, 13 / 23, {"truecar": 0.913, "stanford": 0.8}),
    },
)


def test_rows_in_order_with_intervals():
    _, *rows = parsed(block(MEASURED)).one("table", "flagged").table()
    assert [row[0] for row in rows] == [
        "Dealer listings (cars)",
        "Stanford Cars (cars)",
        "All other pictures",
        "some",
    ]
    # 10 of 20, Wilson by hand: centre 0.5, half 1.96 · √(0.25/20 + 3.8415/1600) / (1 + 3.8415/20) = 0.2007
    assert rows[-1][2:] == ["50.0 %", "30–70", "20"]


def test_finding_is_of_listings():
    assert finding(block(MEASURED)).startswith(
        "The cue flags 56.5 % of 23 pictures that show no car, and 1.0 % of 100 photos that do; area under "
        "the ROC curve 0.913"
    )
