"""The newest frames and changes, from the threads that draw and read to the thread that serves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import autoviz_render
from autoviz_render.spool.errors import SpoolError
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import FigureView, FrameView, RunView
from autoviz_render.views.server.announcements import Announcements
from autoviz_render.views.server.frames import Frame, Frames, Stamp, read_picture, stamp_of
from autoviz_render.views.server.known_runs import KnownRuns, checked
from autoviz_render.views.server.streams import Streams

log = logging.getLogger("autoviz_render.views")

_READERS = 4  # threads: one that a disk does not answer must not hold up the others
_CHANGES_EVERY = 0.25  # seconds between two announcements of changes
_LOOKS_EVERY = 1.0  # seconds: how soon the thread that waits for changes notices that it is to end
_LOOKED_AT = 30.0  # seconds for which somebody who asked is thought to ask again
_MOST_KNOWN = 10_000  # files of which the digest is remembered
_MOST_WAITING = 20_000  # frames

T = TypeVar("T")
Some = TypeVarTuple("Some")


class Newest:
    """What is new, for the application: everything but `start` and `close` is for the server's loop.

    Args:
        feed: Tells it.
        announcements: Where it is told.
        streams: Who is told.

    Attributes:
        runs: The runs by their ids.
        frames: The pictures by their digests.
    """

    def __init__(self, feed: Feed, announcements: Announcements, streams: Streams) -> None:
        self.announcements, self._streams, self._feed = announcements, streams, feed
        self.runs, self.frames = KnownRuns(feed), Frames()
        self._waiting: OrderedDict[tuple[str, str], FrameView] = OrderedDict()
        self._arrived = asyncio.Event()
        self._asked_at = -_LOOKED_AT
        self._known: OrderedDict[Path, tuple[Stamp, Frame]] = OrderedDict()
        self._readers = ThreadPoolExecutor(_READERS, "autoviz-render server")
        self._is_closing = threading.Event()
        self._stop_frames: Callable[[], None] = lambda: None
        self._taking = asyncio.Lock()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to listen, for a loop."""

        def call(function: Callable[[*Some], object], *arguments: *Some) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(function, *arguments)

        def follow_changes() -> None:
            version = self._feed.version
            while not self._is_closing.is_set():
                later = self._feed.wait(version, _LOOKS_EVERY)
                if later > version:
                    changed, version = self._feed.changed(version), later
                    call(self._take_changes, changed)
                    self._is_closing.wait(_CHANGES_EVERY)
                elif self._feed.is_closed:
                    return

        self._stop_frames = self._feed.on_frame(lambda frame: call(self._take_frame, frame))
        threading.Thread(target=follow_changes, name="autoviz-render changes", daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._is_closing.set()
        self._stop_frames()
        self._readers.shutdown(wait=False, cancel_futures=True)

    async def run(self) -> None:
        """Announce frames as they come, while somebody looks."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            if self._streams.count or time.monotonic() - self._asked_at < _LOOKED_AT:
                await self._announce_waiting()

    async def watched(self) -> None:
        """Somebody looks: what came while nobody did is announced first."""
        self._asked_at = time.monotonic()
        await self._announce_waiting()

    async def off_loop(self, function: Callable[[*Some], T], *arguments: *Some) -> T:
        """What a function returns that may wait for the disk."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, lambda: function(*arguments))

    async def picture(self, file: Path) -> tuple[Frame, bytes]:
        """A figure's file as it is now, read once.

        Raises:
            SpoolError: It is no picture.
            OSError: The disk is at fault; FileNotFoundError if it is gone.
        """
        stamp = await self.off_loop(stamp_of, file)
        known = self._known.get(file)
        if known is not None and known[0] == stamp:
            kept = self.frames.get(known[1].digest)
            if kept is not None:
                return known[1], kept
        frame, content = await self.off_loop(read_picture, file)
        self.frames.add(frame, content)
        self._known[file] = stamp, frame
        self._known.move_to_end(file)
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return frame, content

    async def of(self, run: str) -> list[dict[str, object]]:
        """The newest figures of a run; none if there is no such run."""
        view = self.runs.get(run)
        found: list[dict[str, object]] = []
        if view is None:
            return found
        for figure in view.figures:
            with contextlib.suppress(SpoolError, OSError):
                frame, _ = await self.picture(await self.off_loop(checked, view, figure.file))
                moments = {"drawn": figure.modified, "published": _published(view, figure)}
                found.append(_facts(run, figure.name, figure.step, frame) | moments)
        return found

    def facts(self) -> dict[str, object]:
        """What is told of the server itself."""
        version, count = autoviz_render.__version__, len(self._feed.overview.runs)
        return {"server": self.announcements.server, "version": version, "now": time.time(), "runs": count}

    def _take_frame(self, frame: FrameView) -> None:
        key = (frame.key, frame.figure)
        self._waiting.pop(key, None)
        self._waiting[key] = frame
        if len(self._waiting) > _MOST_WAITING:
            self._waiting.popitem(last=False)
        self._arrived.set()

    def _take_changes(self, changed: frozenset[str]) -> None:
        self.announcements.changed([self.runs.id(key) for key in changed])
        self._streams.announce()

    async def _announce_waiting(self) -> None:
        async with self._taking:
            while self._waiting:
                _, frame = self._waiting.popitem(last=False)
                with contextlib.suppress(SpoolError, OSError):
                    picture, _ = await self.picture(frame.file)
                    run = self.runs.id(frame.key)
                    moments = {"drawn": frame.drawn, "published": frame.published}
                    self.announcements.frame(_facts(run, frame.figure, frame.step, picture) | moments)
                    self._streams.announce()


def _facts(run: str, figure: str, step: int | None, frame: Frame) -> dict[str, object]:
    return {"run": run, "figure": figure, "step": step, **frame.facts()}


def _published(view: RunView, figure: FigureView) -> float | None:
    """When the snapshot of a figure was published, if that is known."""
    return view.updated if figure.step == view.step else None
