"""A slice of a run's snapshots: what a worker of an executor is asked for, wherever it is.

An executor may have its workers on other hosts, so that a task is bytes, and so is what comes back: names, digests and
times. The worker draws in a process of its own, kept warm between slices, which can be abandoned with a figure that
hangs; it writes the figures itself.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import platform
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from autoviz_render.renderer.batch.render_cache import record
from autoviz_render.renderer.work.jobs import Job, RenderResult
from autoviz_render.renderer.work.pool import Pool

_KEPT_SECONDS = 30.0  # that a process waits for the next slice
_MOST_KEPT = 1 << 24  # bytes of an answer: a worker's figure is a stranger's


@dataclass(frozen=True)
class Slice:
    """Some jobs for one worker.

    Attributes:
        jobs: In the order of publishing.
        timeout: Seconds for each.
        serial: Tells it from another with the same jobs: some executors do not do the same twice.
    """

    jobs: tuple[Job, ...]
    timeout: float
    serial: int

    def to_bytes(self) -> bytes:
        """The slice for another process, which may be on another host."""
        groups = [
            (job.to_line(), [(each.snapshot, each.path.name) for each in some])
            for job, some in ((some[0], some) for some in _alike(self.jobs))
        ]
        task = {"version": version("autoviz-render"), "timeout": self.timeout, "serial": self.serial, "groups": groups}
        return zlib.compress(json.dumps(task).encode(), 1)

    @staticmethod
    def from_bytes(task: bytes) -> Slice:
        """Read what `to_bytes` made.

        Raises:
            ValueError: Another version made it.
        """
        content = json.loads(zlib.decompress(task))
        here, there = version("autoviz-render"), content["version"]
        if here != there:
            host = platform.node()
            raise ValueError(f"{host} has autoviz-render {here}, and {there} asks: install the same version on both")
        jobs: list[Job] = []
        for line, names in content["groups"]:
            first = Job.from_line(line)
            jobs += [replace(first, snapshot=snapshot, path=first.path.with_name(name)) for snapshot, name in names]
        return Slice(tuple(jobs), content["timeout"], content["serial"])


@dataclass(frozen=True)
class Answer:
    """What became of a slice.

    Attributes:
        results: One for each job, in their order.
        seconds: How long it took.
    """

    results: tuple[RenderResult, ...]
    seconds: float

    @staticmethod
    def from_bytes(answer: bytes) -> Answer:
        """Read what `draw_slice` returns.

        Raises:
            ValueError: It is no answer.
        """
        try:
            unpacked = zlib.decompressobj()
            content = json.loads(unpacked.decompress(answer, _MOST_KEPT))
            results = tuple(RenderResult.from_line(line) for line in content["results"])
            return Answer(results, float(content["seconds"]))
        except (zlib.error, TypeError, KeyError, RecursionError) as error:
            raise ValueError(f"no answer: {error!r:.200}") from error


def draw_slice(task: bytes) -> bytes:
    """Draw the figures of a slice, and write their files: what a worker is asked to do.

    Raises:
        ValueError: Another version asks.
    """
    started = time.perf_counter()
    some = Slice.from_bytes(task)
    unseen = _unseen({folder for job in some.jobs for folder in (job.spool, job.path.parent)})
    results = [_not_seen(unseen, job) for job in some.jobs]
    due = [number for number, result in enumerate(results) if result.status == "missing"]
    with _warm_process(some.timeout) as process:
        for number, job, result in process.draw(some.jobs[number] for number in due):
            told = record(job) if result.status == "drawn" and not result.errors else ""
            results[due[number]] = replace(result, record=told)
    lines = [result.to_line() for result in results]
    return zlib.compress(json.dumps({"results": lines, "seconds": time.perf_counter() - started}).encode(), 1)


def _unseen(folders: set[Path]) -> set[Path]:
    return {folder for folder in folders if not os.path.isdir(folder)}


def _not_seen(unseen: set[Path], job: Job) -> RenderResult:
    """The result of a job of which this host does not see the run, or the folder of the figures; else "missing"."""
    folder = next((each for each in (job.spool, job.path.parent) if each in unseen), None)
    if folder is None:
        return RenderResult("missing")
    where = f"the worker on {platform.node()} does not see it: start workers where this disk is mounted"
    return RenderResult("unready", fault=f"{folder}: {where}")


def _alike(jobs: Sequence[Job]) -> list[list[Job]]:
    """The jobs in a row that differ by their snapshots and the names of their files alone."""
    groups = itertools.groupby(jobs, key=lambda job: (job.spool, job.figure, job.path.parent, job.settings))
    return [list(some) for _, some in groups]


_lock = threading.Lock()
_idle: list[tuple[int, float, threading.Timer, Pool]] = []
"""Processes that wait for the next slice: whose they are, their timeout, and what ends them."""


@contextlib.contextmanager
def _warm_process(timeout: float) -> Iterator[Pool]:
    """A process to draw in, from the slice before if it can be: the figures of its run are warm."""
    pool = _taken(timeout) or Pool(1, timeout)
    try:
        yield pool
    except BaseException:
        pool.close()
        raise
    timer = threading.Timer(_KEPT_SECONDS, _end, [pool])
    timer.daemon = True
    with _lock:
        _idle.append((os.getpid(), timeout, timer, pool))
    timer.start()


def _taken(timeout: float) -> Pool | None:
    with _lock:
        _idle[:] = [each for each in _idle if each[0] == os.getpid()]  # in a forked worker, the others are its parent's
        for number, (_, seconds, timer, pool) in reversed(list(enumerate(_idle))):
            if seconds == timeout:
                del _idle[number]
                timer.cancel()
                return pool
    return None


def _end(pool: Pool) -> None:
    with _lock:
        kept = [each for each in _idle if each[3] is not pool]
        is_idle = len(kept) < len(_idle)
        _idle[:] = kept
    if is_idle:
        pool.close()


def end_idle() -> None:
    """End the processes of this one that wait for a slice."""
    while (pool := next((pool for pid, _, _, pool in list(_idle) if pid == os.getpid()), None)) is not None:
        _end(pool)
