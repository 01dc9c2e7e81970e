"""The workers of an executor of Python's `concurrent.futures` at one list of jobs."""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

from autoviz_render.renderer.batch.slices import Answer, Slice, draw_slice, end_idle
from autoviz_render.renderer.work.executor import FRAME_TIMEOUT
from autoviz_render.renderer.work.jobs import Job, RenderResult
from autoviz_render.spool.text import in_one_line

log = logging.getLogger("autoviz_render.renderer")

STOPPED = "no figures are drawn any more"
"""How the message begins if the executor takes nothing any more: it is about no run."""

_FIRST_SLICE = 8  # jobs, until it is known how long one takes
_SLICE_SECONDS = 5.0  # of work: long beside what a task costs, short beside what its loss costs
_MOST_JOBS = 128  # in a slice: 16 KiB is what a scheduler wants a task to have at most
_SLICES_A_WORKER = 2  # one at work, and one that is there when it ends
_LAST_SLICES = 3  # for each worker, into which what is left at the end is cut: none waits long for the last one
_TRIES = 3
_UNKNOWN_WORKERS = 16
_COUNTED_EVERY = 5.0  # seconds: workers come and go

_DRAW = f"__import__('importlib').import_module({draw_slice.__module__!r}).{draw_slice.__name__}(task)"
"""What is asked for, without a name that a worker would have to import to read it: one of Dask that cannot ends, and
whoever waits for it is not told why."""

Outcome = tuple[int, Job | RenderResult, RenderResult]


@dataclass
class _Flight:
    """A slice on its way."""

    numbers: list[int]
    jobs: list[Job]
    failures: list[str] = field(default_factory=list)

    def ended(self, results: Iterable[RenderResult]) -> Iterator[Outcome]:
        yield from zip(self.numbers, self.jobs, results, strict=True)

    def abandoned(self, why: str) -> Iterator[Outcome]:
        return self.ended(itertools.repeat(RenderResult("abandoned", fault=why), len(self.jobs)))


