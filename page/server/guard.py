"""What stands between strangers and gradio: it refuses what no page, API or MCP client of ours sends.

In this order: lines that are too long, a name or a website that the page does not belong to, a route that is
closed, too many open requests, a body that is too large, too slow or no JSON, a session that is not the
visitor's. Whatever fails behind it ends in a sentence. Uploads and files have handlers of our own
(page.server.files).
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import SpooledTemporaryFile, gettempdir
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from page.server.bodies import IN_MEMORY, check_tool_call, paced, parsed, replayed, whole
from page.server.heads import check_length, clean
from page.server.hosts import Hosts
from page.server.refusals import (
    CROWDED,
    FOREIGN_HOST,
    FOREIGN_SITE,
    FULL,
    NO_ROOM,
    NOT_UNDERSTOOD,
    NOT_YOURS,
    STARTING_AGAIN,
    Refused,
)
from page.server.routes import MAX_BODY, READING, Route, find
from page.server.uploads import Uploads
from page.server.visitors import ID, Visitor, Visitors, new_cookie

log = logging.getLogger(__name__)

OPEN_REQUESTS = 160  # of one address: a tab of a browser holds two or three, a class of forty shares one
LARGE_OF_ONE, LARGE_OF_ALL = 3, 8  # requests whose body of up to 28 MB is in memory
IDS = ("session_hash", "event_id")  # in a query or a body
STOPPED = b"Queue is stopped"  # in gradio's answer
PERMISSIONS = "camera=(self), microphone=(), geolocation=()"


class Guard:
    """ASGI middleware; what it refuses, and what fails, is answered with one sentence, not a 500."""

    def __init__(
        self,
        app: ASGIApp,
        hosts: Hosts | None = None,
        visitors: Visitors | None = None,
        uploads: Uploads | None = None,
    ) -> None:
        self.app = app
        self.hosts = hosts or Hosts()
        self.visitors = visitors or Visitors()
        self.uploads = uploads or Uploads(Path(gettempdir()))  # whose room bodies on their way share
        self._open: Counter[str] = Counter()  # requests by address
        self._large: Counter[str] = Counter()  # those whose large body is in memory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # gradio has none
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visitor = self.visitors.of(scope)
        answer = _Answer(send, self._headers(scope, visitor))
        self._open[visitor.address] += 1
        try:
            await self.app(scope, await self._checked(scope, receive, visitor), answer.send)
        except Refused as refused:
            await answer.give(scope, refused.sentence, refused.status)
        except Exception as error:
            log.exception("A request failed.")
            sentence = (NO_ROOM, 507) if isinstance(error, OSError) else (NOT_UNDERSTOOD, 400)
            await answer.give(scope, *sentence)
        finally:
            self._open -= Counter([visitor.address])  # and forgets the address with its last
            self._large -= Counter([visitor.address] if scope.get("large") else [])

    async def _checked(self, scope: Scope, receive: Receive, visitor: Visitor) -> Receive:
        """What gradio may receive of a request that is in order. Raises Refused."""
        check_length(scope)
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self.hosts.serves(hosts[0]):
            raise Refused(FOREIGN_HOST, 421)
        if scope["method"] not in READING and not self.hosts.trusts(headers.get("origin"), hosts[0]):
            raise Refused(FOREIGN_SITE, 403)
        clean(scope, self.hosts)
        route, match = find(scope["path"], scope["method"])
        if route.begins and not self.hosts.may_begin(headers, hosts[0]):
            raise Refused(FOREIGN_SITE, 403)
        if self._open[visitor.address] > OPEN_REQUESTS:
            raise Refused(CROWDED, 503)
        scope["visitor"], scope["visitors"] = visitor, self.visitors  # for the queue and our own routes
        ids = match.groupdict()
        if scope["method"] in READING:
            query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            ids |= {name: values[-1] for name, values in query.items() if name in IDS}
        else:
            body = paced(receive, route.most)
            if not route.json:
                return body
            read = await self._read(scope, body, visitor)
            value = parsed(read) if scope["method"] == "POST" else None
            if len(read) > MAX_BODY:
                check_tool_call(value)
            ids |= {name: value[name] for name in IDS if name in value} if isinstance(value, dict) else {}
            receive = replayed(read, receive)
        self._check(ids, route, visitor)
        return receive

    async def _read(self, scope: Scope, body: Receive, visitor: Visitor) -> bytes:
        """A body, once it is whole. Raises Refused where too many large ones are in memory."""
        with SpooledTemporaryFile(IN_MEMORY) as file, self.uploads.room(visitor.address) as room:
            if await whole(body, file, room) > MAX_BODY:
                self._admit_large(scope, visitor)
            return file.read()

    def _admit_large(self, scope: Scope, visitor: Visitor) -> None:
        """Counts a request whose body is large. Raises Refused where too many are held in memory."""
        if self._large[visitor.address] >= LARGE_OF_ONE or self._large.total() >= LARGE_OF_ALL:
            raise Refused(FULL, 503)
        self._large[visitor.address] += 1
        scope["large"] = True

    def _check(self, ids: Mapping[str, Any], route: Route, visitor: Visitor) -> None:
        """Raises Refused unless all ids of a request are there, well formed and the visitor's own."""
        if not all(isinstance(ids.get(name), str) for name in route.needs):
            raise Refused(NOT_YOURS, 400)
        for name, value in ids.items():
            if value is None:
                continue
            if not isinstance(value, str) or not ID.fullmatch(value):
                raise Refused(NOT_YOURS, 400)
            if not self.visitors.owns(visitor, value, route.begins and name != "event_id"):
                raise Refused(NOT_YOURS, 404)

    def _headers(self, scope: Scope, visitor: Visitor) -> dict[str, str]:
        """What every answer says to the browser, whoever made it."""
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": PERMISSIONS,
            "Content-Security-Policy": content_policy(self.hosts.frames),
        }
        if scope["path"] == "/" and not visitor.cookie:
            headers["Set-Cookie"] = new_cookie(secure=scope.get("scheme") == "https")
        return headers


