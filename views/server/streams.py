"""Streams of events, any number of them, woken together and fairly: they get at most half of the thread's time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.types import Send

from autoviz_render.views.server.announcements import Announcements, Event, encoded

HEARTBEAT = 15.0
"""Seconds after which a comment shows a proxy that the stream lives."""

_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_COMMENT = b":\n\n"
_BRIEF = 0.002  # seconds that need no rest
_TURNS = 3  # of the loop, after which all streams have sent what they can


class Streams:
    """The streams that are open.

    Args:
        announcements: What they tell.

    Attributes:
        count: How many there are.
    """

    def __init__(self, announcements: Announcements) -> None:
        self._announcements = announcements
        self._tick = asyncio.Event()
        self._is_due = asyncio.Event()
        self._is_closing = False
        self.count = 0

    def announce(self) -> None:
        """There is something new."""
        self._is_due.set()

    def close(self) -> None:
        """Have all streams say goodbye and end."""
        self._is_closing = True
        self._wake()

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Counts one more stream."""
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1

    async def run(self) -> None:
        """Wake the streams, as long as there is a server."""
        loop = asyncio.get_running_loop()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_due.wait(), HEARTBEAT)
            self._is_due.clear()
            began = loop.time()
            self._wake()
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            if (took := loop.time() - began) > _BRIEF:
                await asyncio.sleep(took)

    def _wake(self) -> None:
        tick, self._tick = self._tick, asyncio.Event()
        tick.set()

    async def serve(self, first: bytes, number: int, runs: frozenset[str], request: Request, send: Send) -> None:
        """Be a stream until its reader leaves, or the server closes.

        Args:
            first: Sent at once.
            number: Of the last event that the reader has seen.
            runs: Those of which frames are asked for; none for all.
            request: The reader's.
            send: To the reader.
        """
        headers = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if request.method == "HEAD":
            await send({"type": "http.response.body"})
            return
        sending = asyncio.create_task(self._send(first, number, runs, send))
        try:
            while not sending.done() and (await request.receive())["type"] != "http.disconnect":
                pass
        finally:
            sending.cancel()

    async def _send(self, told: bytes, number: int, runs: frozenset[str], send: Send) -> None:
        clock = asyncio.get_running_loop().time
        quiet_since = clock()
        while not self._is_closing:
            tick = self._tick
            if told:
                await send({"type": "http.response.body", "body": told, "more_body": True})
                quiet_since = clock()
            told = self._announcements.stream(number, runs)
            number = self._announcements.last
            if not told:
                await tick.wait()
                told = self._announcements.stream(number, runs)
                number = self._announcements.last
            if not told and clock() - quiet_since >= HEARTBEAT - 1:
                told = _COMMENT
        await send({"type": "http.response.body", "body": message("bye", {"reason": "closing"})})


def message(name: str, data: dict[str, Any], number: str = "") -> bytes:
    """An event of one stream alone."""
    return encoded(Event(0, name, data), number)
