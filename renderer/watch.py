"""When to look at the spools under a path, and which spools there are.

A directory listing is the truth and events are only a hint to look at once: they do not come from other
hosts on network file systems, an observer can die, a kernel's queue can overflow. So a look is due every
`poll` seconds whatever the observer says.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import queue
import time
from pathlib import Path
from typing import TYPE_CHECKING

from autoviz_render.spool.layout import SpoolPaths, find_spools

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

log = logging.getLogger("autoviz_render.renderer")

_WALK_SHARE = 20  # of the time, one part in so many is spent walking a tree in search of new spools


class Watch:
    """Watches a spool, a run directory, or a tree of runs; the path need not exist yet.

    poll: seconds after which `wait` returns though nothing was heard.
    """

    def __init__(self, path: Path, poll: float = 2.0) -> None:
        self.path = path
        self.poll = poll
        self._hints: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._observer: BaseObserver | None = None
        self._watched: dict[Path, tuple[int, int]] = {}
        self._found: list[Path] = []
        self._next_walk = 0.0
        self._can_observe = True

    def wait(self, patience: float = math.inf) -> None:
        """Return when there may be something new, at the latest after `poll` seconds, or after `patience`."""
        with contextlib.suppress(queue.Empty):
            self._hints.get(timeout=max(0.0, min(self.poll, patience)))
            while True:
                self._hints.get_nowait()  # of many hints one is enough

    def wake(self) -> None:
        """Make `wait` return now; from any thread or signal handler."""
        if self._hints.empty():
            self._hints.put(None)  # the one queue whose `put` may interrupt its own `get`, as a signal does

    def spools(self, *, all_of_them: bool = False) -> list[Path]:
        """The spool directories there are now, each watched from before this returns.

        all_of_them: search the whole path, also where that was done just now and takes long.
        """
        now = time.monotonic()
        if all_of_them or now >= self._next_walk or not all(spool.is_dir() for spool in self._found):
            self._found = find_spools(self.path)
            self._next_walk = now + _WALK_SHARE * (time.monotonic() - now)
        self._observe()
        return self._found

    def close(self) -> None:
        """Stop observing; `wait` may still be called."""
        if self._observer is not None:
            self._observer.stop()
            if self._observer.is_alive():
                self._observer.join()
            self._observer = None

    def _observe(self) -> None:
        """Have an observer on the snapshots of every spool found, as they are now on disk."""
        wanted = {}
        for spool in self._found:
            folder = SpoolPaths(spool).snapshots
            try:
                status = os.stat(folder)
            except OSError:
                continue  # not made yet, or gone: the next look finds out
            wanted[folder] = (
                status.st_dev,
                status.st_ino,
            )  # a folder made anew under its old name is another
        if self._observer is not None and not _is_sound(self._observer):
            log.warning("the observer of %s died; starting another", self.path)
            self.close()
            self._watched = {}
        if wanted != self._watched and self._can_observe:
            self.close()
            self._watched = wanted
            self._start(list(wanted))

    def _start(self, folders: list[Path]) -> None:
        from watchdog.events import FileCreatedEvent, FileMovedEvent, FileSystemEvent, FileSystemEventHandler
        from watchdog.observers import Observer

        class Hint(FileSystemEventHandler):
            """Remember that there was something, and nothing more: a slow callback queues events."""

            def dispatch(_, event: FileSystemEvent) -> None:  # noqa: N805, ARG002  self is the watch
                self.wake()

        observer = Observer()
        try:
            for folder in folders:
                observer.schedule(Hint(), str(folder), event_filter=[FileCreatedEvent, FileMovedEvent])
            observer.start()
        except OSError as error:  # out of inotify watches, or a file system that has no events
            log.warning("%s: no events (%s); looking every %g s instead", self.path, error, self.poll)
            self._can_observe = False
            return
        self._observer = observer


def _is_sound(observer: BaseObserver) -> bool:
    return observer.is_alive() and all(emitter.is_alive() for emitter in observer.emitters)