def content_policy(frames: Sequence[str]) -> str:
    """What the page may load and where it may be shown: its own files, and inside itself or `frames`.

    gradio's scripts and styles stand in the page, and it compiles the small ones of its events.
    """
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            " ".join(("frame-ancestors 'self'", *frames)),
        )
    )


class _Answer:
    """Sends one answer to a request, the first, with the headers that all have."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = headers
        self._begun = self._over = False
        self._unavailable: Message | None = None

    async def send(self, message: Message) -> None:
        """Passes on gradio's answer; some routes answer twice, and what comes after the end is dropped."""
        if self._over:
            return
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
            if message["status"] == 503:
                headers["Retry-After"] = "60"
                self._unavailable = message
                return
        self._begun = True
        if self._unavailable:
            await self._say_why(message)
            return
        self._over = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send(message)

    async def _say_why(self, message: Message) -> None:
        """The answer of a queue that is full, whose sentence is ours, or stopped, whose is not."""
        start, self._unavailable = self._unavailable, None
        assert start is not None
        if STOPPED in message.get("body", b""):
            self._over = True
            refusal = JSONResponse({"detail": STARTING_AGAIN}, 503, {"retry-after": "2", **self._headers})
            await refusal({"type": "http"}, _nothing, self._send)
            return
        await self._send(start)
        await self.send(message)

    async def give(self, scope: Scope, sentence: str, status: int) -> None:
        """Our own answer; where gradio's has begun, merely its end."""
        if self._begun:
            await self.send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        self._unavailable = None
        # The connection ends with it, because a body may still be on its way.
        headers = {**self._headers, "Connection": "close"}
        await PlainTextResponse(sentence, status, headers)(scope, _nothing, self._send)
        self._begun = self._over = True


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
