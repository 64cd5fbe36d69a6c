import re

from page.results.measured import Flagged, Novelty
from page.tabs.networks.novelty import block

FOUND = Novelty(
    "val",
    {"stanford": Flagged(50, 0.04, {}), "truecar": Flagged(100, 0.01, {})},
    {
        "few": Flagged(3, 1.0, {"truecar": 1.0}),
        "some": Flagged(20, 0.5, {"truecar": 0.9}),
        "all": Flagged(23, 13 / 23, {"truecar": 0.913, "stanford": 0.8}),
    },
)


def test_rows_in_order_with_intervals():
    html = block(FOUND)
    assert re.findall(r'<th scope="row">([^<]*)</th>', html) == [
        "Dealer listings (cars)",
        "Stanford Cars (cars)",
        "All other pictures",
        "some",
    ]
    # 10 of 20, Wilson by hand: centre 0.5, half 1.96 · √(0.25/20 + 3.8415/1600) / (1 + 3.8415/20) = 0.2007
    assert "30–70" in html


def test_finding_is_of_listings():
    html = block(FOUND)
    assert (
        "56.5&nbsp;% of 23 pictures that show no car, and 1.0&nbsp;% of 100 photos" in html
        and "0.913" in html
    )
