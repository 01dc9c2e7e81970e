"""The data of one run's page, made as somebody asks, once for all who ask at the time."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from autoviz_render.spool.errors import SpoolError
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import RunView
from autoviz_render.views.page.film import MOST_FILES, Film, RunIdentity
from autoviz_render.views.page.page_files import DATA, PageFiles
from autoviz_render.views.page.run_data import detail_script, run_script
from autoviz_render.views.page.run_page import drawn_steps
from autoviz_render.views.server.frames import stamp_of
from autoviz_render.views.server.known_runs import checked
from autoviz_render.views.server.runs_data import NEXT

_MOST_RUNS = 16  # whose data are kept, of 2 MB each at most
_DETAIL_EVERY = 0.5  # seconds between two readings of a run's files


class _FilmFiles(PageFiles):
    """A film's files as a renderer wrote them beside the figures: read there, and changed in memory alone.

    What is handed out is made anew from what was read, so that a stranger's script is no program of ours.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.scripts: dict[str, bytes] = {}

    def write(self, name: str, script: bytes) -> None:
        self.scripts[name] = script

    def remove(self, name: str) -> None:
        self.scripts.pop(name, None)

    def stamps(self) -> tuple[object, ...]:
        """Tells the files from later ones."""
        found: list[object] = []
        for number in range(MOST_FILES):
            with contextlib.suppress(OSError):
                found.append(stamp_of(self.data / f"film-{number:02d}.js"))
        return tuple(found)


@dataclass
class _Kept:
    """What was made of a run.

    Attributes:
        view: How it stood when its details were read.
        read_at: When that was, on the monotonic clock.
        films: What its film's files were like.
        digest: Of its details.
        scripts: By name.
    """

    view: RunView | None = None
    read_at: float = 0.0
    films: tuple[object, ...] = ()
    film: Film | None = None
    digest: str | None = None
    scripts: dict[str, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class RunData:
    """`run.js`, `detail.js` and the films of the runs that somebody looks at.

    Args:
        feed: How the runs stand.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, view: RunView, name: str) -> bytes | None:
        """A script of a run by its name; None if there is none.

        Raises:
            SpoolError, OSError: The run cannot be read.
            KeyError: It is gone.
        """
        kept = self._kept_of(view.key)
        with kept.lock:
            if name == "run.js" or not kept.scripts:
                self._refresh(kept, view)
            if name == "run.js":
                now = max(time.time(), self._feed.overview.now)
                return run_script(view, now, now + NEXT if view.state == "running" else None, kept.digest)
            return kept.scripts.get(name)

    def _kept_of(self, key: str) -> _Kept:
        with self._lock:
            kept = self._kept.pop(key, None) or _Kept()
            self._kept[key] = kept
            while len(self._kept) > _MOST_RUNS:
                self._kept.popitem(last=False)
            return kept

    def _refresh(self, kept: _Kept, view: RunView) -> None:
        """Read the run's files, if it changed."""
        now = time.monotonic()
        if kept.view == view or (kept.scripts and now - kept.read_at < _DETAIL_EVERY):
            return
        detail = self._feed.detail(view.key)
        self._refresh_film(kept, view)
        films = [kept.film] if kept.film is not None else []
        script, kept.digest = detail_script(detail, films, drawn_steps(view))
        kept.scripts["detail.js"] = script
        kept.view, kept.read_at = view, now

    def _refresh_film(self, kept: _Kept, view: RunView) -> None:
        if not view.figures:
            return
        files = _FilmFiles(view.figures_folder)
        with contextlib.suppress(SpoolError, OSError):
            checked(view, view.figures_folder / DATA / "film")
            stamps = files.stamps()
            if kept.films == stamps:
                return
            film = Film.found(view.figures[0].name, RunIdentity(view.epoch, view.started), files, is_made_anew=True)
            kept.film, kept.films = film, stamps
            kept.scripts = files.scripts
