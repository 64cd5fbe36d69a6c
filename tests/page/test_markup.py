import pytest

from page.markup import finding, going_on, notice, status, untested
from tests.document import parsed

SENTENCES = [finding, going_on, notice, status, untested]


@pytest.mark.parametrize("say", SENTENCES)
def test_texts_are_escaped(say):
    [line] = parsed(say("<b> & co.")).all()
    assert (line.tag, line.text) == ("p", "<b> & co.")


@pytest.mark.parametrize(
    ("say", "role"), [(notice, "alert"), (status, "status"), (going_on, "status"), (untested, None)]
)
def test_what_is_new_is_read_out(say, role):
    assert parsed(say("Ready.")).one("p").attributes.get("role") == role


def test_finding_keeps_numbers_and_units_on_a_line():
    line = parsed(finding("At 75 px & 5 %.")).one("p", "finding")
    assert line.text == "At 75\N{NO-BREAK SPACE}px & 5\N{NO-BREAK SPACE}%."
    assert finding("") == ""
