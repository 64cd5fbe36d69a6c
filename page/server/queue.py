"""gradio's queue, which outlives what is thrown inside it and is shared fairly."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request

from page.gradio_patches import (
    BlockFunction,
    Event,
    EventMessage,
    PredictBodyInternal,
    ProcessCompletedMessage,
    Queue,
)
from page.server.refusals import FULL, NOT_UNDERSTOOD, YOUR_TURN, Refused
from page.server.visitors import EVENTS_OF_ALL, VISITS_OF_ALL

log = logging.getLogger(__name__)

SHARE = 4  # one address may have this part of the waiting places: a quarter
UNREAD = 120.0  # seconds that an answer waits for somebody to read it
PAUSE = 0.05  # seconds before a loop that has failed goes on


class LastingQueue(Queue):
    """A queue that one request cannot stop: gradio's ends for good with the first error in its loops."""

    closing = False

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401
        super().__init__(*arguments, **named)
        # gradio's limit, beyond which whoever asks much would end what others are told.
        self.pending_messages_per_session.max_size = EVENTS_OF_ALL + VISITS_OF_ALL
        self._unread: dict[str, float] = {}  # session -> since when it has something to read, in seconds

    def start(self) -> None:
        self.closing = False
        super().start()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        self.closing = True
        super().close()  # type: ignore[no-untyped-call]

    async def start_processing(self) -> None:
        await self._go_on(super().start_processing)

    async def start_progress_updates(self) -> None:
        await self._go_on(super().start_progress_updates)

    async def notify_clients(self) -> None:
        await self._go_on(super().notify_clients)

    async def _go_on(self, loop: Callable[[], Awaitable[None]]) -> None:
        """Runs one of gradio's loops again and again until the page is closed."""
        while not self.closing:
            try:
                await loop()
                if not self.closing:
                    log.error("The queue had been stopped; it goes on.")
            except Exception:
                log.exception("The queue had stopped; it goes on.")
            self.stopped = self.closing
            await asyncio.sleep(PAUSE)

    def _cancel_asyncio_tasks(self) -> None:
        """What is being computed is ended with the page alone, not with a loop that starts again."""
        if self.closing:
            super()._cancel_asyncio_tasks()  # type: ignore[no-untyped-call]

    def send_message(self, event: Event, event_message: EventMessage) -> None:
        """Tells a visitor something; an event whose session has been forgotten is over."""
        messages = self.pending_messages_per_session.get(event.session_hash)
        if messages is not None:
            if messages.empty():
                self._unread[event.session_hash] = time.monotonic()
            super().send_message(event, event_message)
        else:
            event.alive = False

    async def push(
        self, body: PredictBodyInternal, request: Request, username: str | None
    ) -> tuple[bool, Any, Any]:
        """Puts a request at the end. Without room for it the answer is a sentence.

        Raises Refused for an event that the page does not have, or has for the browser alone.
        """
        asked = None if body.fn_index is None else self.blocks.fns.get(body.fn_index)
        if asked is None or asked.fn is None:
            raise Refused(NOT_UNDERSTOOD, 400)
        self._forget_unread()
        visitor, visitors = request.scope.get("visitor"), request.scope.get("visitors")
        if self.max_size is not None:
            if len(self) >= self.max_size:
                return False, FULL, "queue_full"
            if visitor and self._waiting(visitor.address) >= max(1, self.max_size // SHARE):
                return False, YOUR_TURN, "queue_full"
        pushed = await super().push(body, request, username)
        if visitors and pushed[0]:
            visitors.asked(visitor, pushed[1])
        return pushed

    async def process_events(
        self, events: list[Event], batch: bool, begin_time: float, fn: BlockFunction
    ) -> None:
        """Does what was asked. What a call without a session was given to remember goes with its end."""
        try:
            await super().process_events(events, batch, begin_time, fn)
        finally:
            for event in events:
                if event.session_hash == event._id:
                    self._forget_states(event._id)

    async def leave(self, session: str, event_id: str) -> None:
        """Ends an event: one that waits never begins, one that runs stops at its next step.

        gradio's own cancelling frees its place at once, while the thread that computes goes on.
        """
        await self.clean_events(event_id=event_id)
        if event_id in self.pending_event_ids_session.get(session, ()):
            over = ProcessCompletedMessage(output={}, success=True, event_id=event_id)
            self.pending_messages_per_session[session].put_nowait(over)

    def forget(self, session: str) -> None:
        """Lets go of a session: its states, and what it was not told yet."""
        self._forget_states(session)
        self.pending_messages_per_session.pop(session, None)
        self.pending_event_ids_session.pop(session, None)
        self._unread.pop(session, None)

    def _forget_states(self, session: str) -> None:
        self.blocks.state_holder.session_data.pop(session, None)
        self.blocks.state_holder.time_last_used.pop(session, None)

    def _forget_unread(self) -> None:
        """Lets go of what nobody has come to read for long."""
        now = time.monotonic()
        for session, since in list(self._unread.items()):
            messages = self.pending_messages_per_session.get(session)
            if messages is None or messages.empty():
                del self._unread[session]
            elif now - since > UNREAD:
                self.pending_messages_per_session.pop(session, None)
                del self._unread[session]

    def _waiting(self, address: str) -> int:
        """How many requests of an address wait."""
        return sum(
            getattr(event.request.scope.get("visitor"), "address", None) == address
            for queue in self.event_queue_per_concurrency_id.values()
            for event in queue.queue
        )
