"""The endpoints as MCP tools: what gradio's server leaves to be wished."""

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio_client.utils import is_file_obj as is_file

from carmodel.photo import PhotoError
from page.server.guard import ADDRESSES, NO_FETCHING


def speak_json(page: gr.Blocks) -> None:
    """Makes the MCP server of a page that is running answer in JSON, and forget the photos that it was sent.

    gradio 6 answers in Python's notation, which other languages cannot read, keeps a photo that came as a
    data: URI for ever, and fetches one from its address; here the first is deleted with the uploads, and
    nothing is fetched for strangers.
    """
    from mcp.types import TextContent

    server = page.mcp_server_obj
    read = server.convert_strings_to_filedata

    def texts(answers: Sequence[Any], root_url: str) -> list[TextContent]:
        return [TextContent(type="text", text=json.dumps(each, ensure_ascii=False)) for each in answers]

    def files(arguments: dict[str, Any], positions: list[list[str | int]]) -> dict[str, Any]:
        found = read(arguments, positions)
        if any(each["path"].lower().startswith(ADDRESSES) for each in found.values() if is_file(each)):
            raise PhotoError(NO_FETCHING)
        page.upload_file_set.update(each["path"] for each in found.values() if isinstance(each, dict))
        return found

    server.postprocess_output_data = texts
    server.convert_strings_to_filedata = files
