"""The data of the runs page, made as somebody asks: what nobody looks at costs nothing."""

from __future__ import annotations

import contextlib
import itertools
import re
import threading
import time
from collections import OrderedDict
from pathlib import Path

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.system.safe_read import read_plain
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import RunView
from autoviz_render.views.page.page_files import DATA, PageFiles
from autoviz_render.views.page.tables import Tables
from autoviz_render.views.page.thumbs import Thumbs, picture_of
from autoviz_render.views.server.known_runs import checked, id_of

NEXT = 45.0
"""Seconds within which data say that they are made anew, though nothing changes."""

_NAME = re.compile(r"(?:index|(?:runs|thumbs)-[0-9]{3,6})\.js", re.ASCII)
_LOOKED_AT = 60.0  # seconds for which somebody who asked is thought to look on
_SHARE = 0.1  # of the time for thumbnails
_AT_ONCE = 10  # thumbnails
_AGAIN = 5.0  # seconds between two thumbnails of a run
_LARGEST = 1 << 24  # bytes of a script


class _Scripts:
    """The scripts of thumbnails, in a folder of ours; at first those that `--html` made, if it did.

    Args:
        folder: Ours.
        site: The folder of a page over all runs that may be there.
    """

    def __init__(self, folder: Path, site: Path) -> None:
        self._files, self._site = PageFiles(folder), site
        self._is_new = True

    def write(self, name: str, script: bytes) -> None:
        if self._is_new:
            self._files.data.mkdir(exist_ok=True)
            self._is_new = False
        self._files.write(name, script)

    def read(self, name: str, limit: int) -> bytes:
        try:
            return self._files.read(name, limit)
        except FileNotFoundError:
            if not self._is_new:
                raise
            return bytes(read_plain(self._site / DATA / name, limit))


class RunsData:
    """`index.js`, the tables and the thumbnails of all runs.

    Args:
        feed: How the runs stand.
        folder: Of ours, for thumbnails.
        title: Of the page.
    """

    def __init__(self, feed: Feed, folder: Path, title: str) -> None:
        self._feed, self._title = feed, title
        self._scripts = _Scripts(folder, feed.overview.path)
        self._tables = Tables(lambda view: f"runs/{id_of(view.key)}/", _figure_of)
        self._thumbs: Thumbs | None = None
        self._made: dict[str, bytes] = {}
        self._views: dict[str, RunView] = {}
        self._due: OrderedDict[str, float] = OrderedDict()  # thumbnails, and from when on
        self._painted: dict[str, float] = {}  # when each was made
        self._version = -1
        self._lock = threading.Lock()
        self._looked_at = threading.Event()
        self._stop = threading.Event()
        self._last_look = 0.0
        self._painter: threading.Thread | None = None

    def get(self, name: str) -> bytes | None:
        """A script by its name; None if there is none. Raises SpoolError, OSError."""
        if not _NAME.fullmatch(name):
            return None
        with self._lock:
            self._look()
            if name == "index.js":
                return self._index()
            if name.startswith("thumbs"):
                try:
                    return self._scripts.read(name, _LARGEST)
                except FileNotFoundError:
                    return None
            return self._made.get(name)

    def close(self) -> None:
        """Make no thumbnail any more."""
        self._stop.set()
        self._looked_at.set()

    def _look(self) -> None:
        """Somebody looks: take what changed, and see that thumbnails are made."""
        self._last_look = time.monotonic()
        if self._thumbs is None:
            self._thumbs = Thumbs(self._scripts)
        self._take_changes(self._thumbs)
        self._looked_at.set()
        if self._painter is None:
            self._painter = threading.Thread(target=self._paint, name="autoviz-render thumbnails", daemon=True)
            self._painter.start()

    def _take_changes(self, thumbs: Thumbs) -> None:
        before, self._version = self._version, self._feed.version
        overview = self._feed.overview
        if before == self._version:
            return
        views = {view.key: view for view in overview.runs}
        changed = self._feed.changed(before) if before >= 0 else [*views, *self._views]
        for key in changed:
            if key in views:
                self._set(views[key], thumbs)
            elif key in self._views:
                del self._views[key]
                for where in (self._due, self._painted):
                    where.pop(key, None)
                thumbs.remove(self._tables.slot(key))
                self._tables.remove(key)

    def _set(self, view: RunView, thumbs: Thumbs) -> None:
        self._views[view.key] = view
        slot = self._tables.slot(view.key)
        self._tables.set(view, has_page=True, thumb=thumbs.digest(slot))
        if thumbs.is_due(slot, view):
            self._due.setdefault(view.key, self._painted.get(view.key, -_AGAIN) + _AGAIN)

    def _index(self) -> bytes:
        self._made.update(self._tables.changed_files())
        now, overview = time.time(), self._feed.overview
        return self._tables.index(
            now=max(now, overview.now),
            next_=max(now, overview.now) + NEXT,
            path=self._title,
            is_complete=overview.is_complete,
            thumbs=self._thumbs.value() if self._thumbs is not None else (),
        )

    def _paint(self) -> None:
        """Make thumbnails in a small part of the time, while somebody looks."""
        while not self._stop.is_set():
            if time.monotonic() - self._last_look > _LOOKED_AT:
                self._looked_at.clear()
                self._looked_at.wait()
            began = time.thread_time()
            self._paint_some()
            self._stop.wait(max(0.2, (time.thread_time() - began) / _SHARE))

    def _paint_some(self) -> None:
        now = time.monotonic()
        with self._lock:
            ready = list(itertools.islice((key for key, at in self._due.items() if at <= now), _AT_ONCE))
        for key in ready:
            with self._lock:
                view, thumbs = self._views.get(key), self._thumbs
                self._due.pop(key, None)
            if view is not None and thumbs is not None:
                self._take_thumb(view, thumbs)
        with self._lock:
            if ready and self._thumbs is not None:
                self._thumbs.write()

    def _take_thumb(self, view: RunView, thumbs: Thumbs) -> None:
        picture = None
        if view.figures and not thumbs.is_found(view):
            with contextlib.suppress(SpoolError):
                checked(view, view.figures[0].file)
                picture = picture_of(view)
        with self._lock:
            if view.key in self._views:
                thumbs.take(self._tables.slot(view.key), view, picture)
                self._painted[view.key] = time.monotonic()
                self._set(self._views[view.key], thumbs)


def _figure_of(view: RunView) -> str | None:
    return f"runs/{id_of(view.key)}/{view.figures[0].file.name}" if view.figures else None
