"""The newest figure of a search in the notebook cell that runs it.

The search hands over a quick update and goes on. A thread sees when the renderer has replaced the figure's file, and
sends it to the cell as an update of the one output that was made there. It never sends more than Jupyter's server lets
through, and of figures that come faster only the newest. Nothing here draws, and the search waits for nothing here, but
for a moment when it ends.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import threading
import time
import uuid
import weakref
from collections.abc import Sequence
from pathlib import Path

from autoviz_render.renderer.heartbeat import read_heartbeat
from autoviz_render.renderer.plot.formats import SOFTWARE
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.guard import Guard
from autoviz_render.spool.paths import list_snapshots
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.system.safe_read import read_plain
from autoviz_render.spool.text import printable
from autoviz_render.views.notebook.calling_cell import Cell, calling_cell, flush_prints, listeners, thread_class
from autoviz_render.views.notebook.picture import LIGHT_BYTES, MOST_BYTES, Bundle, picture_bundle, text_bundle

log = logging.getLogger("autoviz_render.views")

_AT_WORK, _AT_REST = 0.05, 1.0  # seconds between looks while a figure is awaited, and otherwise
_AWAITED = 10.0  # seconds after a quick update or a figure
_INTERVAL = 0.2  # seconds between figures at least
_CALM = 1.0  # seconds after which a cell that was cleared is shown its figure in full again
_PRINTED = 0.01  # seconds after which that cell has printed anew
_CELL_ENDS = 1.0  # seconds that the end of a cell waits for the figure of what was published in it
_BEGINS = 0.5  # seconds that the start of a search waits for the disk
_SEARCH_ENDS = 2.0  # seconds that the end of a search waits for the disk
_LATE = 600.0  # seconds after the end for a renderer that is late
_LARGEST = 1 << 26  # bytes of a file


class Allowance:
    """How many bytes may be sent now, for all figures of this process: what is not used adds up to one message.

    Args:
        rate: Bytes a second, of the server's million; the rest is for what the cell prints.
        most: Bytes at once.
    """

    def __init__(self, rate: float = 0.3 * MOST_BYTES, most: float = MOST_BYTES) -> None:
        self._rate, self._most = rate, most
        self._left, self._then = most, time.monotonic()
        self._lock = threading.Lock()

    def take(self, size: int, *, insist: bool = False) -> bool:
        """Whether so many bytes may be sent now; they then count as sent.

        Args:
            size: Bytes.
            insist: They are sent in any case.
        """
        with self._lock:
            now = time.monotonic()
            self._left = min(self._most, self._left + self._rate * (now - self._then))
            self._then = now
            may = insist or size <= self._left
            if may:
                self._left -= size
            return may


allowance = Allowance()


class FigureFiles:
    """The file of a figure, by whichever of its names: when it is replaced, its bytes.

    What is there at first is of an earlier run.

    Args:
        paths: Where it may be.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._seen = {path: _state(path) for path in paths}

    def replaced(self) -> bytes | None:
        """The bytes of a figure that was not there at the last call; None if nothing was replaced, or not by ours."""
        for path, seen in self._seen.items():
            state = _state(path)
            if state is None or state == seen:
                continue
            self._seen[path] = state
            with contextlib.suppress(OSError, SpoolError):
                content = bytes(read_plain(path, _LARGEST))
                if SOFTWARE.encode() in content[:4096]:
                    return content
        return None


def _state(path: Path) -> tuple[int, ...] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


