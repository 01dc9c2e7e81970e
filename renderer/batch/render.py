"""Drawing again: any snapshots of one run or many, by several processes."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from autoviz_render.renderer.batch.render_cache import RenderCache
from autoviz_render.renderer.batch.runs import Run, find_runs
from autoviz_render.renderer.batch.selection import Selection, Which, jobs, why_nothing
from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.renderer.work.executor import FRAME_TIMEOUT
from autoviz_render.renderer.work.jobs import Job, RenderResult, Status, failed
from autoviz_render.renderer.work.pool import Pool
from autoviz_render.spool.errors import AutovizError, NoSpoolError, UnreadableError, checks_arguments
from autoviz_render.spool.paths import passed_over
from autoviz_render.spool.system.atomic import remove_drafts

log = logging.getLogger("autoviz_render.renderer")

OnProgress = Callable[[int, int], None]
"""Told how many of how many figures are drawn."""


@checks_arguments
def render(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    which: Which = "newest",
    settings: RenderSettings = RenderSettings(),
    jobs: int = 1,
    out: str | os.PathLike[str] | None = None,
    since: float | None = None,
    abandoned: bool = False,
    redraw: bool = False,
    frame_timeout: float = FRAME_TIMEOUT,
    on_progress: OnProgress = lambda _done, _total: None,
) -> Generator[RenderResult, None, None]:
    """Draw snapshots of one run or many, and write the files, as `autoviz-render` does.

    The figures are drawn by other processes, while the results are taken: nothing is drawn before the first is asked
    for, and to close the iterator ends the processes. What fails is a result, too, and costs no other figure: see
    `RenderResult.status` and `RenderResult.messages`.

    Args:
        paths: A run directory, its spool, or any directory above several runs; or several of these.
        which: "newest", "best" (the highest log likelihood), "all", or the sequence number of one quick update.
        settings: What is drawn of each snapshot, and how.
        jobs: With "all", how many processes draw at once.
        out: Folder for the figures; None is `image/` of each run, with "all" its `image/frames/`.
        since: With "all", only what was published from then on, in seconds since 1970 (UTC).
        abandoned: With "all", also what a resumed run did again.
        redraw: With "all", also figures that are up to date; otherwise their results are "cached".
        frame_timeout: Seconds after which a figure is abandoned, with its process.
        on_progress: With "all", told after each figure how many of the run's are drawn, and of how many.

    Yields:
        One result for each figure of each snapshot, in the order of publishing, those that are cached first; and one
        for each run of which nothing can be drawn. If the newest snapshot cannot be read, the one before it follows.

    Raises:
        PathError: A path does not exist, or is a file; it is a ValueError.
        NoSpoolError: There is no run at or under a path.
        SettingsError: `which` is none of these.
        OSError: A path cannot be looked into.
    """
    named = [paths] if isinstance(paths, (str, os.PathLike)) else paths
    selection = Selection(which, since, abandoned)
    runs, unread = find_runs(named, None if out is None else Path(out))

    def results() -> Generator[RenderResult, None, None]:
        if unread:
            yield RenderResult("unreadable", fault=passed_over(unread))
        with Pool(jobs, frame_timeout) as pool:
            for run in runs:
                yield from _results(run, selection, settings, pool, redraw=redraw, on_progress=on_progress)

    return results()


def _results(
    run: Run, selection: Selection, settings: RenderSettings, pool: Pool, *, redraw: bool, on_progress: OnProgress
) -> Iterator[RenderResult]:
    """One run's: whatever is wrong with it must not cost the others their figures."""
    directory = run.spool.paths.directory
    statuses: set[Status] = set()
    unread = 0
    try:
        groups = jobs(run.spool, selection, settings, run.out)
        if selection.which == "all":
            results = _all([job for some in groups for job in some], pool, redraw, on_progress)
        else:
            results = _first_readable(groups, pool)
        for result in results:
            statuses.add(result.status)
            unread += result.status in ("unreadable", "unready")
            yield result
        if statuses <= {"gone"}:
            raise NoSpoolError(directory, why_nothing(run.spool, selection))
        if unread > 1 and statuses <= {"gone", "unreadable", "unready"}:
            raise UnreadableError(directory, f"holds no snapshot that can be read, of {unread:,}: see its bad/")
    except (AutovizError, OSError) as error:
        log.debug("%s", error, exc_info=True)
        yield failed(error, directory)


def _first_readable(groups: Iterable[list[Job]], pool: Pool) -> Iterator[RenderResult]:
    """The jobs of the first snapshot that can be read."""
    for some in groups:
        results = list(_drawn(some, pool))
        yield from results
        if any(result.status not in ("gone", "unreadable", "unready") for result in results):
            return


def _all(everything: Sequence[Job], pool: Pool, redraw: bool, on_progress: OnProgress) -> Iterator[RenderResult]:
    """All snapshots, but for figures that are up to date."""
    if not everything:
        return
    folder = everything[0].path.parent
    cache, gone = RenderCache(folder), 0
    cached = set() if redraw else set(filter(cache.has, everything))
    if cached:
        log.info("%d of %d figures are drawn already", len(cached), len(everything))
    for job in everything:
        if job in cached:
            yield _about(job, RenderResult("cached", tuple(path for _, path in job.files())))
    with contextlib.suppress(OSError):  # not there yet, or somebody else's: then they are theirs to sweep
        remove_drafts(folder)
    for result in _drawn([job for job in everything if job not in cached], pool, cache, on_progress):
        gone += result.status == "gone"
        yield result
    if gone:
        log.info("%d figures were not drawn: their snapshots were removed meanwhile", gone)


def _drawn(
    some: Sequence[Job], pool: Pool, cache: RenderCache | None = None, on_progress: OnProgress = lambda *_: None
) -> Iterator[RenderResult]:
    """The results of jobs, in their order."""
    waiting: dict[int, RenderResult] = {}
    given = 0
    for number, job, result in pool.draw(some):
        if cache is not None and result.status == "drawn" and not result.errors:
            cache.add(job)  # at once: an interrupt must not cost what is drawn
        waiting[number] = _about(job, result)
        while given in waiting:
            yield waiting.pop(given)
            given += 1
        on_progress(given + len(waiting), len(some))


def _about(job: Job, result: RenderResult) -> RenderResult:
    return replace(result, spool=job.spool, snapshot=job.snapshot, figure=job.figure.name)
