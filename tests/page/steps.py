"""What handlers yield, looked at as a visitor would."""

from collections.abc import Iterable
from typing import Any

from page.lazy_tabs import Values
from tests.document import parsed


def together(steps: Iterable[Values]) -> dict[str, Any]:
    """The last value of each output."""
    last: dict[str, Any] = {}
    for step in steps:
        last |= step
    return last


def state(row: str) -> str:
    """How a method's row stands: "busy", "finished" or "failed"."""
    card = parsed(row).one("section", "method")
    return next(kind for kind in ("busy", "finished", "failed") if kind in card.attributes["class"].split())


def status(html: str) -> str:
    """What is said to be going on."""
    [going_on] = [part for part in parsed(html).all() if part.attributes.get("role") == "status"]
    return going_on.text


def alts(html: str) -> list[str]:
    """What pictures show, in words; a placeholder's is empty."""
    return [image.attributes["alt"] for image in parsed(html).all("img")]


def finding(html: str) -> str:
    """What is said first of what was found, spaces that keep words together being like others."""
    return parsed(html).one("p", "finding").text.replace("\N{NO-BREAK SPACE}", " ")
