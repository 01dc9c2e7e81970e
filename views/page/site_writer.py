"""The files of the page over all runs."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import time
from collections import OrderedDict
from pathlib import Path

from autoviz_render.views.model.run_view import Overview, RunView
from autoviz_render.views.page.assets import page
from autoviz_render.views.page.page_files import PageFiles
from autoviz_render.views.page.run_page import has_page
from autoviz_render.views.page.scripts import link
from autoviz_render.views.page.tables import MOST_CHANGED, Tables
from autoviz_render.views.page.thumbs import Thumbs

_PAGES_LOOKED_FOR = 50  # at once
_OURS = re.compile(r"(?:runs|thumbs)-[0-9]{3,6}\.js")


class SiteWriter:
    """The files of the page over all runs.

    Args:
        folder: Where the page goes.
        title: What it is called.

    Attributes:
        due: The keys of the runs whose thumbnail does not show their newest figure.
    """

    def __init__(self, folder: Path, title: str) -> None:
        self.folder = folder
        self.due: OrderedDict[str, None] = OrderedDict()
        self._title = title
        self._files = PageFiles(folder)
        self._tables = Tables(self._folder_of, self._figure_of)
        self._thumbs: Thumbs | None = None
        self._views: dict[str, RunView] = {}
        self._pageless: OrderedDict[str, None] = OrderedDict()

    def open(self) -> None:
        """Have the page there, without its data. Raises SpoolError, OSError."""
        self._files.open(page("runs", self._title))
        if self._thumbs is None:
            self._thumbs = Thumbs(self._files)

    def refuse_another_programs(self) -> None:
        """Raises ForeignFileError if there is another program's page."""
        self._files.refuse_another_programs()

    @property
    def thumbs(self) -> Thumbs:
        """Those of all runs. Raises SpoolError, OSError."""
        self.open()
        assert self._thumbs is not None  # noqa: S101  for the type checker
        return self._thumbs

    def set(self, view: RunView) -> None:
        """Have a run as it stands now; `write` is to follow. Raises SpoolError, OSError."""
        self._views[view.key] = view
        is_shown = has_page(view.figures_folder)
        if is_shown:
            self._pageless.pop(view.key, None)
        else:
            self._pageless[view.key] = None
        slot = self._tables.slot(view.key)
        self._tables.set(view, has_page=is_shown, thumb=self.thumbs.digest(slot))
        if self.thumbs.is_due(slot, view):
            self.due[view.key] = None

    def remove(self, key: str) -> None:
        """A run is gone. Raises SpoolError, OSError."""
        if self._views.pop(key, None) is not None:
            self.thumbs.remove(self._tables.slot(key))
            self._tables.remove(key)
            for where in (self.due, self._pageless):
                where.pop(key, None)

    def view(self, key: str) -> RunView:
        """How a run stands."""
        return self._views[key]

    def needs_picture(self, view: RunView) -> bool:
        """Whether a thumbnail of a run's newest figure is to be made, as there is none from before either."""
        return view.key in self.due and bool(view.figures) and not self.thumbs.is_found(view)

    def set_thumb(self, view: RunView, picture: str | None) -> None:
        """Have the thumbnail of a run; see `Thumbs.take`."""
        self.thumbs.take(self._tables.slot(view.key), view, picture)
        self.due.pop(view.key, None)
        self.set(view)

    def look_for_pages(self) -> None:
        """See whether some of the runs without a page have one by now."""
        for key in list(itertools.islice(self._pageless, _PAGES_LOOKED_FOR)):
            self._pageless.move_to_end(key)
            if has_page(self._views[key].figures_folder):
                self.set(self._views[key])

    def write(self, overview: Overview, next_: float | None, most_changed: int = MOST_CHANGED) -> None:
        """Write what changed.

        Args:
            overview: How all runs stand.
            next_: When this will be done again at the latest; None if nobody promises it.
            most_changed: Rows that may wait to be written to their file.

        Raises:
            SpoolError, OSError: It cannot be written.
        """
        self.open()
        self.thumbs.write()
        for name, script in self._tables.changed_files(most_changed):
            self._files.write(name, script)
        self._files.write("index.js", self._index(overview, next_))

    def clear_away(self) -> None:
        """Remove the files of runs that were there before, when all that are there now are written."""
        named = {*self._tables.file_names(), *(str(each["file"]) for each in self.thumbs.value())}
        with contextlib.suppress(OSError):
            for name in os.listdir(self._files.data):
                if _OURS.fullmatch(name) and name not in named:
                    self._files.remove(name)

    def _index(self, overview: Overview, next_: float | None) -> bytes:
        return self._tables.index(
            now=max(time.time(), overview.now),
            next_=next_,
            path=self._title,
            is_complete=overview.is_complete,
            thumbs=self.thumbs.value(),
        )

    def _folder_of(self, view: RunView) -> str:
        below = link(view.figures_folder, self.folder)
        return f"{below}/" if below else ""

    def _figure_of(self, view: RunView) -> str | None:
        return link(view.figures[0].file, self.folder) if view.figures else None
