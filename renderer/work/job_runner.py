"""Does jobs in this process: reads the snapshot, draws the figure, writes its files."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.fixed_limits import hold
from autoviz_render.renderer.plot.drawing import Drawing, KeptFigure
from autoviz_render.renderer.settings import FigureSpec, RenderSettings
from autoviz_render.renderer.work.executor import FRAME_TIMEOUT
from autoviz_render.renderer.work.figure_files import another_programs, remove_note, whose, write_note
from autoviz_render.renderer.work.jobs import Job, LinkError, RenderResult, Status, refuse_links
from autoviz_render.renderer.work.judge import CourseLines, Judge
from autoviz_render.renderer.work.kept_figure import kept_figure, limiting_snapshot
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import SpoolPaths, snapshot_ref
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.archived import is_file, status_of
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.text import in_one_line

log = logging.getLogger("autoviz_render.renderer")

_THEIRS = "another program wrote it, so it is not replaced: name another folder by --out DIR"
_MOST_KEPT = 8  # figures, of some 30 MB each at live size: a tree of a thousand runs is drawn in bounded memory
_MOST_OF_A_KIND = 2  # of these, which the runs share


class JobRunner:
    """Draws job after job, and keeps what several of them share.

    That is the figures, the snapshot that was read last, and the static arrays of the spools.
    """

    def __init__(self) -> None:
        # the numbers tell a file from another of its name, a run from one begun anew; those of removed files come again
        self._spool = lru_cache(_MOST_KEPT)(lambda directory, *_numbers: Spool(directory))
        self._snapshot = lru_cache(1)(lambda spool, ref, *_numbers: spool.read(ref))
        self._figures = _KeptFigures()
        self._likes: dict[tuple[Path, FigureSpec], Snapshot] = {}
        self._course = lru_cache(_MOST_OF_A_KIND)(CourseLines)

    def draw(self, job: Job) -> RenderResult:
        """Draw one figure of one snapshot, and replace each of its files whole.

        Returns:
            What became of it, whatever the figure's code raises. A panel that fails is drawn as its error's text; if
            nothing is left but such texts, a good figure that is there is kept.
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
            run = status_of(SpoolPaths(job.spool).info)
            spool = self._spool(job.spool, run.st_dev, run.st_ino, run.st_ctime_ns)
            file = status_of(spool.files.holder(ref.path))
            snapshot = self._snapshot(spool, ref, file.st_ino, file.st_ctime_ns, file.st_size)
        except FileNotFoundError:
            return RenderResult("gone")  # retention removed it between the listing and the open: not a fault
        except SpoolError as error:
            is_there = os.path.lexists(error.path) or is_file(error.path)
            status: Status = "unreadable" if is_there else "unready"  # a static file may yet come
            fault = str(error) if job.is_live else spool.explain(ref, error)
            return RenderResult(status, fault=fault, unreadable=str(error.path))
        except OSError as error:
            fault = f"{ref.path}: cannot be read: {error.strerror}"
            return RenderResult("unready", fault=fault, unreadable=str(ref.path))
        judge = Judge(spool.paths.run_dir, job.figure.name)
        drawing = self._figure(job, spool, snapshot).draw(snapshot, judge)
        likelihood = snapshot.log_likelihood if math.isfinite(snapshot.log_likelihood) else None
        result, published = self._write(job, drawing), snapshot.time if math.isfinite(snapshot.time) else None
        judge.judge_course(spool, self._course(spool.paths.scalars))
        result = replace(result, alarms=judge.alarms, alarms_at_end=judge.at_end, panels=judge.panels)
        result = replace(result, warnings=tuple(judge.faults))
        return replace(result, iteration=snapshot.iteration, log_likelihood=likelihood, published=published)

    def _figure(self, job: Job, spool: Spool, snapshot: Snapshot) -> KeptFigure:
        """The figure that shows the snapshot, with the limits that it is to have.

        Raises:
            FigureError, SpoolError, OSError: There is no such figure, or no snapshot to take the limits from.
        """
        if job.settings.limits == "own":
            return self._figures.get(job.spool, job.figure, job.settings)
        if job.settings.limits == "run" and job.is_live:
            like = self._live_limits(job, snapshot)
        else:
            like = limiting_snapshot(spool, job.settings.limits)
        return self._figures.get(job.spool, job.figure, job.settings, like)

    def _live_limits(self, job: Job, snapshot: Snapshot) -> Snapshot:
        """What the limits of a live figure are taken from: an earlier snapshot, as long as they hold for this one."""
        key = job.spool, job.figure
        like = self._likes.get(key)
        if (
            like is None
            or like.epoch > snapshot.epoch
            or not hold(job.settings.coloured(job.figure.recipe()), like, snapshot)
        ):
            self._likes[key] = like = snapshot
            while len(self._likes) > _MOST_KEPT:
                self._likes.pop(next(iter(self._likes)))
        return like

    def _write(self, job: Job, drawing: Drawing) -> RenderResult:
        errors = tuple(f"figure {job.figure.name!r}: {error}" for error in drawing.errors)
        files: list[Path] = []
        try:
            refuse_links(SpoolPaths(job.spool), job.path.parent)
            if (theirs := another_programs(job.path, job.settings.formats)) is not None:
                return RenderResult("unwritable", fault=f"{theirs}: {_THEIRS}")
            if drawing.is_error_page and any(whose(path) == "ours" for _, path in job.files()):
                write_note(job.path, errors)
                kept = ", ".join(path.name for _, path in job.files() if whose(path) == "ours")
                return RenderResult("kept", errors=tuple(f"{error}; {kept} is kept as it was" for error in errors))
            job.path.parent.mkdir(parents=True, exist_ok=True)
            for kind, path in job.files():
                write_whole(path, [drawing.encode(kind)], tmp=path.parent)
                files.append(path)
        except LinkError as error:
            return RenderResult("unwritable", fault=str(error))
        except OSError as error:
            return RenderResult("unwritable", fault=f"{job.path.parent}: cannot be written: {error.strerror}")
        remove_note(job.path)
        return RenderResult(files=tuple(files), errors=errors)


