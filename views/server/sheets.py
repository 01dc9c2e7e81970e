"""A contact sheet beside the runs, and the marks that a person makes on it: all that a visitor can change."""

from __future__ import annotations

import os
import re
import threading

from autoviz_render.renderer.sheet.marks import LONGEST_NOTE, Mark, read_marks, write_marks
from autoviz_render.renderer.sheet.order import DATA
from autoviz_render.spool.errors import AutovizError
from autoviz_render.spool.system.safe_read import read_plain
from autoviz_render.spool.text import printable
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.page.assets import page
from autoviz_render.views.page.scripts import is_script
from autoviz_render.views.page.site import site_folder

_STRIP = re.compile(r"strip-\d{3,6}-[0-9a-f]{16}\.png", re.ASCII)
_PNG = b"\x89PNG\r\n\x1a\n"
_LARGEST = 1 << 27  # bytes of a file


class UnknownRunError(AutovizError, LookupError):
    """Somebody marks a run that is none of those that are watched."""


class Sheets:
    """The sheet of the watched folder, as `--sheet --format html` made it. Its functions read and write the disk.

    Args:
        feed: Knows the runs.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._folder = site_folder(feed.overview.path, None)
        self._lock = threading.Lock()
        self._known: tuple[int, frozenset[str]] = (-1, frozenset())

    def page(self) -> bytes:
        """The page. Raises FileNotFoundError if no sheet was made; SpoolError, OSError."""
        self.file("sheet.js")
        return page("sheet", f"{self._folder.name}: contact sheet", served_from="assets/")

    def file(self, name: str) -> tuple[bytes, str]:
        """A file that the page asks for, and its media type.

        Raises:
            FileNotFoundError: There is none, or none of ours.
            SpoolError, OSError: It cannot be read.
        """
        is_data = name == "sheet.js"
        if not (is_data or _STRIP.fullmatch(name)) or os.path.islink(self._folder / DATA):
            raise FileNotFoundError(name)
        content = bytes(read_plain(self._folder / DATA / name, _LARGEST))
        if not (is_script(content) if is_data else content.startswith(_PNG)):
            raise FileNotFoundError(name)
        return content, "text/javascript" if is_data else "image/png"

    def marks(self) -> list[list[str]]:
        """All marks: run, mark, note, when. Raises SpoolError, OSError."""
        with self._lock:
            return [[run, made.mark, made.note, made.when] for run, made in read_marks(self._folder).items()]

    def mark(self, run: str, mark: str, note: str, when: str) -> int:
        """Mark a run, in `marks.csv`; how many are marked then.

        Raises:
            UnknownRunError: No run is called so.
            ValueError: There is no such mark, or the note is too long.
            SpoolError, OSError: The file cannot be read or written.
        """
        if len(note) > LONGEST_NOTE:
            raise ValueError(f"note has {len(note):,} characters, more than {LONGEST_NOTE:,}")
        made = Mark.of(mark, note, when)
        if run not in self._runs():
            raise UnknownRunError(f"no run is called {printable(run, 100)!r} below the folder that is watched")
        with self._lock:  # read again each time: a person may have written it, too
            marks = read_marks(self._folder)
            marks[run] = made
            if not made.mark and not made.note:
                del marks[run]
            write_marks(self._folder, marks)
        return len(marks)

    def _runs(self) -> frozenset[str]:
        version = self._feed.version
        if self._known[0] != version:
            self._known = version, frozenset(printable(view.key) for view in self._feed.overview.runs)
        return self._known[1]
