"""The newest of how all runs stand, for any number of views in threads of their own."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from autoviz_render.views.model.run_view import FrameView, Overview, RunDetail

log = logging.getLogger("autoviz_render.views")

_MOST_REMEMBERED = 100_000  # runs, of which it is known when each changed


class View(Protocol):
    """What shows a feed's values in one place. It runs in a thread of its own from `start` on."""

    def start(self) -> None:
        """Begin to show them."""

    def close(self) -> None:
        """Show them no more; returns soon."""


class Feed:
    """The newest overview of the runs below a path, and the figures that are drawn there.

    Args:
        path: What is looked at.
        read_detail: Reads of a run what is read only if somebody looks; raises KeyError if there is no such run.
        on_close: Called by `close`.

    Attributes:
        on_close: As given.
    """

    def __init__(
        self,
        path: Path,
        read_detail: Callable[[str], RunDetail],
        on_close: Callable[[], object] = lambda: None,
    ) -> None:
        self._overview = Overview(path, time.time(), is_complete=False)
        self._version = 0
        self._read_detail = read_detail
        self.on_close = on_close
        self._told = threading.Condition()  # of what follows, and of the above
        self._changed: OrderedDict[str, int] = OrderedDict()  # the version of each run's last change, in their order
        self._forgotten = 0  # the version until which it is not known what changed
        self._listeners: list[Callable[[FrameView], None]] = []
        self._is_closed = False

    @property
    def overview(self) -> Overview:
        """The newest one."""
        return self._overview

    @property
    def version(self) -> int:
        """Grows with each change of the overview."""
        return self._version

    def wait(self, version: int, timeout: float) -> int:
        """Return the version as soon as it is a later one, after some seconds in any case, or if the feed is closed."""
        with self._told:
            self._told.wait_for(lambda: self._version > version or self._is_closed, timeout)
            return self._version

    def changed(self, version: int) -> frozenset[str]:
        """The keys of the runs that changed, came or vanished after a version."""
        with self._told:
            if version < self._forgotten:
                return frozenset((*self._changed, *(run.key for run in self._overview.runs)))
            keys = []
            for key, changed in reversed(self._changed.items()):
                if changed <= version:
                    break
                keys.append(key)
            return frozenset(keys)

    def detail(self, key: str) -> RunDetail:
        """What is read of a run only if somebody looks at it; reads the disk.

        Raises:
            KeyError: There is no such run.
        """
        return self._read_detail(key)

    def on_frame(self, tell: Callable[[FrameView], None]) -> Callable[[], None]:
        """Have each figure told as soon as its files are in place.

        Args:
            tell: Called in the thread that draws, which waits for it: it must return at once.

        Returns:
            What ends that.
        """
        with self._told:
            self._listeners = [*self._listeners, tell]

        def stop() -> None:
            with self._told:
                self._listeners = [each for each in self._listeners if each is not tell]

        return stop

    def show(self, overview: Overview, changed: Iterable[str]) -> None:
        """Have a newer overview; for whoever reads the runs.

        Args:
            overview: The newer one.
            changed: The keys of the runs that changed, came or vanished.
        """
        with self._told:
            self._version += 1
            self._overview = overview
            for key in changed:
                self._changed[key] = self._version
                self._changed.move_to_end(key)
            while len(self._changed) > max(_MOST_REMEMBERED, 2 * len(overview.runs)):
                self._forgotten = self._changed.popitem(last=False)[1]
            self._told.notify_all()

    def tell_frame(self, frame: FrameView) -> None:
        """A figure was drawn; for whoever draws, or sees that it was."""
        for tell in self._listeners:
            try:
                tell(frame)
            except Exception:  # a view's: the drawing goes on, and so do the other views
                log.warning("a view failed and is told no more of new figures", exc_info=True)
                with contextlib.suppress(ValueError), self._told:
                    self._listeners = [each for each in self._listeners if each is not tell]

    def close(self) -> None:
        """Read nothing more. Views that wait go on at once."""
        with self._told:
            self._is_closed = True
            self._told.notify_all()
        self.on_close()

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come."""
        return self._is_closed
