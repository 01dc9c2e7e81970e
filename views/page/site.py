"""`--html`: one page over all runs below a path, written once, or followed while they are drawn."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from autoviz_render.renderer.work.jobs import error_line
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import is_spool
from autoviz_render.spool.system.archived import archive_of
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import Overview, RunView
from autoviz_render.views.page.run_page import RunPage, is_up_to_date
from autoviz_render.views.page.site_writer import SiteWriter
from autoviz_render.views.page.thumbs import picture_of

log = logging.getLogger("autoviz_render.views")

_EVERY = 1.0  # seconds between two writings of what changed, at least
_TIMES_ITS_COST = 20  # and at least as many times what the last one took
_SIGN_EVERY = 15.0  # seconds between two signs of life
_THUMB_EVERY = 10.0  # seconds between two thumbnails of a run, at least
_THUMBS_AT_ONCE = 20
_SHARE, _SHARE_IDLE = 0.05, 0.5  # of the time, while figures are drawn and while none is
_IDLE_AFTER = 1.0  # seconds without a figure
_LATER = 60.0  # seconds after which what could not be written is tried again
_LAST_PAGE = 2.0  # seconds for what is still to be written at the end
_LOOKS_EVERY = 0.5  # seconds: how soon a thread that waits for the feed notices that it is to end
_THREADS = 4  # to make thumbnails, which holds no lock of Python's
_BATCH = 200  # runs between two writings of thumbnails


def site_folder(path: Path, out: Path | None) -> Path:
    """Where the page over all runs at or below a path goes.

    Raises:
        SpoolError: The path leads into a zip, where nothing can be written.
    """
    if out is not None:
        return out
    if archive_of(path.absolute()) is not None:
        raise SpoolError(path, "is in a zip, where no page can be written: give --out DIR")
    with contextlib.suppress(OSError):
        return path.parent if is_spool(path) else path
    return path


class Site:
    """Follows all runs on one page, while they are drawn.

    Args:
        feed: How the runs stand.
        folder: Where the page goes, see `site_folder`.
    """

    def __init__(self, feed: Feed, folder: Path) -> None:
        self._feed = feed
        self._writer = SiteWriter(folder, feed.overview.path.absolute().name)
        self._stop = threading.Event()
        self._at_work = threading.Lock()
        self._version = -1
        self._framed_at = 0.0
        self._written_at = -_SIGN_EVERY
        self._not_before = 0.0
        self._is_changed = True
        self._thumbed: dict[str, float] = {}
        self._said: set[object] = set()
        self._end_frames: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to follow.

        Raises:
            ForeignFileError: Another program's page is there.
        """
        self._writer.refuse_another_programs()
        self._end_frames = self._feed.on_frame(self._note_frame)
        threading.Thread(target=self._run, name="autoviz-site", daemon=True).start()

    def close(self) -> None:
        """Write how the runs stand at the end, within a short time, and no more afterwards."""
        self._stop.set()
        self._end_frames()
        deadline = time.monotonic() + _LAST_PAGE
        if not self._at_work.acquire(timeout=_LAST_PAGE):
            return  # the disk does not answer
        try:
            if is_of_one_run(self._feed.overview, self._writer.folder):
                return
            with contextlib.suppress(SpoolError, OSError):
                self._take_changes()
                while self._writer.due and time.monotonic() < deadline:
                    self._make_thumb(next(iter(self._writer.due)))
                self._writer.look_for_pages()
                self._writer.write(self._feed.overview, None, most_changed=0)
        finally:
            self._at_work.release()

    def _note_frame(self, _: object) -> None:
        self._framed_at = time.monotonic()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._feed.wait(self._version, _LOOKS_EVERY)
                with self._at_work:
                    if self._stop.is_set():
                        return
                    began = time.thread_time()
                    self._turn()
                    spent = time.thread_time() - began
                share = _SHARE if time.monotonic() - self._framed_at < _IDLE_AFTER else _SHARE_IDLE
                self._stop.wait(spent / share)
        except Exception:
            log.exception("the page over all runs is followed no more; figures are drawn as before")

    def _turn(self) -> None:
        now = time.monotonic()
        if now < self._not_before:
            return
        try:
            if is_of_one_run(self._feed.overview, self._writer.folder):
                return
            self._take_changes()
            self._make_thumbs(now)
            if self._is_changed or now >= self._written_at + _SIGN_EVERY:
                self._writer.look_for_pages()
                self._write(now)
        except (SpoolError, OSError) as error:
            self._fail(error)

    def _take_changes(self) -> None:
        before, self._version = self._version, self._feed.version
        changed = self._feed.changed(before) if before != self._version else frozenset()
        views = {view.key: view for view in self._feed.overview.runs} if changed else {}
        for key in changed:
            if key in views:
                self._writer.set(views[key])
            else:
                self._writer.remove(key)
                self._thumbed.pop(key, None)
        self._is_changed = self._is_changed or bool(changed)

    def _make_thumbs(self, now: float) -> None:
        """Make some of the thumbnails that are due."""
        ready = (key for key in list(self._writer.due) if self._thumbed.get(key, -_THUMB_EVERY) + _THUMB_EVERY <= now)
        for key in itertools.islice(ready, _THUMBS_AT_ONCE):
            self._make_thumb(key)
            self._thumbed[key] = now
            self._is_changed = True

    def _make_thumb(self, key: str) -> None:
        view = self._writer.view(key)
        self._writer.set_thumb(view, picture_of(view) if self._writer.needs_picture(view) else None)

    def _write(self, now: float) -> None:
        self._writer.write(self._feed.overview, max(time.time(), self._feed.overview.now) + 3 * _SIGN_EVERY)
        self._is_changed = False
        self._written_at = now
        self._not_before = now + max(_EVERY, _TIMES_ITS_COST * (time.monotonic() - now))

    def _fail(self, error: Exception) -> None:
        self._not_before = time.monotonic() + _LATER
        self._is_changed = True
        cause = type(error), getattr(error, "errno", None)
        if cause not in self._said:
            self._said.add(cause)
            log.warning("%s; the page over all runs is not written for now", error_line(error))


