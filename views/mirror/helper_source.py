"""The other side, if autoviz-render is installed there: it tells of changes by itself."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Sequence

from autoviz_render.spool.text import printable
from autoviz_render.views.mirror.frames import (
    BEAT,
    MAGIC,
    SILENCE,
    VERSION,
    Frame,
    FrameError,
    FrameParser,
    Kind,
    frame_bytes,
)
from autoviz_render.views.mirror.source import (
    Change,
    Complete,
    Gone,
    MissingError,
    Piece,
    Source,
    SourceError,
    checked_key,
    checked_state,
)
from autoviz_render.views.mirror.ssh import Link

_STARTS_WITHIN = 60.0  # seconds: Python on a busy login node with a slow disk
_MOST_BANNER = 1 << 17  # bytes that a shell may print first


class NoHelperError(SourceError):
    """There is no autoviz-render on the other side, or none that speaks this version of the protocol."""


class HelperSource(Source):
    """The other side, by its own autoviz-render. Made by `begin`."""

    how = "autoviz-render"
    chunk = 1 << 17

    def __init__(self, link: Link, host: str) -> None:
        self._link, self._host = link, host
        self._parser = FrameParser()
        self._changes: asyncio.Queue[Change | None] = asyncio.Queue()
        self._asked: dict[int, asyncio.Future[Frame]] = {}
        self._numbers = itertools.count(1)
        self._heard = time.monotonic()
        self._fastest = float("inf")  # seconds to and fro
        self._fault = f"{host}: the link broke"
        self._tasks: list[asyncio.Task[None]] = []
        self._is_broken = False
        self.path = ""

    @staticmethod
    async def begin(link: Link, host: str, paths: Sequence[str], poll: float) -> HelperSource:
        """Greet the other side, and begin to listen.

        Args:
            link: To it.
            host: For messages.
            paths: Where to look there: the first that exists counts.
            poll: Seconds after which it looks though nothing is heard.

        Raises:
            NoHelperError: There is none, but there is a connection.
            SourceError: There is no connection.
        """
        source = HelperSource(link, host)
        try:
            await asyncio.wait_for(source._greet(paths, poll), _STARTS_WITHIN)
        except (EOFError, TimeoutError, FrameError, SourceError, ValueError) as error:
            if isinstance(error, TimeoutError):
                await link.end()
                raise NoHelperError(f"{host}: no autoviz-render there answers") from error
            why = await link.why()
            if await link.failed():
                raise SourceError(why) from error
            raise NoHelperError(f"{host}: no autoviz-render there answers") from error
        except BaseException:
            await link.end()
            raise
        source._tasks = [asyncio.create_task(source._hear()), asyncio.create_task(source._beat())]
        return source

    async def changes(self) -> AsyncIterator[Change]:
        while (change := await self._changes.get()) is not None:
            yield change
        raise SourceError(self._fault)

    async def read(self, key: str, name: str, offset: int, length: int) -> Piece:
        content = {"key": key, "name": name, "offset": offset, "length": length}
        frame = await self._ask(Kind.READ, content)
        try:
            if frame.kind is Kind.MISSING:
                raise MissingError(printable(str(frame.content.get("why")), 300))
            size, data = frame.data
        except FrameError as error:
            raise SourceError(f"{self._host}: {error}") from error
        if len(data) > length:
            raise SourceError(f"{self._host}: more of a file came than was asked for")
        return Piece(size, data)

    def is_heard(self) -> bool:
        return time.monotonic() - self._heard < 2 * BEAT

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._break("the mirror was closed")
        await self._link.end()

    async def _greet(self, paths: Sequence[str], poll: float) -> None:
        await self._link.send(frame_bytes(Kind.HELLO, {"version": VERSION, "paths": list(paths), "poll": poll}))
        frames = self._parser.feed(await self._after_banner())
        while not frames:
            frames = self._parser.feed(await self._some())
        content = frames[0].content
        if frames[0].kind is not Kind.WELCOME or content.get("version") != VERSION:
            raise FrameError("another version of the protocol")
        self.path = str(content.get("path", ""))
        for frame in frames[1:]:
            self._take(frame)

    async def _after_banner(self) -> bytes:
        """What comes after whatever a shell printed first. Raises FrameError if nothing of ours comes."""
        seen = b"\n"
        while (place := seen.find(MAGIC)) < 0:
            if len(seen) > _MOST_BANNER:
                raise FrameError("nothing of ours comes")
            seen += await self._some()
        return seen[place + len(MAGIC) :]

    async def _some(self) -> bytes:
        if not (data := await self._link.reader.read(1 << 16)):
            raise EOFError
        return data

    async def _ask(self, kind: Kind, content: dict[str, object] | None = None) -> Frame:
        number = next(self._numbers) & 0xFFFFFFFF
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        if self._is_broken:
            raise SourceError(self._fault)
        self._asked[number] = answer
        try:
            await self._link.send(frame_bytes(kind, content, number))
            return await answer
        finally:
            self._asked.pop(number, None)

    def _break(self, why: str) -> None:
        """Nothing more comes: tell all that wait."""
        self._is_broken = True
        self._fault = f"{self._host}: {why}"
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(SourceError(self._fault))
        self._changes.put_nowait(None)

    async def _hear(self) -> None:
        try:
            while True:
                for frame in self._parser.feed(await self._some()):
                    self._take(frame)
        except (EOFError, OSError):
            self._break("the link broke")
        except (FrameError, ValueError) as error:
            self._break(f"what came makes no sense: {printable(str(error), 200)}")

    def _take(self, frame: Frame) -> None:
        """Take a frame. Raises FrameError, ValueError."""
        self._heard = time.monotonic()
        if frame.kind is Kind.RUNS:
            for content in frame.content["runs"]:
                self._changes.put_nowait(checked_state(content))
        elif frame.kind is Kind.GONE:
            self._changes.put_nowait(Gone(checked_key(frame.content.get("key"))))
        elif frame.kind is Kind.COMPLETE:
            self._changes.put_nowait(Complete(bool(frame.content.get("is_there"))))
        elif (answer := self._asked.get(frame.request)) is not None and not answer.done():
            answer.set_result(frame)

    async def _beat(self) -> None:
        """Say something now and then, see that something is heard, and compare the clocks."""
        with contextlib.suppress(SourceError):
            while True:
                asked, began = time.time(), time.monotonic()
                try:
                    frame = await asyncio.wait_for(self._ask(Kind.PING), SILENCE)
                except TimeoutError:
                    if time.monotonic() - self._heard > SILENCE:
                        self._break(f"nothing was heard for {SILENCE:.0f} s")
                        return
                    continue
                self._compare(frame, asked, time.monotonic() - began)
                await asyncio.sleep(BEAT)

    def _compare(self, frame: Frame, asked: float, seconds: float) -> None:
        """Take the other clock's time as that of half the way: the fastest exchange tells it best."""
        told = frame.content.get("time")
        if isinstance(told, float) and seconds <= self._fastest * 1.5:
            self._fastest = min(self._fastest, seconds)
            self.clock_ahead = told - (asked + seconds / 2)
