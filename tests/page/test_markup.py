import pytest

from page.markup import finding, notice, untested


def test_texts_are_escaped():
    assert notice("<b> & co.") == '<p class="notice" role="alert">&lt;b&gt; &amp; co.</p>'


def test_finding_keeps_numbers_and_units_on_a_line():
    assert finding("At 75 px & 5 %.") == '<p class="finding">At 75&nbsp;px &amp; 5&nbsp;%.</p>'
    assert finding("") == ""


@pytest.mark.parametrize("say", [finding, untested])
def test_sentences_are_escaped(say):
    assert "<b>" not in say("<b>bold</b>")