def write_site(feed: Feed, folder: Path, on_progress: Callable[[int, int], object] = lambda *_: None) -> Path:
    """Write the page over all runs, and their own pages if these are not up to date, once.

    Args:
        feed: How the runs stand, all of them.
        folder: Where the page goes, see `site_folder`.
        on_progress: Told how many runs are shown by now, and how many there are.

    Returns:
        The page.

    Raises:
        SpoolError, OSError: It cannot be written.
    """
    overview = feed.overview
    if is_of_one_run(overview, folder):
        RunPage(overview.runs[0]).write_once(feed.detail(overview.runs[0].key))
        return folder / "index.html"
    writer = SiteWriter(folder, overview.path.absolute().name)
    writer.open()
    for view in overview.runs:
        writer.set(view)
    writer.write(overview, None, most_changed=0)
    told: set[str] = set()
    for done, (view, picture) in enumerate(_pictures(overview.runs, writer), 1):
        writer.set_thumb(view, picture)
        _write_page(view, feed, told)
        writer.set(view)
        if done % _BATCH == 0:
            writer.write(overview, None)
        on_progress(done, len(overview.runs))
    writer.write(overview, None, most_changed=0)
    writer.clear_away()
    return folder / "index.html"


def is_of_one_run(overview: Overview, folder: Path) -> bool:
    """Whether there is one run, whose own page is in that folder: it says more than a page over all of them."""
    return len(overview.runs) == 1 and os.path.abspath(overview.runs[0].figures_folder) == os.path.abspath(folder)


def _pictures(views: Sequence[RunView], writer: SiteWriter) -> Iterator[tuple[RunView, str | None]]:
    """The runs, with the thumbnails that are to be made: to read a picture holds no lock of Python's."""
    needs = {view.key for view in views if writer.needs_picture(view)}
    with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1), "autoviz-thumbs") as pool:
        for some in (views[start : start + _BATCH] for start in range(0, len(views), _BATCH)):
            made = pool.map(lambda view: picture_of(view) if view.key in needs else None, some)
            yield from zip(some, made, strict=True)


def _write_page(view: RunView, feed: Feed, told: set[str]) -> None:
    """Write a run's own page, if nobody else does and it is not as it should be; each fault is told once."""
    if not view.figures or is_up_to_date(view):
        return
    try:
        RunPage(view).write_once(feed.detail(view.key))
    except KeyError:
        pass  # the run is gone
    except (SpoolError, OSError) as error:
        cause = f"{type(error).__name__} {getattr(error, 'errno', '')}"
        if cause not in told:
            told.add(cause)
            log.warning("%s; this is said once", error_line(error))
