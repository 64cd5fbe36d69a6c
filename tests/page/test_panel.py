import gradio as gr
from markupsafe import Markup

from page.panel import Panel, panel


def test_text_is_shown_as_text_from_the_start_and_later():
    begun = panel("<script>1 & 2</script>")
    assert (
        begun.value == begun.postprocess("<script>1 & 2</script>") == "&lt;script&gt;1 &amp; 2&lt;/script&gt;"
    )


def test_markup_stays_and_is_a_plain_string():
    html = Panel(Markup("<b>{}</b>").format("<i>")).value
    assert html == "<b>&lt;i&gt;</b>" and type(html) is str  # JSON's writers need not know its subclasses


def test_browser_takes_it_for_gradios_own():
    config, own = panel("").get_config(), gr.HTML("").get_config()
    assert config.keys() == own.keys() and panel("").get_block_name() == gr.HTML("").get_block_name()
    assert panel().postprocess(None) is None
