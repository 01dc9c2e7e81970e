"""Drawing again: one snapshot, several, or all of them."""

from __future__ import annotations

import argparse
import contextlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from autoviz_render.cli.options import chosen_snapshots
from autoviz_render.cli.output import DONE, INCOMPLETE, NOTHING, print_files, say
from autoviz_render.cli.progress import Progress
from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.batch.selection import ReplaySettings, jobs
from autoviz_render.renderer.work.executor import FRAME_TIMEOUT
from autoviz_render.renderer.work.jobs import Job, RenderResult, figures_folder
from autoviz_render.renderer.work.pool import Pool
from autoviz_render.spool.errors import NoSpoolError, SpoolError
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.atomic import remove_drafts

log = logging.getLogger("autoviz_render.cli")


@dataclass
class _Tally:
    """How far it is. drawn: snapshots' figures; skipped: those that are drawn already.

    gone: those whose snapshots were removed meanwhile, by retention or by hand, which is no fault.
    """

    drawn: int = 0
    skipped: int = 0
    gone: int = 0
    complaints: list[str] = field(default_factory=list)

    def complain(self, message: str) -> None:
        """Say a fault, once."""
        if message not in self.complaints:
            log.error("%s", message)
        self.complaints.append(message)

    def code(self) -> int:
        if self.complaints:
            return INCOMPLETE
        return DONE if self.drawn or self.skipped else NOTHING


def redraw(settings: argparse.Namespace, spools: list[Path]) -> int:
    """Draw what was chosen of each run; the exit code."""
    with Pool(settings.jobs, settings.frame_timeout or FRAME_TIMEOUT) as pool:
        how, tally = chosen_snapshots(settings), _Tally()
        for directory in spools:
            try:
                _redraw_one(Spool(directory), how, pool, settings, tally)
            except NoSpoolError as error:
                log.error("%s", error)  # nothing there is no fault, and no other run's
            except (
                SpoolError,
                FigureError,
                OSError,
            ) as error:  # which must not cost the others their figures
                tally.complaints.append(say(error))
        return tally.code()


def _redraw_one(spool: Spool, how: ReplaySettings, pool: Pool, settings: argparse.Namespace, tally: _Tally) -> None:
    out = None if settings.out is None else figures_folder(spool.paths, *_place(spool, settings))
    before = (tally.drawn, tally.skipped, len(tally.complaints))
    if how.which == "all":
        _draw_all([job for each in jobs(spool, how, out) for job in each], pool, settings, tally)
    else:
        for each in jobs(spool, how, out):
            results = [result for _, _, result in sorted(pool.draw(each), key=lambda done: done[0])]
            _tell(results, settings, tally)
            if how.which != "newest" or any(
                result.status not in ("gone", "unreadable", "unready") for result in results
            ):
                break
    if before == (tally.drawn, tally.skipped, len(tally.complaints)):
        raise NoSpoolError(spool.paths.directory, "holds no snapshot yet")


def _draw_all(everything: list[Job], pool: Pool, settings: argparse.Namespace, tally: _Tally) -> None:
    """Draw the frames that are not drawn already, by several processes."""
    from autoviz_render.renderer.batch.render_cache import RenderCache

    ledgers = {folder: RenderCache(folder) for folder in {job.path.parent for job in everything}}
    due = [job for job in everything if settings.redraw or not ledgers[job.path.parent].has(job)]
    if len(due) < len(everything):
        tally.skipped += len(everything) - len(due)
        log.info("%d of %d figures are drawn already", len(everything) - len(due), len(everything))
    for folder in ledgers:
        with contextlib.suppress(OSError):  # not there yet, or somebody else's: then they are theirs to sweep
            remove_drafts(folder)
    with Progress("figures") as progress:
        done: dict[int, RenderResult] = {}
        told = 0
        for number, job, result in pool.draw(due):
            if result.status == "drawn" and not result.errors:
                ledgers[job.path.parent].add(job)  # at once: an interrupt must not cost what is drawn
            done[number] = result
            progress.clear()
            while told in done:  # in the order of the run
                _tell([done.pop(told)], settings, tally)
                told += 1
            progress.show(told + len(done), len(due))
    if tally.gone:
        log.info("%d figures were not drawn: their snapshots were removed meanwhile", tally.gone)


def _tell(results: Iterable[RenderResult], settings: argparse.Namespace, tally: _Tally) -> None:
    for result in results:
        for message in (*([result.fault] if result.fault else []), *result.errors):
            tally.complain(message)
        tally.drawn += result.status == "drawn"
        tally.gone += result.status == "gone"
        print_files(result.files, settings)


def _place(spool: Spool, settings: argparse.Namespace) -> tuple[Path, Path]:
    """The folder for the figures of the path that a spool was found under, and that path."""
    asked = next(path for path in settings.paths if spool.paths.directory.is_relative_to(path))
    if len(settings.paths) == 1:
        return settings.out, asked
    names = [path.resolve().name for path in settings.paths]
    number = settings.paths.index(asked)
    unique = names[number] if names.count(names[number]) == 1 else f"{names[number]}-{number + 1}"
    return settings.out / unique, asked