class _KeptFigures:
    """Figures that were drawn before: what they have in common with the next one is not drawn again.

    There are few of a kind, however many runs there are. The figure of another run of the same kind saves nearly as
    much as the run's own, and a kept figure gives the same bytes as a fresh one.
    """

    def __init__(self) -> None:
        self._kept: list[tuple[Path, tuple[object, ...], KeptFigure]] = []  # the one that was used last at the end

    def get(self, spool: Path, figure: FigureSpec, how: RenderSettings, like: Snapshot | None = None) -> KeptFigure:
        """The figure of a run, or that of another one of its kind, or a new one.

        Args:
            spool: Of the run.
            figure: Which.
            how: How it is drawn.
            like: The snapshot that its limits are taken from; None: each has its own.
        """
        kind = (figure, *how.record().items(), *(() if like is None else (spool, like.digest)))
        of_kind = [each for each in self._kept if each[1] == kind]
        chosen = next((each for each in of_kind if each[0] == spool), None)
        if chosen is None and len(of_kind) >= _MOST_OF_A_KIND:
            chosen = of_kind[0]
        if chosen is not None:
            self._kept.remove(chosen)
            kept = chosen[2]
        else:
            kept = kept_figure(figure.recipe(), figure.name, how, like)
        self._kept.append((spool, kind, kept))
        del self._kept[:-_MOST_KEPT]
        return kept


class InProcess:
    """An executor that draws in this process: `start` returns when it is done."""

    heartbeat_interval = FRAME_TIMEOUT
    wait_timeout = at_work_since = math.inf

    def __init__(self) -> None:
        self.on_answer: Callable[[], None] = lambda: None
        self._job_runner = JobRunner()
        self._result: RenderResult | None = None

    def start(self, job: Job) -> None:
        self._result = self._job_runner.draw(job)

    def result(self) -> RenderResult | None:
        result, self._result = self._result, None
        return result

    def another(self) -> InProcess:
        return InProcess()

    def close(self) -> None:
        """There is nothing to let go of."""
