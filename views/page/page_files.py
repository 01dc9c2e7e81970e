"""The files of one page: written whole, never through a link, and never in place of what another program wrote."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.system.atomic import remove_drafts, write_whole
from autoviz_render.spool.system.safe_read import open_plain, read_all, read_plain
from autoviz_render.views.page.assets import is_ours
from autoviz_render.views.page.scripts import is_script

PAGE = "index.html"
DATA = "index_files"
_HEAD = 4096  # bytes


class ForeignFileError(SpoolError):
    """A file of a page would replace one that another program wrote."""


class PageFiles:
    """A page and the folder of its data. Both are made when something is written.

    Args:
        folder: The page's.
        refuse_links: Raises SpoolError if the folder is not to be written to, as it is reached through a link.
        page, data: The names of the page and of the folder of its data.
    """

    def __init__(
        self, folder: Path, refuse_links: Callable[[], object] = lambda: None, *, page: str = PAGE, data: str = DATA
    ) -> None:
        self.folder = folder
        self.data = folder / data
        self._page = folder / page
        self._refuse_links = refuse_links
        self._is_open = False
        self._ours: set[str] = set()

    def open(self, page: bytes) -> None:
        """Have the page and the folder of its data there; the page is written only if it is another.

        Raises:
            SpoolError: There is another program's, or a link.
            OSError: The disk is at fault.
        """
        self._check()
        if self._is_open:
            return
        self.refuse_another_programs()
        self.data.mkdir(exist_ok=True)
        self._check()
        remove_drafts(self.data)
        if not _is_same(self._page, page):
            write_whole(self._page, [page], tmp=self.data)
        self._is_open = True

    def refuse_another_programs(self) -> None:
        """Raises ForeignFileError if there is another program's page."""
        self._check()
        if os.path.lexists(self._page) and not is_ours(_head(self._page)):
            raise ForeignFileError(
                self._page, "is another program's page, and is kept: there is no page of the figures here"
            )

    def write(self, name: str, script: bytes) -> None:
        """Write a data script. Raises as `open` does."""
        self._check()
        file = self.data / name
        if name not in self._ours:
            if os.path.lexists(file) and not is_script(_head(file)):
                raise ForeignFileError(file, "is another program's, and is kept: remove it to have the page there")
            self._ours.add(name)
        write_whole(file, [script], tmp=self.data)

    def read(self, name: str, limit: int) -> bytes:
        """A data script as it is there, perhaps a stranger's. Raises SpoolError, OSError."""
        self._check()
        return bytes(read_plain(self.data / name, limit))

    def names(self) -> list[str]:
        """The names of what is there; none if there is no folder of data yet."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return os.listdir(self.data)
        return []

    def remove(self, name: str) -> None:
        """Remove a data script, if there is one of ours. Raises OSError."""
        with contextlib.suppress(FileNotFoundError, SpoolError):
            self._check()
            if is_script(_head(self.data / name)):
                os.unlink(self.data / name)

    def forget(self) -> None:
        """Make sure of everything once more, as the folder may have been made anew."""
        self._is_open = False
        self._ours.clear()

    def _check(self) -> None:
        self._refuse_links()
        if os.path.islink(self.data):
            raise ForeignFileError(self.data, "is a link, through which no page is written: remove it")


def _head(file: Path) -> bytes:
    """The beginning of a file; nothing of what is no plain file."""
    with contextlib.suppress(SpoolError, OSError), open_plain(file, 1 << 62) as opened:
        return bytes(read_all(opened, _HEAD))
    return b""


def _is_same(file: Path, content: bytes) -> bool:
    with contextlib.suppress(SpoolError, FileNotFoundError):
        return bytes(read_plain(file, len(content))) == content
    return False
