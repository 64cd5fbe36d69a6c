"""How the page is served to strangers: what is accepted, how long it is kept, how many may wait."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from page.export.preview import APP
from page.gradio_patches import describe_api_anew
from page.server.files import Files
from page.server.guard import Guard
from page.server.hosts import Hosts
from page.server.routes import API
from page.server.uploads import Uploads
from page.server.visitors import VISITS_OF_ALL, Visitors

WAITING = 48  # requests in the queue, about a minute of work on two cores; who comes then is told so


@dataclass(frozen=True, eq=False)
class Access:
    """Who may do what: where uploads go, the names the page is served under, and whose sessions are whose."""

    uploads: Uploads
    hosts: Hosts = field(default_factory=Hosts)
    visitors: Visitors = field(default_factory=Visitors)


async def cancel(request: Request) -> Response:
    """Ends what a visitor has asked for; the guard has seen that it is theirs."""
    asked = await request.json()
    await request.app.get_blocks()._queue.leave(asked["session_hash"], asked["event_id"])
    return JSONResponse({"success": True})


async def usage(request: Request) -> Response:
    """What gradio's view of the API asks for; how the page is used is not told."""
    return JSONResponse({"functions": {}})


ANSWERED = (  # by us, in place of gradio
    Route(f"{API}/cancel", cancel, methods=["POST"]),
    Route("/monitoring/summary", usage),
)


def settings(access: Access, prepare: Callable[[gr.Blocks, Access], None] | None = None) -> dict[str, Any]:
    """What gr.Blocks.launch takes; a new table for every page, because gradio writes its own into it.

    prepare is called with the page when all of its server is there, before the first request is taken.
    """
    guard = Middleware(Guard, access.hosts, access.visitors, access.uploads)

    @asynccontextmanager
    async def prepared(app: Any) -> AsyncIterator[None]:  # noqa: ANN401
        describe_api_anew()
        access.visitors.ended = app.get_blocks()._queue.forget
        if prepare:
            prepare(app.get_blocks(), access)
        yield

    return {
        "max_file_size": "40mb",  # the browser refuses what is larger; from 20 MB a sentence says what to do
        "allowed_paths": [],  # no folder of this machine is served
        "strict_cors": True,  # other websites cannot use a page that runs on a visitor's own machine
        "show_error": False,  # what went wrong is logged; a visitor gets our sentence and no trace
        "enable_monitoring": False,
        "mcp_server": True,
        "ssr_mode": False,  # Spaces turn it on; the page is tested without, and is to be the same everywhere
        "run_history": False,  # gradio would keep every photo and result in the browser
        # More than all visits and what runs without one: page.server.visitors says which of them go. What
        # their photos take is counted by explain.cache.
        "state_session_capacity": 2 * VISITS_OF_ALL,
        "app_kwargs": {
            "routes": [*Files(access.uploads).routes, *ANSWERED, *APP["routes"]],
            "middleware": [guard, *APP["middleware"]],
            "lifespan": prepared,
        },
    }
