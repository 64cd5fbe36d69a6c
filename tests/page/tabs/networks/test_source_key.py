from page.tabs.networks.source_key import source_key
from tests.document import parsed


def entries(html):
    """Name, ink, and whether there is a line, of each entry."""
    return [
        (
            item.text,
            item.one("svg").attributes["style"],
            any("stroke" in path.attributes for path in item.all("path")),
        )
        for item in parsed(html).all("li")
    ]


def test_marks_alone_come_with_the_diagonal():
    assert entries(source_key(["truecar", "mine"])) == [
        ("Dealer listings", "color:var(--source_1)", False),
        ("Mine", "color:var(--source_2)", False),
        ("As right as it is sure", "color:var(--limit)", True),
    ]


def test_lines_have_their_strokes():
    assert entries(source_key(["truecar", "stanford"], "solid")) == [
        ("Dealer listings", "color:var(--source_1)", True),
        ("Stanford Cars", "color:var(--source_2)", True),
    ]
