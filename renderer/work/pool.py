"""Several workers at one list of jobs."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from autoviz_render.renderer.work.executor import FRAME_TIMEOUT, Subprocess

if TYPE_CHECKING:
    from autoviz_render.renderer.work.jobs import RenderResult, Task

AnyTask = TypeVar("AnyTask", bound="Task | RenderResult")

_LOOKS_EVERY = 1.0  # seconds, for frames that take too long


class Pool:
    """Processes that draw, kept from one list of jobs to the next. A context manager, which ends them at once.

    The first starts at once, and imports what it needs while the caller looks for something to draw.

    Args:
        max_workers: How many processes there are at most.
        timeout: Seconds that a figure may take; then it is abandoned.
        on_word: See `Subprocess`.
    """

    def __init__(
        self, max_workers: int = 1, timeout: float = FRAME_TIMEOUT, on_word: Callable[[bytes], None] = lambda _: None
    ) -> None:
        self._max_workers = max(1, max_workers)
        self._answered: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._workers = [Subprocess(timeout, lambda: self._answered.put(None), on_word)]

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes at once."""
        while self._workers:
            self._workers.pop().close()

    def draw(self, jobs: Iterable[AnyTask]) -> Iterator[tuple[int, AnyTask, RenderResult]]:
        """Do jobs, several at once.

        Args:
            jobs: They are asked for one by one, as processes are free. What is a result already comes back at once.

        Yields:
            The number of a job, the job, and what became of it, as soon as it is done.
        """
        from autoviz_render.renderer.work.jobs import RenderResult

        waiting = enumerate(jobs)
        at_work: dict[Subprocess, tuple[int, AnyTask]] = {}
        try:
            while True:
                while len(at_work) < self._max_workers and (given := next(waiting, None)) is not None:
                    number, job = given
                    if isinstance(job, RenderResult):
                        yield number, job, job
                        continue
                    worker = next((each for each in self._workers if each not in at_work), None)
                    if worker is None:
                        worker = self._workers[0].another()
                        self._workers.append(worker)
                    at_work[worker] = number, job
                    worker.start(job)
                if not at_work:
                    return
                with contextlib.suppress(queue.Empty):
                    self._answered.get(timeout=_LOOKS_EVERY)
                for worker in list(at_work):
                    if (result := worker.result()) is not None:
                        yield *at_work.pop(worker), result
        finally:
            for worker in at_work:  # nobody waits for it any more
                worker.close()