class CellDisplay:
    """Shows the figure of one search in the cell that runs it, from the first quick update on.

    If the search goes on in another cell, so does the figure; the earlier cell keeps the last that it had. Nothing of
    it raises, and nothing waits, but the start and the end of the search, and of the cell, for a moment.

    Args:
        publisher: The search's.
        figure: The name of the figure.
        is_drawn: Whether the search has a renderer.

    Attributes:
        is_over: Whether the search has ended.
    """

    def __init__(self, publisher: Publisher, figure: str, *, is_drawn: bool) -> None:
        self.is_over = False
        self._publisher, self._figure, self._is_drawn = publisher, figure, is_drawn
        self._name = printable(os.path.relpath(publisher.run_dir))
        self._guard = Guard(log, publisher.run_dir)
        self._pid = os.getpid()
        self._made_in = calling_cell()
        self._lock = threading.RLock()  # of what follows; nobody waits for the disk, or for Pillow, while holding it
        self._cell: Cell | None = None
        self._id = ""
        self._full: Bundle | None = None
        self._light: Bundle | None = None  # of the same figure, while cells are cleared
        self._shown: Bundle | None = None
        self._shown_at = self._cleared_at = -math.inf
        self._awaited_until = -math.inf
        self._is_published_here = False
        self._png: bytes | None = None
        self._is_asked = self._is_cleared = False
        self._stopped = threading.Event()
        self._due, self._is_current, self._has_looked = threading.Event(), threading.Event(), threading.Event()
        before = _by_spool.get(publisher.paths.directory)
        if before is not None:  # the same cell is run again, say
            before.stop()
        _by_spool[publisher.paths.directory] = self
        self._thread = thread_class()(target=self._work, name="autoviz-render cell", daemon=True)
        self._thread.start()
        self._has_looked.wait(_BEGINS)

    # In the search's threads

    def published(self) -> None:
        """A quick update was handed over."""
        if os.getpid() != self._pid:
            return
        is_main = threading.current_thread() is threading.main_thread()
        with self._guard("showing figures in the cell"), self._lock:
            cell = calling_cell() if is_main else self._cell or self._made_in
            if cell is not None and not self.is_in(cell.key):
                self._begin(cell)
            self._is_published_here = is_main
            self._awaited_until = time.monotonic() + _AWAITED
        self._due.set()

    def finished(self) -> None:
        """The search has ended, and its renderer had its time: show the last figure, now or when it is there."""
        if os.getpid() != self._pid:
            return
        with self._guard("showing the last figure"):
            self.is_over, self._is_published_here = True, False
            self._catch_up(_SEARCH_ENDS)

    def stop(self) -> None:
        """Show nothing more: another search has the run."""
        self._stopped.set()
        self._due.set()
        listeners.remove(self)

    # By the kernel: in the thread that clears, and in the main thread

    def is_in(self, cell: str) -> bool:
        return self._cell is not None and self._cell.key == cell

    def cleared(self) -> None:
        with self._lock:
            self._shown, self._shown_at, self._cleared_at = None, -math.inf, time.monotonic()
            self._show()
        self._is_cleared = True
        self._due.set()

    def cell_ended(self) -> None:
        if self._is_published_here:
            self._is_published_here = False
            self._catch_up(_CELL_ENDS)
        with self._lock:
            self._show(insist=True)

    def _catch_up(self, seconds: float) -> None:
        """Have the newest figure shown; wait for it, but for at most so many seconds."""
        self._is_current.clear()
        self._is_asked = True
        self._awaited_until = time.monotonic() + _AWAITED
        self._due.set()
        if self._thread.is_alive():
            self._is_current.wait(seconds)

    # With the lock

    def _begin(self, cell: Cell) -> None:
        """Make the one output in a cell, at once: its place is where the search began, whenever its figure comes."""
        flush_prints()  # what was printed before stands above
        self._cell, self._id, self._shown = cell, uuid.uuid4().hex, None
        listeners.add(self)
        self._full = self._full or text_bundle(f"{self._name}: the figure appears here when it is drawn")
        self._show(insist=True)

    def _show(self, *, insist: bool = False) -> None:
        """Show the newest figure, if it may be sent now; lightly, while the cell is cleared again and again."""
        now = time.monotonic()
        if self._shown is self._full or not (insist or now - self._shown_at > _INTERVAL):
            return
        is_light = self._light is not None and self._shown is self._light
        if is_light and not (insist or now - self._cleared_at > _CALM):
            return
        for bundle in (self._full, None if is_light else self._light):
            if bundle is not None and allowance.take(bundle.size, insist=insist):
                self._send(bundle)
                break

    def _send(self, bundle: Bundle) -> None:
        if self._cell is not None:
            self._cell.send(bundle, self._id, is_new=self._shown is None)
            self._shown, self._shown_at = bundle, time.monotonic()

    # In the thread

    def _work(self) -> None:
        with self._guard("showing figures in the cell"):
            files, folder = self._files(), self._publisher.paths.images
            self._has_looked.set()
            self._publisher.opened.wait()
            if folder != self._publisher.paths.images:  # another process writes the spool of this name
                files = self._files()
            latest = math.inf
            while not self._stopped.is_set():
                self._due.wait(self._pause())
                self._due.clear()
                self._follow_a_clear()
                is_over = self.is_over
                is_current = (is_over or self._is_asked) and self._is_drawn_to_the_last()
                self._look(files, is_last=is_current and is_over, insist=is_current)
                if is_current:
                    self._is_asked = False
                    self._is_current.set()
                if is_over:
                    latest = min(latest, time.monotonic() + _LATE)
                    if is_current or time.monotonic() > latest:
                        break

    def _follow_a_clear(self) -> None:
        """What is cleared is mostly printed anew at once: send that with no more delay than need be."""
        if self._is_cleared:
            self._is_cleared = False
            self._stopped.wait(_PRINTED)
            flush_prints()

    def _files(self) -> FigureFiles:
        folder = self._publisher.paths.images
        return FigureFiles([folder / f"{name}.png" for name in dict.fromkeys(("fit", self._figure))])

    def _pause(self) -> float:
        is_awaited = time.monotonic() < self._awaited_until or self._shown is not self._full
        return _AT_WORK if is_awaited else _AT_REST

    def _is_drawn_to_the_last(self) -> bool:
        """Whether what was published last is drawn, or nobody draws it."""
        stats, paths = self._publisher.stats, self._publisher.paths
        if stats.written + stats.coalesced + stats.failed < stats.submitted:
            return False
        beat = read_heartbeat(paths.heartbeat)
        snapshots = list_snapshots(paths.snapshots)
        if not snapshots or (beat is not None and beat.last_drawn == snapshots[-1].path.name):
            return True
        is_at_work = beat is not None and beat.is_fresh()
        return not is_at_work and (self.is_over or not self._is_drawn)

    def _look(self, files: FigureFiles, *, is_last: bool, insist: bool) -> None:
        """Take a figure that is new, and show it if it may be sent now."""
        content, full, light = files.replaced(), self._full, self._light
        if content is not None:
            self._png, light = content, None
            full = picture_bundle(content, f"{self._name}: figure {self._figure}")
        elif is_last and self._png is None and full is not None:
            full = text_bundle(f"{self._name}: no figure was drawn; see {self._publisher.paths.log.name} in its spool")
        is_cleared = time.monotonic() - self._cleared_at < _AWAITED
        if light is None and is_cleared and self._png is not None and full is not None and full.size > LIGHT_BYTES:
            light = picture_bundle(self._png, full.data["text/plain"], LIGHT_BYTES)
        with self._lock:
            self._full, self._light = full, light
            self._show(insist=insist)


_by_spool: weakref.WeakValueDictionary[Path, CellDisplay] = weakref.WeakValueDictionary()
