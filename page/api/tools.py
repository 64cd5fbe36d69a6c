"""The endpoints as MCP tools: what gradio's server leaves to be wished."""

import base64
import binascii
import io
import json
from collections.abc import Sequence
from mimetypes import guess_extension
from threading import Lock
from typing import Any

import gradio as gr
from gradio_client import Client

from carmodel.photo import PhotoError
from page.server.bodies import ADDRESSES
from page.server.refusals import NO_FETCHING
from page.server.routes import MAX_TOOL_BODY
from page.server.settings import Access
from page.server.visitors import Visitor

LONGEST_HEAD = 200  # characters of a data: URI before its comma
NO_PHOTO = "“photo” must be the picture itself, as a data: URI or in base64."


def speak_json(page: gr.Blocks, access: Access) -> None:
    """Makes the MCP server of a page that is running answer in JSON, and treat callers as visitors.

    gradio 6 answers in Python's notation, which other languages cannot read; it keeps a photo that came as a
    data: URI for ever, fetches one from its address, and uploads to itself whatever file of this machine a
    caller names. Here a photo is stored as an upload of the caller's, and no other file is touched.
    """
    from mcp.server.transport_security import RequestBodyLimitMiddleware
    from mcp.types import TextContent

    server: Any = page.mcp_server_obj
    prepare = server._prepare_tool_call_args
    lock = Lock()

    def caller() -> Visitor:
        return server.mcp_server.request_context.request.scope["visitor"]

    def texts(answers: Sequence[Any], root_url: str) -> list[TextContent]:
        return [TextContent(type="text", text=json.dumps(answer, ensure_ascii=False)) for answer in answers]

    def files(arguments: dict[str, Any], positions: list[list[str | int]]) -> dict[str, Any]:
        photos = {place[0] for place in positions}
        return {
            name: _stored(access, caller(), value) if name in photos else value
            for name, value in arguments.items()
        }

    def prepared(name: str, arguments: dict[str, Any]) -> tuple[Any, ...]:
        endpoint, data, headers, function = prepare(name, arguments)
        return endpoint, data, headers | access.visitors.on_behalf_of(caller()), function

    def client() -> Client:
        with lock:
            if server._client_instance is None:
                server._client_instance = _client(server.local_url, access)
            return server._client_instance

    server.manager.asgi_app = RequestBodyLimitMiddleware(server.manager._handle_request, MAX_TOOL_BODY)
    server.postprocess_output_data = texts
    server.convert_strings_to_filedata = files
    server._prepare_tool_call_args = prepared
    server._get_or_create_client = client


def _client(url: str, access: Access) -> Client:
    """By which gradio's MCP server asks the page itself. It sends no file: photos are stored already."""
    itself = access.visitors.on_behalf_of(Visitor("", "127.0.0.1"))
    asking = Client(url, headers=itself, download_files=False, verbose=False, analytics_enabled=False)
    for endpoint in asking.endpoints.values():
        endpoint._upload_file = lambda file, data_index: file
    return asking


def _stored(access: Access, visitor: Visitor, photo: object) -> dict[str, Any]:
    """The photo of a tool's caller, as an uploaded file. Raises PhotoError, Refused or OSError."""
    if not isinstance(photo, str):
        raise PhotoError(NO_PHOTO)
    if photo.strip().lower().startswith(ADDRESSES):
        raise PhotoError(NO_FETCHING)
    head, comma, content = photo.strip().partition(",")
    kind = head.removeprefix("data:").split(";")[0] if comma and len(head) <= LONGEST_HEAD else ""
    if comma and not head.startswith("data:"):
        raise PhotoError(NO_PHOTO)
    try:
        data = base64.b64decode(content if comma else head, validate=True)
    except (binascii.Error, ValueError):
        raise PhotoError(NO_PHOTO) from None
    name = f"photo{guess_extension(kind) or ''}"
    with access.uploads.room(visitor.address) as room:
        room.take(len(data))
        path = room.keep(name, io.BytesIO(data), len(data))
    return {"path": str(path), "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}
