"""What is on a page that was built."""

from typing import Any

import gradio as gr

from page.panel import Panel


def component(page: gr.Blocks, **attributes: Any) -> Any:
    """The only component with these attributes, such as `label`."""
    [only] = [
        block
        for block in page.blocks.values()
        if all(getattr(block, name, None) == value for name, value in attributes.items())
    ]
    return only


def within(block: gr.blocks.BlockContext) -> list[Any]:
    """All components in a tab, a row or a column."""
    parts = (
        [part for child in block.children for part in (child, *within(child))]
        if hasattr(block, "children")
        else []
    )
    return parts


def tab(page: gr.Blocks, title: str) -> list[Any]:
    """All components of the tab of this title."""
    [shown] = [block for block in page.blocks.values() if isinstance(block, gr.Tab) and block.label == title]
    return within(shown)


def html(blocks: list[Any]) -> str:
    """All that panels begin with, one after the other."""
    return "".join(block.value or "" for block in blocks if isinstance(block, Panel))


def choices(block: Any) -> list[str]:
    """The values that can be chosen."""
    return [value for _, value in block.choices]
