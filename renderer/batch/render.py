"""Drawing again: any snapshots of one run or many, by several processes."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path

from autoviz_render.renderer.batch.executor_pool import ExecutorPool
from autoviz_render.renderer.batch.found_alarms import FoundAlarms
from autoviz_render.renderer.batch.render_cache import RenderCache
from autoviz_render.renderer.batch.runs import Run, find_runs
from autoviz_render.renderer.batch.selection import Selection, Which, jobs, why_nothing
from autoviz_render.renderer.batch.shards import Shard, run_key
from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.renderer.work.executor import FRAME_TIMEOUT
from autoviz_render.renderer.work.jobs import Job, RenderResult, Status, failed
from autoviz_render.renderer.work.pool import Pool
from autoviz_render.spool.errors import (
    AutovizError,
    NoSpoolError,
    UnreadableError,
    WrongTypeError,
    WrongValueError,
    checks_arguments,
)
from autoviz_render.spool.guard import wrong
from autoviz_render.spool.paths import passed_over
from autoviz_render.spool.snapshot import SnapshotRef
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
    executor: Executor | None = None,
    shard: Shard | tuple[int, int] | None = None,
    out: str | os.PathLike[str] | None = None,
    since: float | None = None,
    abandoned: bool = False,
    redraw: bool = False,
    frame_timeout: float = FRAME_TIMEOUT,
    on_progress: OnProgress = lambda _done, _total: None,
) -> Generator[RenderResult, None, None]:
    """Draw snapshots of one run or many, and write the files, as `autoviz-render` does.

    The figures are drawn by other processes, while the results are taken: nothing is drawn before the first is asked
    for, and to close the iterator ends the processes, or cancels what the executor has not begun. What fails is a
    result, too, and costs no other figure: see `RenderResult.status` and `RenderResult.messages`.

    Args:
        paths: A run directory, its spool, or any directory above several runs; or several of these.
        which: "newest", "best" (the highest log likelihood), "all", or the sequence number of one quick update.
        settings: What is drawn of each snapshot, and how.
        jobs: How many processes draw at once.
        executor: Draws instead of processes of this one: any executor of `concurrent.futures`, such as one of threads
            or processes, of Dask (`client.get_executor()`), mpi4py or loky. Its workers see the same files by the same
            paths, and write the figures. It is not shut down.
        shard: Draw one of several parts, `(3, 8)` or `Shard(3, 8)`, from 1 on: of all snapshots with "all", else of
            the runs. The others are for other processes, which need not know of each other.
        out: Folder for the figures; None is `image/` of each run, with "all" its `image/frames/`.
        since: With "all", only what was published from then on, in seconds since 1970 (UTC).
        abandoned: With "all", also what a resumed run did again.
        redraw: With "all", also figures that are up to date; otherwise their results are "cached".
        frame_timeout: Seconds after which a figure is abandoned, with its process.
        on_progress: With "all", told after each figure how many are drawn, and how many are due in the runs so far.

    Yields:
        One result for each figure of each snapshot, in the order of publishing, those that are cached first; and one
        for each run of which nothing can be drawn. If the newest snapshot cannot be read, the one before it follows,
        after those of the other runs.

    Raises:
        PathError: A path does not exist, or is a file; it is a ValueError.
        NoSpoolError: There is no run at or under a path.
        SettingsError: `which` is none of these, or there is no such shard.
        ArgumentError: `executor` is none, or `jobs` is given, too.
        OSError: A path cannot be looked into.
    """
    named = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    part = shard if shard is None or isinstance(shard, Shard) else Shard.of_pair(shard)
    order = _Order(Selection(which, since, abandoned), settings, [Path(path) for path in named], part, redraw)
    if executor is not None:
        executor = _checked(executor, jobs)
    runs, unread = find_runs(named, None if out is None else Path(out))

    def results() -> Generator[RenderResult, None, None]:
        if unread:
            yield RenderResult("unreadable", fault=passed_over(unread))
        with Pool(jobs, frame_timeout) if executor is None else ExecutorPool(executor, frame_timeout) as pool:
            if order.selection.which == "all":
                yield from _All(order, pool, on_progress).results(runs)
            else:
                yield from _FirstReadable(order, pool).results(runs)

    return results()


def _checked(executor: Executor, jobs: int) -> Executor:
    if jobs != 1:
        raise WrongValueError(wrong("jobs", jobs, "the executor has its own workers: leave it out"))
    if hasattr(executor, "get_executor"):  # a client of Dask
        made: Executor = executor.get_executor(pure=False)
        return made
    if not callable(getattr(executor, "submit", None)):
        raise WrongTypeError(wrong("executor", executor, "expected one of concurrent.futures, with `submit`"))
    return executor


@dataclass(frozen=True)
class _Order:
    """What is asked for."""

    selection: Selection
    settings: RenderSettings
    named: list[Path]
    shard: Shard | None
    redraw: bool

    def has_run(self, run: Run) -> bool:
        """Whether what there is of the run as a whole is for this process."""
        return self.shard is None or self.shard.has_run(self._key(run))

    def jobs(self, run: Run) -> Iterator[list[Job]]:
        """The jobs of each snapshot that is for this process."""
        shard, key = self.shard, self._key(run)

        def is_ours(ref: SnapshotRef) -> bool:
            return shard is None or shard.has_snapshot(key, ref.sequence)

        parted = {"is_ours": is_ours} if self.selection.which == "all" else {}
        return jobs(run.spool, self.selection, self.settings, run.out, **parted)

    def verdict(self, run: Run, statuses: Iterable[Status]) -> None:
        """What there is to say of a run of which nothing was drawn.

        Args:
            run: The run.
            statuses: Of all its results.

        Raises:
            SpoolError: Something.
        """
        count = list(statuses)
        directory = run.spool.paths.directory
        if {*count} <= {"gone"} and self.has_run(run):
            raise NoSpoolError(directory, why_nothing(run.spool, self.selection))
        unread = sum(status in ("unreadable", "unready") for status in count)
        if unread > 1 and {*count} <= _UNREAD:
            raise UnreadableError(directory, f"holds no snapshot that can be read, of {unread:,}: see its bad/")

    def _key(self, run: Run) -> str:
        return run_key(run.spool.paths.directory, self.named)


_UNREAD = {"gone", "unreadable", "unready"}


class _FirstReadable:
    """The first snapshot of each run that can be read: of all runs their first, then the next of those it is none."""

    def __init__(self, order: _Order, pool: Pool | ExecutorPool) -> None:
        self._order, self._pool = order, pool
        self._left: dict[Path, tuple[Run, Iterator[list[Job]], list[Status]]] = {}

    def results(self, runs: list[Run]) -> Iterator[RenderResult]:
        ours = list(filter(self._order.has_run, runs))
        yield from self._round((run, self._order.jobs(run), []) for run in ours)
        while self._left:
            left, self._left = self._left, {}
            yield from self._round(left.values())

    def _round(self, left: Iterable[tuple[Run, Iterator[list[Job]], list[Status]]]) -> Iterator[RenderResult]:
        at_work: dict[Path | None, tuple[Run, Iterator[list[Job]], list[Status]]] = {}

        def plan() -> Iterator[Job | RenderResult]:
            for run, groups, statuses in left:
                directory = run.spool.paths.directory
                try:
                    some = next(groups, None)
                    if some is None:
                        self._order.verdict(run, statuses)
                        continue
                    _make_folder(some, self._pool)
                except (AutovizError, OSError) as error:
                    log.debug("%s", error, exc_info=True)
                    yield failed(error, directory)
                    continue
                at_work[directory] = run, groups, statuses
                yield from some

        for directory, results in itertools.groupby(_in_order(self._pool, plan()), key=_spool):
            run = at_work.pop(directory, None)
            now: list[Status] = []
            found = None if run is None else FoundAlarms(run[0].spool)
            for result in results:
                now.append(result.status)
                yield result if found is None else found.take(result)
            if found is not None:
                found.tell()
            if run is not None and directory is not None and {*now} <= _UNREAD:
                self._left[directory] = (*run[:2], [*run[2], *now])


class _All:
    """All snapshots, one run after the other, but for figures that are up to date."""

    def __init__(self, order: _Order, pool: Pool | ExecutorPool, on_progress: OnProgress) -> None:
        self._order, self._pool, self._on_progress = order, pool, on_progress
        self._at_work: dict[Path | None, tuple[Run, RenderCache]] = {}
        self._count = _Count()

    def results(self, runs: Iterable[Run]) -> Iterator[RenderResult]:
        drawn = _in_order(self._pool, self._plan(runs), self._note, self._tell)
        for directory, results in itertools.groupby(drawn, key=_spool):
            statuses: list[Status] = []
            at_work = self._at_work.get(directory)
            found = None if at_work is None else FoundAlarms(at_work[0].spool)
            for result in results:
                statuses.append(result.status)
                yield result if found is None else found.take(result)
            if found is not None:
                found.tell()
            if directory in self._at_work:
                run, _ = self._at_work.pop(directory)
                try:
                    self._order.verdict(run, statuses)
                except (AutovizError, OSError) as error:
                    yield failed(error, directory)
            if gone := statuses.count("gone"):
                log.info("%d figures were not drawn: their snapshots were removed meanwhile", gone)

    def _plan(self, runs: Iterable[Run]) -> Iterator[Job | RenderResult]:
        for run in runs:
            try:  # whatever is wrong with it must not cost the others their figures
                yield from self._plan_of(run)
            except (AutovizError, OSError) as error:
                log.debug("%s", error, exc_info=True)
                yield failed(error, run.spool.paths.directory)

    def _plan_of(self, run: Run) -> Iterator[Job | RenderResult]:
        everything = [job for some in self._order.jobs(run) for job in some]
        if not everything:
            self._judge_empty(run)
            return
        folder, shard = everything[0].path.parent, self._order.shard
        _make_folder(everything, self._pool)
        cache = RenderCache(folder, shard)
        cached = set() if self._order.redraw else set(filter(cache.has, everything))
        if cached:
            log.info("%d of %d figures are drawn already", len(cached), len(everything))
        if shard is None:  # else the drafts may be those of another one, on another host
            with contextlib.suppress(OSError):  # not there yet, or somebody else's: then they are theirs to sweep
                remove_drafts(folder)
        self._at_work[run.spool.paths.directory] = run, cache
        self._count.due += len(everything) - len(cached)
        for job in everything:
            if job in cached:
                yield _about(job, RenderResult("cached", tuple(path for _, path in job.files())))
        yield from (job for job in everything if job not in cached)

    def _judge_empty(self, run: Run) -> None:
        """A run with nothing to draw; with nothing in this part, it is only silent. Raises SpoolError."""
        if self._order.shard is None or not self._order.selection.of(run.spool):
            self._order.verdict(run, [])

    def _note(self, job: Job, result: RenderResult) -> None:
        if result.status == "drawn" and not result.errors:
            self._at_work[job.spool][1].add(job, result.record)  # at once: an interrupt must not cost what is drawn

    def _tell(self) -> None:
        self._count.done += 1
        self._on_progress(self._count.done, self._count.due)


@dataclass
class _Count:
    """Of figures."""

    done: int = field(default=0)
    due: int = field(default=0)


def _in_order(
    pool: Pool | ExecutorPool,
    plan: Iterator[Job | RenderResult],
    note: Callable[[Job, RenderResult], None] = lambda *_: None,
    tell: Callable[[], None] = lambda: None,
) -> Iterator[RenderResult]:
    """The results of jobs, in their order; those in the plan as they are.

    Args:
        pool: Does the jobs.
        plan: The jobs, and results of what needs no drawing.
        note: Told of each job as it is done.
        tell: Called after each.
    """
    waiting: dict[int, RenderResult] = {}
    given = 0
    for number, job, result in pool.draw(plan):
        if isinstance(job, Job):
            note(job, result)
        waiting[number] = _about(job, result) if isinstance(job, Job) else result
        while given in waiting:
            yield waiting.pop(given)
            given += 1
        if isinstance(job, Job):
            tell()


def _make_folder(some: Iterable[Job], pool: Pool | ExecutorPool) -> None:
    """Have the folder of the figures there: a worker on a host that does not see it is on the wrong disk."""
    if isinstance(pool, ExecutorPool):
        for folder in {job.path.parent for job in some}:
            folder.mkdir(parents=True, exist_ok=True)


def _spool(result: RenderResult) -> Path | None:
    return result.spool


def _about(job: Job, result: RenderResult) -> RenderResult:
    return replace(result, spool=job.spool, snapshot=job.snapshot, figure=job.figure.name)
