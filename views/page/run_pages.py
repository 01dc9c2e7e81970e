"""The pages beside the figures, written while a renderer is at work, in a thread that takes little of its time."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from autoviz_render.renderer.work.jobs import error_line
from autoviz_render.spool.errors import SpoolError
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import FrameView, RunView
from autoviz_render.views.page.run_page import RunPage
from autoviz_render.views.page.thumbnails import signature_of

log = logging.getLogger("autoviz_render.views")

_SHARE, _SHARE_IDLE = 0.05, 0.5  # of the time, while figures are drawn and while none is
_IDLE_AFTER = 1.0  # seconds without a figure
_EVERY = 1.0  # seconds between two writings of a page, at least
_TIMES_ITS_COST = 10  # and at least as many times what the last one took
_SIGN_EVERY = 15.0  # seconds between two signs of life of a run that goes on
_SIGN_COST = 0.03  # seconds of that for each run there is: of very many each shows one more rarely
_LATER = 60.0  # seconds after which a page that could not be written is tried again
_LOOKS_EVERY = 0.5  # seconds: how soon a thread that waits for the feed notices that it is to end


@dataclass
class _Page:
    """A run's page, and when it is to be written.

    Attributes:
        page: Writes it.
        written: How the run stood when it was written, see `_lasting`; None before.
        frame: The newest step that was drawn since, and what its file was like then.
        not_before: When it may be written again, on the monotonic clock.
        shown_at: When it was written last, on the monotonic clock.
        is_live: Whether its page promises more.
    """

    page: RunPage
    written: RunView | None = None
    frame: tuple[FrameView, tuple[int, int, int]] | None = None
    not_before: float = 0.0
    shown_at: float = 0.0
    is_live: bool = field(default=False)


class RunPages:
    """Writes the page beside the figures of each run that this process draws.

    Args:
        feed: How the runs stand.
        last: Seconds at the end, at most, for what is still to be written.
    """

    def __init__(self, feed: Feed, last: float = 2.0) -> None:
        self._feed, self._last = feed, last
        self._stop = threading.Event()
        self._at_work = threading.Lock()  # held while a page is written
        self._frames: dict[str, tuple[FrameView, tuple[int, int, int]]] = {}
        self._framed_at = 0.0
        self._pages: dict[str, _Page] = {}
        self._due: OrderedDict[str, None] = OrderedDict()  # the keys of the runs that changed
        self._views: dict[str, RunView] = {}
        self._signs: OrderedDict[str, None] = OrderedDict()  # of the pages that promise more, the oldest one first
        self._said: set[object] = set()
        self._version = -1
        self._end_frames: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to write."""
        self._end_frames = self._feed.on_frame(self._take_frame)
        threading.Thread(target=self._run, name="autoviz-pages", daemon=True).start()

    def close(self) -> None:
        """Write what is still to be written, for a short time, and no more afterwards."""
        self._stop.set()
        self._end_frames()
        deadline = time.monotonic() + self._last
        if not self._at_work.acquire(timeout=self._last):
            return  # the disk does not answer
        try:
            self._take_changes()
            for key in dict.fromkeys([*self._due, *self._signs]):
                if time.monotonic() > deadline:
                    break
                self._write(key, is_last=True)
            self._due.clear()
        finally:
            self._at_work.release()

    def _take_frame(self, frame: FrameView) -> None:
        """Called by whoever draws: notes a step, of which nothing is read here but what its file is like."""
        self._framed_at = time.monotonic()
        with contextlib.suppress(OSError):
            self._frames[frame.key] = frame, signature_of(os.stat(frame.file))

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._feed.wait(self._version, self._patience())
                with self._at_work:
                    if self._stop.is_set():
                        return
                    began = time.thread_time()
                    self._take_changes()
                    self._write_next()
                    spent = time.thread_time() - began
                self._stop.wait(spent / self._share)
        except Exception:
            log.exception("the pages beside the figures are written no more; figures are drawn as before")

    @property
    def _share(self) -> float:
        return _SHARE if time.monotonic() - self._framed_at < _IDLE_AFTER else _SHARE_IDLE

    def _patience(self) -> float:
        """Seconds to wait for what changes, while there is nothing to write or nothing may be written yet."""
        now = time.monotonic()
        moments = [self._pages[key].not_before if key in self._pages else now for key in self._due]
        return max(0.0, min([_LOOKS_EVERY, *(moment - now for moment in moments[:100])]))

    def _take_changes(self) -> None:
        """See which runs changed since the last time."""
        before, self._version = self._version, self._feed.version
        changed = self._feed.changed(before) if before != self._version else frozenset()
        frames, self._frames = self._frames, {}
        if changed:
            self._views = {view.key: view for view in self._feed.overview.runs}
        for key in changed:
            if key in self._views:
                self._offer(self._views[key])
            else:
                self._drop(key)
        for key, frame in frames.items():
            self._offer_frame(key, frame)

    def _offer(self, view: RunView) -> None:
        """Note a run that changed, if its page is ours to write."""
        if not view.figures or not _is_drawn_here(view):
            self._drop(view.key)
            return
        known = self._pages.get(view.key)
        if known is None or known.written != _lasting(view):
            self._due[view.key] = None

    def _offer_frame(self, key: str, frame: tuple[FrameView, tuple[int, int, int]]) -> None:
        """Note a step that was drawn, if it is of the figure that has a film."""
        view = self._views.get(key)
        if view is None or not view.figures:
            self._frames.setdefault(key, frame)  # how the run stands is told soon
        elif view.figures[0].name == frame[0].figure:
            self._page_of(view).frame = frame
            self._due[key] = None

    def _drop(self, key: str) -> None:
        for where in (self._pages, self._due, self._signs):
            where.pop(key, None)

    def _page_of(self, view: RunView) -> _Page:
        known = self._pages.get(view.key)
        if known is None:
            known = self._pages[view.key] = _Page(RunPage(view))
        return known

    def _write_next(self) -> None:
        """Write one page that may be written by now, or the sign of life that is due."""
        now = time.monotonic()
        for key in self._due:
            known = self._pages.get(key)
            if known is None or known.not_before <= now:
                self._write(key)
                return
        oldest = next(iter(self._signs), None)
        if oldest is not None and self._pages[oldest].shown_at + self._sign_every <= now:
            self._write(oldest)

    @property
    def _sign_every(self) -> float:
        return max(_SIGN_EVERY, _SIGN_COST * len(self._signs))

    def _write(self, key: str, *, is_last: bool = False) -> None:
        """Write the page of a run; what fails is said once a cause, and tried again later."""
        is_changed = self._due.pop(key, False) is None
        view = self._views.get(key)
        if view is None:
            self._drop(key)
            return
        page, began = self._page_of(view), time.monotonic()
        try:
            self._show(page, view, is_changed=is_changed, is_last=is_last)
        except KeyError:  # the run is gone
            self._drop(key)
            return
        except (SpoolError, OSError) as error:
            self._fail(page, error)
            self._due[key] = None
        page.shown_at = time.monotonic()
        page.not_before = max(page.not_before, began + max(_EVERY, _TIMES_ITS_COST * (page.shown_at - began)))
        self._signs.pop(key, None)
        if page.is_live:
            self._signs[key] = None

    def _show(self, page: _Page, view: RunView, *, is_changed: bool, is_last: bool) -> None:
        if page.frame is not None:
            (frame, signature), page.frame = page.frame, None
            try:
                page.page.take_frame(view, frame, signature)
            except (SpoolError, OSError) as error:  # the page says how the run stands all the same
                self._say(error)
        detail = self._feed.detail(view.key) if is_changed or page.written is None else None
        page.is_live = view.state == "running" and not is_last
        now = max(time.time(), self._feed.overview.now)
        next_ = now + 3 * self._sign_every if page.is_live else None
        told = view if page.is_live else replace(view, renderer=replace(view.renderer, state="stopped"))
        page.page.write(told, now, next_, detail)
        page.written = _lasting(view)

    def _fail(self, page: _Page, error: Exception) -> None:
        page.page.forget()
        page.is_live = False
        page.not_before = time.monotonic() + _LATER
        self._say(error)

    def _say(self, error: Exception) -> None:
        """Warn of an error, if none of its kind was told."""
        cause = type(error), getattr(error, "errno", None)
        if cause not in self._said:
            self._said.add(cause)
            log.warning("%s; figures are drawn as before, and this is said once", error_line(error))


def _is_drawn_here(view: RunView) -> bool:
    """Whether this process draws it, or did last: two would write over each other's page."""
    return view.renderer.pid == os.getpid() and view.renderer.host == socket.gethostname()


def _lasting(view: RunView) -> RunView:
    """A view without what changes though nothing happens."""
    return replace(view, renderer=replace(view.renderer, beat=None, state="none"))
