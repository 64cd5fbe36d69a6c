from page.tabs.networks.tables import scroll
from tests.document import parsed


def test_region_can_be_reached_and_is_named():
    region = parsed(f"{scroll('A <b>')}</div>").one("div", "scroll")
    assert region.attributes == {
        "class": "scroll",
        "tabindex": "0",
        "role": "group",
        "aria-label": "A <b>",
    }
