import pytest

from explain.what_if.edits import Edits
from page.tabs.what_if.handlers import EditSession, WhatIfHandlers


@pytest.fixture
def rows_in_words(monkeypatch):
    """How many maps there are before and after and what is noted, in place of each row's HTML."""

    def words(row, *_):
        return f"{len(row.before)} {len(row.after)} {row.note}".strip()

    monkeypatch.setattr("page.tabs.what_if.before_after.draw_row", words)


@pytest.fixture
def handle(fake) -> WhatIfHandlers:
    return WhatIfHandlers({"final": fake, "baseline": fake})


@pytest.fixture
def edits(asked) -> EditSession:
    """Nothing is edited yet."""
    return EditSession(asked.digest, [Edits(fill="grey")])
