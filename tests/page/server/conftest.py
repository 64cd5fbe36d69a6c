import errno
import json

import httpx
import pytest
from starlette.responses import JSONResponse

from page.server.guard import Guard
from page.server.hosts import Hosts
from page.server.refusals import FULL
from page.server.visitors import Visitors


class Behind:
    """Answers with the body it was given; what the session is called says how it fails."""

    def __init__(self):
        self.seen = 0

    async def __call__(self, scope, receive, send):
        self.seen += 1
        body = (await receive()).get("body", b"") if scope["method"] == "POST" else b""
        failing = json.loads(body).get("fail") if body[:1] == b"{" else None
        if failing == "broken":
            raise KeyError("/a/path")
        if failing == "disk":
            raise OSError(errno.ENOSPC, "No space left on device", "/a/path")
        if failing in ("full", "stopped"):
            detail = FULL if failing == "full" else "Queue is stopped."
            await JSONResponse({"detail": detail}, 503)(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body or b"nothing", "more_body": True})
        if failing == "late":
            raise KeyError("/a/path")
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        if failing == "twice":
            await JSONResponse("again")(scope, receive, send)
        if failing == "afterwards":
            raise KeyError("/a/path")


@pytest.fixture
def behind():
    return Behind()


@pytest.fixture
def ask(run_apart, behind):
    """Asks a guarded page that is known to Host as 127.0.0.1; gives the answer."""
    guarded = Guard(behind, Hosts(), Visitors())

    async def strict(scope, receive, send):
        """A server that takes one answer to a request, as uvicorn does."""
        over = False

        async def take(message):
            nonlocal over
            assert not over
            over = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        await guarded(scope, receive, take)

    def ask(method, path, content=b"", client="192.0.2.1", **headers):
        async def once():
            transport = httpx.ASGITransport(strict, client=(client, 5))
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860") as http:
                sent = content if isinstance(content, bytes) else json.dumps(content).encode()
                return await http.request(method, path, content=sent, headers=headers)

        return run_apart(once())

    return ask
