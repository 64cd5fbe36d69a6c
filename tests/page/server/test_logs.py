import io
import logging

import pytest

from page.server import logs
from page.server.logs import LONGEST, MOST, ShortLog


@pytest.fixture
def written():
    """A logger, and what it has written."""
    log, stream = logging.Logger("strangers"), io.StringIO()
    handler = ShortLog()
    handler.setStream(stream)
    log.addHandler(handler)
    return log, stream


def test_long_records_are_cut_in_the_middle(written):
    log, stream = written
    log.warning("Tool '%s' not listed", "A" * 26_000_000)
    try:
        raise FileNotFoundError("B" * 1_000_000)
    except FileNotFoundError:
        log.exception("A request failed.")
    text = stream.getvalue()
    assert len(text) < 2 * (LONGEST + 100)
    assert "Tool 'AAA" in text and "AAA' not listed" in text
    assert "A request failed.\nTraceback" in text and text.rstrip().endswith("BBB")


def test_short_records_are_whole(written):
    log, stream = written
    log.error("The queue had stopped; it goes on.")
    assert stream.getvalue() == "The queue had stopped; it goes on.\n"


def test_records_are_few_a_minute(written, monkeypatch):
    log, stream = written
    now = 6_000.0
    monkeypatch.setattr(logs.time, "monotonic", lambda: now)
    for _ in range(MOST + 50):
        log.error("again")
    assert stream.getvalue().count("again") == MOST
    now += 60
    log.error("later")
    assert stream.getvalue().endswith("50 more records of a minute before were left out.\nlater\n")


def test_all_loggers_of_the_process_write_so(monkeypatch):
    root = logging.RootLogger(logging.WARNING)
    monkeypatch.setattr(logging, "root", root)
    logs.install()
    assert [type(handler) for handler in root.handlers] == [ShortLog]
