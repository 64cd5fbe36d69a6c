import re
from html import unescape

from explain.report.report import row as columns
from page.tabs.explain.grid import Row, row
from page.tabs.explain.reading import READING


def test_every_term_of_a_receipt_is_explained(attribution, photo):
    maps = {name: attribution(2.0, 2.0, "integrated_gradients", name) for name in ("75", "100")}
    html = row(Row("integrated_gradients", columns(maps, "average", None)), photo, 0.02, "pixels", 0.9, False)
    explained = re.findall("<dt>(.*?)</dt>", READING)
    for term in {part.strip() for text in re.findall("<dt>(.*?)</dt>", html) for part in text.split("·")}:
        word = re.sub(r"^\d+ ", "", unescape(term)).capitalize() if "steps" in term else unescape(term)
        assert word in map(unescape, explained), term
    unit = re.search(r"<p>(logits per[^<]*)</p>", html)[1]
    assert unit.capitalize() in explained
