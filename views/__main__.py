"""The renderer that a search starts, with the pages beside its figures: `python -m autoviz_render.views`.

What it takes and does is as of `autoviz_render.renderer`. `AUTOVIZ_PAGE=0` writes no page.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from autoviz_render.renderer.__main__ import main

if TYPE_CHECKING:
    from autoviz_render.renderer.heartbeat import Heartbeat
    from autoviz_render.renderer.live.loop import Listener
    from autoviz_render.renderer.work.jobs import RenderResult
    from autoviz_render.views.model.collector import Collector
    from autoviz_render.views.model.feed import View

log = logging.getLogger("autoviz_render.views")

_AFTER = 10.0  # seconds after which there is a page, though no figure was drawn
_LAST_LOOK = 10.0  # seconds, on a busy machine: the search waits longer for its last figure
_NO_PAGE = "0"


class AfterFirstFigure:
    """A listener that comes into being once the first figure is drawn: until then nothing else is imported.

    Args:
        make: Makes it; called in a thread of its own.
    """

    def __init__(self, make: Callable[[], Listener]) -> None:
        self._make = make
        self._since = time.monotonic()
        self._lock = threading.Lock()  # of what follows
        self._pending: list[Callable[[Listener], None]] | None = []
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None

    def looked_at(self, spool: Path, beat: Heartbeat | None) -> None:
        self._pass_on(lambda listener: listener.looked_at(spool, beat))

    def drawn(self, result: RenderResult) -> None:
        self._pass_on(lambda listener: listener.drawn(result))
        self.begin()

    def left(self, spool: Path) -> None:
        self._pass_on(lambda listener: listener.left(spool))

    def turned(self, *, is_complete: bool) -> None:
        if self._listener is not None:
            self._listener.turned(is_complete=is_complete)
        elif self._thread is None and time.monotonic() > self._since + _AFTER:
            self.begin()

    def begin(self) -> threading.Thread:
        """Have it made, if that was not begun yet."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._begin, name="autoviz-render views", daemon=True)
            self._thread.start()
        return self._thread

    def _begin(self) -> None:
        try:
            listener = self._make()
        except Exception:  # figures are drawn without a page, too
            log.warning("there is no page beside the figures", exc_info=True)
            with self._lock:
                self._pending = None
            return
        with self._lock:
            for tell in self._pending or ():
                tell(listener)
            self._pending, self._listener = None, listener
        listener.turned(is_complete=True)

    def _pass_on(self, tell: Callable[[Listener], None]) -> None:
        with self._lock:
            if self._pending is not None:
                self._pending.append(tell)
        if self._listener is not None:
            tell(self._listener)


class _Pages:
    """The pages beside the figures of all that is drawn here, and the model that they show.

    Args:
        path: What is drawn.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: tuple[Collector, View] | None = None

    def open(self) -> Listener:
        """Have them written from now on."""
        from autoviz_render.views.model.collector import Collector
        from autoviz_render.views.model.reader import Place
        from autoviz_render.views.page.run_pages import RunPages

        collector = Collector(Place(self._path))
        view = RunPages(collector.feed, _LAST_LOOK)
        collector.start()
        view.start()
        self._opened = collector, view
        return collector

    def close(self) -> None:
        """Write how the runs stand at the end."""
        if self._opened is not None:
            collector, view = self._opened
            collector.flush(_LAST_LOOK)
            view.close()
            collector.feed.close()


@contextmanager
def pages(path: Path) -> Iterator[Listener | None]:
    """What is told of the runs that are drawn, and writes their pages; None if no pages are wanted.

    Args:
        path: What is drawn.
    """
    if os.environ.get("AUTOVIZ_PAGE") == _NO_PAGE:
        yield None
        return
    written = _Pages(path)
    listener = AfterFirstFigure(written.open)
    try:
        yield listener
    finally:
        listener.begin().join(_LAST_LOOK)
        written.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], pages))
