"""The routes by which files come and go, in place of gradio's: upload, its progress, and files by their path.

gradio's own take a thousand files a request, write them where they are cut off for good, and send back
whatever lies in the folder as what its name says.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from mimetypes import guess_type
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from carmodel.photo import PhotoError
from page.server.paths import is_shown, uploaded
from page.server.refusals import NO_FILE, NOT_HERE, NOT_UNDERSTOOD, TOO_LARGE_FILE, TOO_MANY_FILES, Refused
from page.server.routes import API
from page.server.uploads import Room, Uploads
from page.server.visitors import ID

MOST_FILES, MOST_FIELDS = 4, 4  # of one request
FIELD = 10_000  # bytes of a part that is no file
MOST_BYTES = 40_000_000  # of one file; from 20 MB a photo is refused later, with what to do about it
PRIVATE = {"Cache-Control": "private", "Cross-Origin-Resource-Policy": "same-origin"}
WATCHED = 256  # uploads whose progress is known
LOOK_UP = 0.1  # seconds between two looks how far an upload has come
PATIENCE = 3.0  # seconds until an upload that is asked about must have begun


class Progress:
    """How far each upload has come: the files' names, and bytes not yet told of."""

    def __init__(self) -> None:
        self._parts: OrderedDict[str, list[tuple[str, int]] | None] = OrderedDict()  # None: finished

    def add(self, upload: str, name: str, count: int) -> None:
        """So many more bytes of a file have come."""
        parts = self._parts.get(upload) or []
        if parts and parts[-1][0] == name:
            count += parts.pop()[1]
        self._parts[upload] = [*parts, (name, count)]
        if len(self._parts) > WATCHED:
            self._parts.popitem(last=False)

    def end(self, upload: str) -> None:
        """There will be no more."""
        if upload in self._parts:
            self._parts[upload] = None

    async def messages(self, upload: str) -> AsyncIterator[str]:
        """What the page's upload field is told, in the words that gradio's part in the browser knows."""
        waited = 0.0
        while upload in self._parts or waited < PATIENCE:
            parts = self._parts.get(upload, [])
            if parts is None:
                del self._parts[upload]
                break
            if upload in self._parts:
                self._parts[upload] = []
            for name, count in parts:
                yield _event({"msg": "update", "orig_name": name, "chunk_size": count})
            await asyncio.sleep(LOOK_UP)
            waited += LOOK_UP
        yield _event({"msg": "done"})


class _Parser(MultiPartParser):
    """Starlette's parser, which writes into nameless files that end with the process, within a room."""

    def __init__(self, request: Request, room: Room, progress: Progress, upload: str) -> None:
        super().__init__(
            request.headers,
            request.stream(),
            max_files=MOST_FILES,
            max_fields=MOST_FIELDS,
            max_part_size=FIELD,
        )
        self._room = room
        self._progress = progress
        self._upload = upload

    spool_max_size = 64 * 1024  # bytes of a file in memory; hundreds may be on their way at once

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        super().on_part_data(data, start, end)
        file, count = self._current_part.file, end - start
        if file is None:
            return
        if (file.size or 0) + count > MOST_BYTES:
            raise Refused(TOO_LARGE_FILE.format(MOST_BYTES // 10**6), 413)
        self._room.take(count)
        if self._upload:
            self._progress.add(self._upload, file.filename or "", count)


class Files:
    """The handlers of the routes, for one page's uploads."""

    def __init__(self, uploads: Uploads) -> None:
        self.uploads = uploads
        self.progress = Progress()

    @property
    def routes(self) -> list[Route]:
        """For gradio's launch(), which puts them before its own."""
        return [
            Route(f"{API}/upload", self.upload, methods=["POST"]),
            Route(f"{API}/upload_progress", self.upload_progress),
            Route(f"{API}/file={{path:path}}", self.file),
        ]

    async def upload(self, request: Request) -> Response:
        """Stores the parts called "files" of a form; answers with their paths."""
        upload = _upload_id(request)
        self.uploads.start()
        try:
            with self.uploads.room(request.scope["visitor"].address) as room:
                form = await _Parser(request, room, self.progress, upload).parse()
                async with _closing(form):
                    files = [part for part in form.getlist("files") if isinstance(part, UploadFile)]
                    if not files:
                        raise Refused(NO_FILE, 400)
                    paths = [
                        await run_in_threadpool(room.keep, part.filename or "", part.file, part.size or 0)
                        for part in files
                    ]
        except MultiPartException as error:
            many = error.message.startswith("Too many files")
            raise Refused(TOO_MANY_FILES.format(MOST_FILES) if many else NOT_UNDERSTOOD, 400) from None
        except (ClientDisconnect, KeyError):  # cut off; no type of content
            raise Refused(NOT_UNDERSTOOD, 400) from None
        finally:
            self.progress.end(upload)
        return JSONResponse([str(path) for path in paths])

    async def upload_progress(self, request: Request) -> Response:
        """How far an upload has come, step by step as server-sent events."""
        upload = _upload_id(request)
        return StreamingResponse(self.progress.messages(upload), media_type="text/event-stream")

    async def file(self, request: Request) -> Response:
        """An uploaded file or one that the page made; what is no picture is saved, never shown."""
        try:
            path = uploaded(request.path_params["path"])
        except PhotoError:
            raise Refused(NOT_HERE, 404) from None
        if is_shown(path):
            return FileResponse(path, headers=PRIVATE, media_type=guess_type(path.name)[0])
        return FileResponse(path, headers=PRIVATE, media_type="application/octet-stream", filename=path.name)


@asynccontextmanager
async def _closing(form: FormData) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await form.close()


def _upload_id(request: Request) -> str:
    """The id by which the page asks how far an upload has come; "" without one. Raises Refused."""
    upload = request.query_params.get("upload_id", "")
    if upload and not ID.fullmatch(upload):
        raise Refused(NOT_UNDERSTOOD, 400)
    return upload


def _event(message: dict[str, Any]) -> str:
    return f"data: {json.dumps(message)}\n\n"
