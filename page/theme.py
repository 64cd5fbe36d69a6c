"""How the page looks: theme, style sheet and icon; system fonts only, so nothing is fetched from outside."""

from pathlib import Path

import gradio as gr
from markupsafe import Markup

from page.chart_legend import method_inks
from page.requests import NUMBER_SCRIPT

FOLDER = Path(__file__).parent
FAVICON = FOLDER / "favicon.png"
TITLE = "What car classifiers look at"

THEME = gr.themes.Base(primary_hue="teal", neutral_hue="slate", font=[], font_mono=[]).set(
    body_background_fill="*neutral_50",
    body_text_color_subdued="*neutral_500",
    block_info_text_color="*body_text_color_subdued",
    block_label_text_color="*body_text_color",
    block_title_text_color="*body_text_color",
    block_title_text_weight="600",
    block_title_text_size="*text_sm",
    block_radius="10px",
    checkbox_label_background_fill="transparent",
    checkbox_label_background_fill_dark="transparent",
    checkbox_label_background_fill_hover="*neutral_100",
    checkbox_label_background_fill_hover_dark="*neutral_700",
    checkbox_label_background_fill_selected="*primary_50",
    checkbox_label_background_fill_selected_dark="*primary_950",
    checkbox_label_border_width="1px",
    checkbox_label_border_color_selected="*primary_600",
    checkbox_label_padding="4px 10px",
    checkbox_label_text_size="*text_sm",
    checkbox_background_color_selected="*primary_600",
    checkbox_border_color_selected="*primary_600",
    slider_color="*primary_600",
)
# Set afterwards, because gr.themes.Font would put system-ui in quotes, where it names no font.
THEME.font = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
THEME.font_mono = "ui-monospace, Consolas, monospace"

# In the head as it is: gradio rewrites what launch() takes as css and drops container queries.
STYLES = "\n".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("styles/*.css")))
SCRIPT = (FOLDER / "export" / "save.js").read_text(encoding="utf-8")


def head() -> str:
    """What goes into the page's head: style sheet, inks of the methods' lines, and scripts."""
    return f"<style>{STYLES}\n{method_inks()}</style><script>{SCRIPT}\n{NUMBER_SCRIPT}</script>"


HEADER = Markup(
    '<header class="top"><h1>{}</h1><p>Two small networks name a car’s body style: sedan, coupe, SUV '
    "or truck. See which parts of the photo each one relied on, and why they disagree.</p></header>"
).format(TITLE)
