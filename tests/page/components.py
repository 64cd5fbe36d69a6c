"""What is on a page that was built."""

from typing import Any

import gradio as gr

from page.panel import Panel


def component(page: gr.Blocks, kind: type = object, **attributes: Any) -> Any:
    """The only component of a kind with these attributes, such as `label`."""
    [only] = [
        block
        for block in page.blocks.values()
        if isinstance(block, kind)
        and all(getattr(block, name, None) == value for name, value in attributes.items())
    ]
    return only


def within(block: Any) -> list[Any]:
    """All components in a tab, a row or a column."""
    return [part for child in getattr(block, "children", ()) for part in (child, *within(child))]


def tab(page: gr.Blocks, title: str) -> list[Any]:
    """All components of the tab of this title."""
    return within(component(page, gr.Tab, label=title))


def html(blocks: list[Any]) -> str:
    """All that panels begin with, one after the other."""
    return "".join(block.value or "" for block in blocks if isinstance(block, Panel))


def choices(block: Any) -> list[str]:
    """The values that can be chosen."""
    return [value for _, value in block.choices]
