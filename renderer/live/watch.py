"""When to look at the spools under a path, and which spools there are.

A directory listing is the truth, events are only a hint to look at once: they do not come from other hosts on network
file systems, an observer can die, a kernel's queue can overflow. So a look is due every `poll` seconds in any case.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import math
import os
import queue
import stat
import time
from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING

from autoviz_render.renderer.work.resources import descriptor_limit
from autoviz_render.spool.paths import SpoolPaths, Unread, find_spools, passed_over

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

log = logging.getLogger("autoviz_render.renderer")

_WALK_SHARE = 20  # of the time, one part in 20 is spent walking a tree in search of new spools
_FEW = 16  # spools, which are all observed; of more only those in which something is expected
_SHARE = 8  # of the descriptors, one in 8 may be an observer's: older watchdogs take some for each


class Watch:
    """Watches a spool, a run directory, or a tree of runs.

    Args:
        path: Which; it need not exist yet.
        poll: Seconds after which `wait` returns though nothing was heard.
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
        self._passed_over: set[Path] = set()

    def wait(self, timeout: float = math.inf) -> None:
        """Return when there may be something new, or after `poll` or `timeout` seconds, whichever are fewer."""
        with contextlib.suppress(queue.Empty):
            self._hints.get(timeout=max(0.0, min(self.poll, timeout)))
            while True:
                self._hints.get_nowait()  # of many hints one is enough

    def wake(self) -> None:
        """Make `wait` return now; from any thread or signal handler."""
        if self._hints.empty():
            self._hints.put(None)  # the one queue whose `put` may interrupt its own `get`, as a signal does

    def spools(self, quiet: Container[Path] = (), *, all_of_them: bool = False) -> list[Path]:
        """The spool directories there are now; each is watched before this returns.

        Args:
            quiet: Spools that need no observer if there are many, as little is expected there.
            all_of_them: Search the whole path, even if that was done just now and takes long.
        """
        now = time.monotonic()
        if all_of_them or now >= self._next_walk or any(_is_gone(spool) for spool in self._found):
            self._found = self._walk()
            self._next_walk = now + _WALK_SHARE * (time.monotonic() - now)
        self._observe(quiet)
        return self._found

    def close(self) -> None:
        """Stop observing; `wait` may still be called."""
        observer, self._observer, self._watched = self._observer, None, {}
        _stop(observer)

    def _walk(self) -> list[Path]:
        """The spools there are, with those that were there and cannot be seen now: unreadable is not gone."""
        unread: list[Unread] = []
        found = find_spools(self.path, unread.append)
        if unread:
            folders = {folder for folder, _ in unread}
            hidden = [spool for spool in self._found if not folders.isdisjoint((spool, *spool.parents))]
            found = sorted({*found, *hidden})
        new = [each for each in unread if each[0] not in self._passed_over]
        if new:
            self._passed_over.update(folder for folder, _ in new)
            log.warning("%s", passed_over(new))
        return found

    def _observe(self, quiet: Container[Path]) -> None:
        """Have an observer on the snapshots of the spools found, as they are on disk; if they are many, not on all."""
        if not self._can_observe:
            return
        spools = self._found if len(self._found) <= _FEW else [each for each in self._found if each not in quiet]
        wanted = {}
        for spool in spools[: descriptor_limit() // _SHARE]:
            folder = SpoolPaths(spool).snapshots
            with contextlib.suppress(OSError):  # not made yet, or gone: the next look finds out
                status = os.stat(folder)
                wanted[folder] = (status.st_dev, status.st_ino)  # a folder made anew under its old name is another
        is_sound = self._observer is None or _is_sound(self._observer)
        if wanted == self._watched and not is_sound:  # else that of a folder which was removed
            log.warning("the observer of %s died; starting another", self.path)
        if wanted != self._watched or not is_sound:
            self.close()
            if wanted:
                self._start(list(wanted))
            self._watched = wanted if self._observer is not None else {}

    def _start(self, folders: list[Path]) -> None:
        from watchdog.events import FileCreatedEvent, FileMovedEvent, FileSystemEvent, FileSystemEventHandler
        from watchdog.observers import Observer

        class Hint(FileSystemEventHandler):
            """Remember that there was something, and nothing more: a slow callback queues events."""

            def dispatch(_, event: FileSystemEvent) -> None:  # noqa: N805, ARG002  self is the watch
                self.wake()

        observer: BaseObserver | None = None
        try:
            observer = Observer()
            for folder in folders:
                observer.schedule(Hint(), str(folder), event_filter=[FileCreatedEvent, FileMovedEvent])
            observer.start()
            self._observer = observer
        except (OSError, RuntimeError) as error:  # out of inotify instances, watches, descriptors or threads
            _stop(observer)  # what it had started
            if not isinstance(error, FileNotFoundError | NotADirectoryError):  # else a run was removed just now
                told = error.strerror if isinstance(error, OSError) else error
                log.warning("%s: no events (%s); looking every %g s instead", self.path, told, self.poll)
                self._can_observe = False


def _stop(observer: BaseObserver | None) -> None:
    """Stop an observer and all its threads, whether or not it ever started as a whole."""
    if observer is None:
        return
    try:
        observer.stop()
    except (OSError, RuntimeError) as error:
        log.debug("an observer ended badly: %s", error)
    if observer.is_alive():
        observer.join()


def _is_gone(spool: Path) -> bool:
    """Whether there is no such folder: unreadable is not gone."""
    try:
        return not stat.S_ISDIR(os.stat(spool).st_mode)
    except OSError as error:
        return error.errno in (errno.ENOENT, errno.ENOTDIR)


def _is_sound(observer: BaseObserver) -> bool:
    return observer.is_alive() and all(emitter.is_alive() for emitter in observer.emitters)
