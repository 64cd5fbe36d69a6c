"""What the server refuses before gradio sees it: to fetch things from elsewhere, and too large a request.

gradio downloads a photo that a caller names by its address, and hands on what other servers send. Neither is
needed here, and a public page that fetches what strangers tell it to is a tool for them. Uploads have their
own limit, `max_file_size`.
"""

import json
import logging
import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

MAX_BODY = 1_000_000  # bytes of a request that uploads nothing; the page's own have a few thousand
MAX_TOOL_BODY = 28_000_000  # bytes of a request of an MCP client, where the photo is part of it, in base64
MAX_DEPTH = 40  # tables and lists within each other
UPLOAD = "/upload"
FETCHING = re.compile(r"(/gradio_api)?/(proxy=|file[=/]+(https?|ftp):)")
TOOLS = re.compile(r"(/gradio_api)?/mcp(/|$)")
PAST_THE_QUEUE = re.compile(r"(/gradio_api)?/(run|api)/")
ICON = re.compile(r"/pwa_icon/(?!(192|512)/?$)")  # gradio enlarges it to any size; the manifest names these
NO_FETCHING = "This page fetches nothing from elsewhere; please upload the photo itself."
NO_ROOM = "The server cannot store files at the moment; please try again later."
FULL = "Many visitors are asking at once; please try again in a minute."
TOO_LARGE = "This request is too large."
NOT_UNDERSTOOD = "This request cannot be understood."
REFUSED = {  # what a route begins with -> sentence and status
    FETCHING: (NO_FETCHING, 403),
    PAST_THE_QUEUE: ("Every request waits in one queue; please use /gradio_api/call/ or gradio_client.", 403),
    ICON: ("The icon has 192 or 512 pixels.", 404),
}
ADDRESSES = ("http:", "https:", "ftp:", "file:", "//")


class Guard:
    """ASGI middleware; what it refuses, and what fails, is answered with one sentence not a 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].lower()
        refused = next((answer for route, answer in REFUSED.items() if route.match(path)), None)
        if refused:
            await PlainTextResponse(*refused)(scope, receive, send)
            return
        if scope["method"] == "POST" and not path.rstrip("/").endswith(UPLOAD):
            body = await _body(receive, MAX_TOOL_BODY if TOOLS.match(path) else MAX_BODY)
            wrong = (TOO_LARGE, 413) if body is None else _wrong(body)
            if body is None or wrong:
                await PlainTextResponse(*(wrong or (TOO_LARGE, 413)))(scope, receive, send)
                return
            receive = _again(body, receive)
        await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """gradio's answer; what it stumbles over was a request that no page of ours makes."""
        begun = over = False

        async def watch(message: Message) -> None:
            nonlocal begun, over
            if over:  # some routes answer twice, and what comes after a refusal is part of the other answer
                return
            begun = True
            if message["type"] == "http.response.start" and message["status"] == 503:  # the queue's bound
                over = True
                await JSONResponse({"detail": FULL}, 503, {"retry-after": "60"})(scope, receive, send)
                return
            over = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:
            log.exception("A request failed.")
            if begun:
                await watch({"type": "http.response.body", "body": b"", "more_body": False})
                return
            sentence = (NO_ROOM, 507) if isinstance(error, OSError) else (NOT_UNDERSTOOD, 400)
            await PlainTextResponse(*sentence)(scope, receive, send)


async def _body(receive: Receive, limit: int) -> bytes | None:
    """All of a request's body; None if it has more bytes than the limit."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives the body once more, and after it whatever else comes, such as the caller's leaving."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _wrong(body: bytes) -> tuple[str, int] | None:
    """The sentence and the status for a body that must not reach gradio; None for others.

    Text that is no JSON is left to gradio, which knows what each of its routes takes.
    """
    try:
        return (NO_FETCHING, 403) if _names_an_address(json.loads(body.decode())) else None
    except (RecursionError, UnicodeDecodeError):
        return NOT_UNDERSTOOD, 400
    except ValueError:
        return None


def _names_an_address(value: Any, depth: int = 0) -> bool:  # noqa: ANN401
    """Whether a file in a value from JSON is to be fetched. Raises RecursionError for a deep one."""
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, Mapping):
        path = value.get("path")
        if isinstance(path, str) and path.strip().lower().startswith(ADDRESSES):
            return True
        return any(_names_an_address(each, depth + 1) for each in value.values())
    return isinstance(value, list) and any(_names_an_address(each, depth + 1) for each in value)
