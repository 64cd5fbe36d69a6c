"""Connections on which nobody asks anything are closed: uvicorn waits for a request for ever."""

import asyncio

from uvicorn import config
from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_WITHIN = 15.0  # seconds for the lines of a request before its body


class ImpatientProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # h11 or httptools
    """uvicorn's, which closes a connection that has had no whole head of a request in time."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._is_waiting and self._late:
            self._late.cancel()
            self._late = None

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait()

    def connection_lost(self, error: Exception | None) -> None:
        if self._late:
            self._late.cancel()
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
    """Has every server of this process made by uvicorn close such connections."""
    config.HTTP_PROTOCOLS["auto"] = f"{__name__}:{ImpatientProtocol.__name__}"
