import asyncio
import tracemalloc

import pytest
from starlette.applications import Starlette

from page.server.files import Files
from page.server.guard import Guard
from page.server.routes import API
from page.server.uploads import Uploads

HEAD = '--x\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'


@pytest.mark.parametrize(("name", "file"), [("files", '; filename="a.png"'), ("field", "")])
def test_uploads_on_their_way_take_little_memory(run_apart, tmp_path, name, file):
    """Starlette would keep a megabyte of each part, 40 MB of these."""
    uploads = Uploads(tmp_path)
    guarded = Guard(Starlette(routes=Files(uploads).routes))
    chunk = bytes(60_000)

    async def send(message): ...

    async def upload():
        parts = [HEAD.format(name, file).encode(), *[chunk] * 16, b"\r\n"] * 4

        async def receive():
            if not parts:
                await asyncio.sleep(60)
            return {"type": "http.request", "body": parts.pop(0), "more_body": True}

        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"multipart/form-data; boundary=x")]
        scope = {"type": "http", "method": "POST", "path": f"{API}/upload", "query_string": b""}
        await guarded(scope | {"headers": headers, "client": ("192.0.2.1", 5)}, receive, send)

    async def several():
        coming = [asyncio.create_task(upload()) for _ in range(10)]
        await asyncio.sleep(3)
        held, _ = tracemalloc.get_traced_memory()
        for each in coming:
            each.cancel()
        return held

    tracemalloc.start()
    try:
        assert run_apart(several()) < 10_000_000
    finally:
        tracemalloc.stop()
        uploads.close()
