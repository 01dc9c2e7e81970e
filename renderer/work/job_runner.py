"""Does jobs: reads the snapshot, draws the figure, writes its files."""

from __future__ import annotations

import logging
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.theme import THEMES
from autoviz_render.renderer.work.jobs import Job, LinkError, RenderResult, Status, refuse_links
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import SpoolPaths, snapshot_ref
from autoviz_render.spool.snapshot import Snapshot, SnapshotRef
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.text import in_one_line

log = logging.getLogger("autoviz_render.renderer")

Thing = TypeVar("Thing")

_MOST_KEPT = 8  # figures, of some 30 MB each at live size: a tree of a thousand runs is drawn in bounded memory


class JobRunner:
    """Keeps each figure from one job to the next, the snapshot that was read last, and each spool's static arrays."""

    def __init__(self) -> None:
        self._spools: OrderedDict[Hashable, Spool] = OrderedDict()
        self._drawings: OrderedDict[Hashable, KeptFigure] = OrderedDict()
        self._snapshot: tuple[Hashable, Snapshot] | None = None

    def draw(self, job: Job) -> RenderResult:
        """Draw one figure of one snapshot, replacing each file whole; what became of it.

        A recipe or a panel that raises is drawn as the error's text.
        """
        started = time.perf_counter()
        try:
            result = self._draw(job)
        except FigureError as error:
            result = RenderResult("undrawable", fault=str(error))
        except (Exception, SystemExit) as error:  # a figure's code; the other figures are drawn
            log.debug("figure %r failed", job.figure.name, exc_info=True)
            fault = f"figure {job.figure.name!r} of {job.snapshot}: {in_one_line(error)}"
            result = RenderResult("abandoned", fault=fault)
        return replace(result, seconds=round(time.perf_counter() - started, 4))

    def _draw(self, job: Job) -> RenderResult:
        ref = snapshot_ref(SpoolPaths(job.spool).snapshots, job.snapshot)
        if ref is None:
            raise ValueError(f"{job.snapshot!r} is no name of a snapshot")
        try:
            spool = self._spool(job.spool)
            snapshot = self._read(spool, ref)
        except FileNotFoundError:
            return RenderResult("gone")  # retention removed it between the listing and the open: not a fault
        except SpoolError as error:
            status: Status = "unreadable" if os.path.lexists(error.path) else "unready"  # a static file may yet come
            fault = str(error) if job.is_live else spool.explain(ref, error)
            return RenderResult(status, fault=fault, unreadable=str(error.path))
        except OSError as error:
            fault = f"{ref.path}: cannot be read: {error.strerror}"
            return RenderResult("unready", fault=fault, unreadable=str(ref.path))
        figure = self._drawing(job).draw(snapshot)
        errors = tuple(f"figure {job.figure.name!r}: {error}" for error in figure.errors)
        files: list[Path] = []
        try:
            refuse_links(SpoolPaths(job.spool), job.path.parent)
            job.path.parent.mkdir(parents=True, exist_ok=True)
            for kind, path in job.files():
                write_whole(path, [figure.encode(kind)], tmp=path.parent)
                files.append(path)
        except LinkError as error:
            return RenderResult("unwritable", fault=str(error))
        except OSError as error:
            return RenderResult("unwritable", fault=f"{job.path.parent}: cannot be written: {error.strerror}")
        return RenderResult(files=tuple(files), errors=errors)

    def _spool(self, directory: Path) -> Spool:
        """Raises FileNotFoundError."""
        info = SpoolPaths(directory).info.stat()  # a run that is removed and begun anew is another
        key = (directory, info.st_dev, info.st_ino, info.st_ctime_ns)  # a file's number is soon used again
        return _kept(self._spools, key, lambda: Spool(directory))

    def _read(self, spool: Spool, ref: SnapshotRef) -> Snapshot:
        status = ref.path.stat()
        key = (ref.path, spool, status.st_ino, status.st_ctime_ns, status.st_size)
        if self._snapshot is None or self._snapshot[0] != key:
            self._snapshot = key, spool.read(ref)
        return self._snapshot[1]

    def _drawing(self, job: Job) -> KeptFigure:
        def make() -> KeptFigure:
            return KeptFigure(job.figure.recipe(), dpi=job.dpi, theme=THEMES[job.theme])

        return _kept(self._drawings, (job.spool, job.figure, job.dpi, job.theme), make)


def _kept(store: OrderedDict[Hashable, Thing], key: Hashable, make: Callable[[], Thing]) -> Thing:
    """What is stored under a key, made where there is none; what was not asked for longest is dropped."""
    if key not in store:
        store[key] = make()
        if len(store) > _MOST_KEPT:
            store.popitem(last=False)
    store.move_to_end(key)
    return store[key]
