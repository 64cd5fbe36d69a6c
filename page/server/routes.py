"""The routes that are open to visitors; whatever else gradio offers is closed.

gradio has some ninety routes: for developers, other components, other frontends. What this page, its API and
its MCP server need is listed here, with the largest body that each may be sent; a route that a new gradio
brings is closed until it is written here.
"""

import re
from dataclasses import dataclass
from typing import Any

from page.server.refusals import ICON_SIZES, NO_FETCHING, NOT_HERE, ONE_QUEUE, Refused

API = "/gradio_api"
MAX_BODY = 1_000_000  # bytes of a request that uploads nothing; the page's own have a few thousand
MAX_TOOL_BODY = 28_000_000  # bytes of a request of an MCP client, where the photo is part of it, in base64
MAX_UPLOAD = 61_000_000  # bytes of an upload: 60 MB of files and what is written between them
READING = frozenset({"GET", "HEAD"})
CLOSED = {  # what a path begins with -> why it is closed, where there is more to say than "nothing is here"
    re.compile(rf"({API})?/(proxy=|file[=/]+(https?|ftp):)", re.IGNORECASE): (NO_FETCHING, 403),
    re.compile(rf"({API})?/(run|api)/", re.IGNORECASE): (ONE_QUEUE, 403),
    re.compile(r"/pwa_icon/(?!(192|512)/?$)"): (ICON_SIZES, 404),  # gradio enlarges it to any size
}


@dataclass(frozen=True)
class Route:
    """A pattern of paths, the methods that it takes, and what is looked at before gradio sees a request.

    Ids are session hashes and event ids: groups `id` of the pattern, a parameter of the query, or fields of a
    body of JSON. Those that a request names have to be the visitor's own.
    """

    pattern: re.Pattern[str]
    methods: frozenset[str] = READING
    most: int = 0  # bytes of a body; without one it is read by nobody
    json: bool = False  # whether the body has to be JSON
    needs: tuple[str, ...] = ()  # ids that have to be there, in the query or the body
    begins: bool = False  # whether an id may be one that was not seen before


def _open(pattern: str, **more: Any) -> Route:  # noqa: ANN401
    return Route(re.compile(pattern, re.DOTALL), **more)


POSTING = {"methods": frozenset({"POST"}), "most": MAX_BODY, "json": True}
OPEN = (
    _open(
        r"/|/config/?|/theme\.css|/favicon\.ico|/manifest\.json|/robots\.txt|/preview\.jpg|/monitoring/summary"
    ),
    _open(r"/pwa_icon(/(192|512))?|/(static|assets|svelte)/.+"),
    _open(rf"{API}/(info/?|openapi\.json|startup-events|app_id/?|user/?|token/?|login_check/?)"),
    _open(rf"{API}/(theme\.css|queue/status|upload_progress|mcp/schema|file=.+)"),
    _open(rf"{API}/heartbeat/(?P<id>[^/]*)", begins=True),
    _open(rf"{API}/queue/data", needs=("session_hash",)),
    _open(rf"{API}/call/(v2/)?[^/]+/(?P<id>[^/]*)"),
    _open(rf"{API}/call/(v2/)?[^/]+/?", begins=True, **POSTING),
    _open(rf"{API}/queue/join", needs=("session_hash",), begins=True, **POSTING),
    _open(rf"{API}/cancel", needs=("session_hash", "event_id"), **POSTING),
    _open(rf"{API}/reset/?", needs=("event_id",), **POSTING),
    _open(rf"{API}/upload", methods=frozenset({"POST"}), most=MAX_UPLOAD),
    _open(rf"{API}/mcp/?(http/?)?", methods=READING | {"POST", "DELETE"}, most=MAX_TOOL_BODY, json=True),
)


def find(path: str, method: str) -> tuple[Route, re.Match[str]]:
    """The open route of a path, and where its ids are. Raises Refused where there is none."""
    for start, (sentence, status) in CLOSED.items():
        if start.match(path):
            raise Refused(sentence, status)
    matches = [(route, match) for route in OPEN if (match := route.pattern.fullmatch(path))]
    for route, match in matches:
        if method in route.methods:
            return route, match
    raise Refused(NOT_HERE, 405 if matches else 404)
