"""Where all HTML goes onto the page."""

from functools import partial

import gradio as gr

from explain.report.markup import written


class Panel(gr.HTML):
    """gr.HTML that shows what is no Markup as text, whoever hands it over and whichever file it is from."""

    def postprocess(self, value: str | None) -> str | None:
        return None if value is None else written(value)


panel = partial(Panel, apply_default_css=False)
