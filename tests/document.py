"""HTML as a tree, so that tests can ask what a page holds and not how it is spelt."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "input", "hr", "link", "source", "col"}  # which have no end tag


@dataclass
class Element:
    """A tag with what is in it."""

    tag: str
    attributes: dict[str, str | None]
    children: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All words in it, spaces as they are."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def all(self, tag: str | None = None, kind: str | None = None) -> list["Element"]:
        """The elements in it with this tag and this class, in the order of the page."""
        return [
            element
            for element in self._within()
            if tag in (None, element.tag)
            and (kind is None or kind in (element.attributes.get("class") or "").split())
        ]

    def one(self, tag: str | None = None, kind: str | None = None) -> "Element":
        """The only such element."""
        [element] = self.all(tag, kind)
        return element

    def table(self) -> list[list[str]]:
        """The texts of a table's cells, row by row."""
        return [[cell.text for cell in row.all() if cell.tag in ("td", "th")] for row in self.all("tr")]

    def _within(self) -> Iterator["Element"]:
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child._within()


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag, attrs):
        element = Element(tag, dict(attrs))
        self.open[-1].children.append(element)
        self.open += [element] if tag not in VOID else []

    def handle_endtag(self, tag):
        assert self.open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        self.open[-1].children.append(data)


def parsed(html: str) -> Element:
    """The page or fragment; fails where tags are not closed in their order."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    assert len(parser.open) == 1, f"<{parser.open[-1].tag}> is not closed"
    return parser.open[0]