class ExecutorPool:
    """As `Pool`, but the work is done by an executor's workers, a slice at a time. A context manager.

    Args:
        executor: Anything with the `submit` of `concurrent.futures.Executor`.
        timeout: Seconds that a figure may take; then it is abandoned.
        is_gone: Says why nothing will be drawn any more; empty while it may.
    """

    def __init__(
        self, executor: Executor, timeout: float = FRAME_TIMEOUT, is_gone: Callable[[], str] = lambda: ""
    ) -> None:
        self._executor = executor
        self._timeout = timeout
        self._is_gone = is_gone
        self._landed: queue.SimpleQueue[Future[bytes]] = queue.SimpleQueue()
        self._in_flight: dict[Future[bytes], _Flight] = {}
        self._seconds = 0.0  # for a job
        self._stopped = ""
        self._workers, self._counted = 0, -math.inf
        self._serial = itertools.count()

    def __enter__(self) -> ExecutorPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what has not begun; what has goes on to the end of its slice."""
        for future in list(self._in_flight):
            future.cancel()
        self._in_flight.clear()
        end_idle()

    def draw(self, jobs: Iterable[Job | RenderResult]) -> Iterator[Outcome]:
        """Do jobs, as many at once as there are workers.

        Args:
            jobs: They are asked for a few slices ahead. What is a result already comes back at once.

        Yields:
            The number of a job, the job, and what became of it, as its slice is done. If the executor takes nothing any
            more, the jobs that were asked for are abandoned, and a last result, of no job, says why.
        """
        waiting = enumerate(jobs)
        ahead: deque[tuple[int, Job]] = deque()
        number, is_all = -1, False
        while True:
            while not is_all and not self._stopped and len(ahead) < self._wanted_ahead():
                given = next(waiting, None)
                if given is None:
                    is_all = True
                elif isinstance(given[1], RenderResult):
                    yield given[0], given[1], given[1]
                else:
                    ahead.append((given[0], given[1]))
                number = number if given is None else given[0]
            while ahead and not self._stopped and len(self._in_flight) < self._most_in_flight():
                self._submit(_cut(ahead, self._size(len(ahead) if is_all else None)))
            if self._stopped:
                yield from self._give_up(ahead, number + 1)
                return
            if not self._in_flight:
                return
            with contextlib.suppress(queue.Empty):
                yield from self._ended(self._landed.get(timeout=1.0))
            self._stopped = self._stopped or self._is_gone()

    def _submit(self, flight: _Flight) -> None:
        some = Slice(tuple(flight.jobs), self._timeout, next(self._serial))
        try:
            future = self._executor.submit(eval, _DRAW, {"task": some.to_bytes()})
        except Exception as error:  # noqa: BLE001  of anybody's executor: it is shut down, broken, or cannot be reached
            is_dask = hasattr(self._executor, "_client")
            self._stopped = "the Dask scheduler is gone" if is_dask else in_one_line(error)
            self._in_flight[Future()] = flight
            return
        self._in_flight[future] = flight
        future.add_done_callback(self._landed.put)

    def _ended(self, future: Future[bytes]) -> Iterator[Outcome]:
        """What came of a slice; nothing if it is tried again."""
        flight = self._in_flight.pop(future, None)
        if flight is None:
            return
        try:
            answer = Answer.from_bytes(future.result())
            self._seconds = answer.seconds / len(flight.jobs)
            yield from flight.ended(answer.results)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # of anybody's executor, which may cancel by one that is no Exception
            log.debug("a slice of %d figures", len(flight.jobs), exc_info=True)
            flight.failures.append(_why(error))
            if len(flight.failures) < _TRIES and not isinstance(error, (ValueError, ImportError)):
                self._submit(flight)
            else:
                yield from flight.abandoned(f"a worker did not draw its figures: {flight.failures[-1]}")

    def _give_up(self, ahead: Iterable[tuple[int, Job]], number: int) -> Iterator[Outcome]:
        why = f"{STOPPED}: {self._stopped}; what is drawn stays, and the same again draws the rest"
        for flight in self._in_flight.values():
            yield from flight.abandoned(why)
        self._in_flight.clear()
        yield from ((each, job, RenderResult("abandoned", fault=why)) for each, job in ahead)
        last = RenderResult("abandoned", fault=why)
        yield number, last, last

    def _size(self, left: int | None) -> int:
        """How many jobs the next slice has; `left` are there altogether, if that is known."""
        size = _FIRST_SLICE if self._seconds <= 0 else int(_SLICE_SECONDS / self._seconds)
        if left is not None:
            size = min(size, math.ceil(left / (_LAST_SLICES * self._count())))
        return min(max(1, size), _MOST_JOBS)

    def _wanted_ahead(self) -> int:
        return self._size(None) * self._most_in_flight() * _LAST_SLICES

    def _most_in_flight(self) -> int:
        return _SLICES_A_WORKER * self._count()

    def _count(self) -> int:
        if time.monotonic() - self._counted > _COUNTED_EVERY:
            self._workers, self._counted = workers_of(self._executor), time.monotonic()
        return self._workers


def workers_of(executor: Executor) -> int:
    """How many tasks an executor does at once, as far as it tells; at least 1."""
    with contextlib.suppress(Exception):  # the private parts of anybody's executor
        if (client := getattr(executor, "_client", None)) is not None:
            return max(1, int(sum(client.nthreads().values())))
        for name in ("_max_workers", "num_workers"):
            if (count := getattr(executor, name, None)) is not None:
                return max(1, int(count))
    return _UNKNOWN_WORKERS


def _cut(ahead: deque[tuple[int, Job]], size: int) -> _Flight:
    """The next slice: of one run if that is not far too few."""
    numbers, jobs = zip(*(ahead.popleft() for _ in range(min(size, len(ahead)))), strict=True)
    for count in range(len(jobs) - 1, len(jobs) // 2, -1):
        if jobs[count].spool != jobs[count - 1].spool:
            ahead.extendleft(zip(reversed(numbers[count:]), reversed(jobs[count:]), strict=True))
            return _Flight(list(numbers[:count]), list(jobs[:count]))
    return _Flight(list(numbers), list(jobs))


def _why(error: BaseException) -> str:
    """What an executor's error means for a person."""
    causes = [error]
    while (cause := causes[-1].__cause__) is not None and len(causes) < 10:
        causes.append(cause)
    missing = next((each for each in causes if isinstance(each, ModuleNotFoundError)), None)
    if missing is not None and (missing.name or "").startswith("autoviz_render"):
        return "autoviz-render is not installed there: install it where the workers run"
    return in_one_line(error)
