"""A connection, and what it may cost: header bytes, seconds, unsent bytes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


@dataclass(frozen=True)
class Bounds:
    """What visitors may cause.

    Attributes:
        connections: Open at once; another one is closed.
        streams: Of events, open at once.
        header_bytes: Of a request.
        header_seconds: Until a request is complete.
        idle_seconds: Between two requests of a connection.
        unsent_bytes: That wait for a connection to take them.
        stalled_seconds: After which a connection that takes nothing is closed.
        draws: That wait, of all visitors.
        draws_each: That wait, of one visitor.
        renders: That one visitor causes in a row; then `renders_a_second`.
        renders_a_second: In the long run, of one visitor.
    """

    connections: int = 2500
    streams: int = 2000
    header_bytes: int = 1 << 15
    header_seconds: float = 10.0
    idle_seconds: float = 60.0
    unsent_bytes: int = 1 << 14
    stalled_seconds: float = 60.0
    draws: int = 32
    draws_each: int = 16
    renders: int = 60
    renders_a_second: float = 5.0


BOUNDS = Bounds()
"""Those of a server, unless it may open fewer files."""


class BoundedProtocol(H11Protocol):
    """Uvicorn's protocol, which waits without end for a header, and for a reader that takes nothing."""

    bounds = BOUNDS

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._slow: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=self.bounds.unsent_bytes)
        if len(self.connections) > self.bounds.connections:
            transport.abort()
        else:
            self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._slow, self._stalled):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._end_wait()
        elif self.conn.trailing_data[0]:  # a part of a header
            self._await_request()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(self.bounds.stalled_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
        super().resume_writing()

    def _await_request(self) -> None:
        if self._slow is None:
            self._slow = self.loop.call_later(self.bounds.header_seconds, self.transport.abort)

    def _end_wait(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None


def bounded(bounds: Bounds) -> type[BoundedProtocol]:
    """The protocol within other bounds."""
    return type("BoundedProtocol", (BoundedProtocol,), {"bounds": bounds})
