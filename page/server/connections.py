"""Connections on which nobody asks anything are closed: uvicorn waits for a request for ever."""

import asyncio
import os
from collections import Counter
from contextlib import suppress

from uvicorn import config
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from page.server.lifetime import NOBODY
from page.server.visitors import network

HEAD_WITHIN = 15.0  # seconds for the lines of a request before its body
READ_WITHIN = 60.0  # seconds in which somebody must read some of an answer
MOST_OF_ONE = 200  # connections of one address; a browser opens six
OPEN: Counter[str] = Counter()  # connections by address


class ImpatientProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # h11 or httptools
    """uvicorn's, which closes a connection that has had no whole head of a request in time."""

    _late: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None
    _address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        if os.environ.get("FORWARDED_ALLOW_IPS") == NOBODY:  # behind a proxy all come from its address
            self._address = network(self.client[0]) if self.client else ""
            OPEN[self._address] += 1
            if OPEN[self._address] > MOST_OF_ONE:
                transport.abort()
                return
        self._wait()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stuck = self.loop.call_later(READ_WITHIN, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stuck:
            self._stuck.cancel()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._is_waiting and self._late:
            self._late.cancel()
            self._late = None

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait()

    def connection_lost(self, error: Exception | None) -> None:
        global OPEN
        for timer in (self._late, self._stuck):
            if timer:
                timer.cancel()
        if self._address:
            OPEN -= Counter([self._address])
            self._address = ""
        super().connection_lost(error)

    @property
    def _is_waiting(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEAD_WITHIN, self._give_up)

    def _give_up(self) -> None:
        self._late = None
        if self._is_waiting:
            self.transport.close()


def install() -> None:
    """Has every server of this process made by uvicorn close such connections, and take as many as it may."""
    with suppress(ImportError, OSError, ValueError):  # where the system knows no such limits
        import resource

        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    config.HTTP_PROTOCOLS["auto"] = f"{__name__}:{ImpatientProtocol.__name__}"
