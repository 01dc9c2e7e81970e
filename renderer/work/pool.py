"""Several workers at one list of jobs."""

from __future__ import annotations

import queue
from collections.abc import Callable, Container, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from autoviz_render.renderer.work.executor import FRAME_TIMEOUT, Subprocess

if TYPE_CHECKING:
    from autoviz_render.renderer.work.jobs import RenderResult, Task

AnyTask = TypeVar("AnyTask", bound="Task")

_LOOKS_EVERY = 1.0  # seconds, for frames that take too long


class Pool:
    """Processes that draw, kept from one list of jobs to the next. A context manager.

    max_workers: how many there are at most. timeout: seconds that a figure may take until it is abandoned. on_word: see
        `Subprocess`.

    The first is started at once, and imports what it needs while whoever made the pool looks for something to draw.
    """

    def __init__(
        self, max_workers: int = 1, timeout: float = FRAME_TIMEOUT, on_word: Callable[[bytes], None] = lambda _: None
    ) -> None:
        self._max_workers, self._timeout, self._on_word = max(1, max_workers), timeout, on_word
        self._answered: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._workers = [self._worker()]

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, at once, whatever they do."""
        while self._workers:
            self._workers.pop().close()

    def draw(self, jobs: Iterable[AnyTask]) -> Iterator[tuple[int, AnyTask, RenderResult]]:
        """Do jobs, several at once; each with its number and what became of it, as soon as it is done."""
        waiting = enumerate(jobs)
        at_work: dict[Subprocess, tuple[int, AnyTask]] = {}
        is_all_begun = False
        try:
            while at_work or not is_all_begun:
                while not is_all_begun and len(at_work) < self._max_workers:
                    numbered = next(waiting, None)
                    if numbered is None:
                        is_all_begun = True
                        break
                    worker = self._free(at_work)
                    at_work[worker] = numbered
                    worker.start(numbered[1])
                for worker in list(at_work):
                    if (result := worker.result()) is not None:
                        yield *at_work.pop(worker), result
                if at_work and (is_all_begun or len(at_work) == self._max_workers):
                    try:
                        self._answered.get(timeout=_LOOKS_EVERY)
                    except queue.Empty:
                        continue
        finally:
            for worker in at_work:  # nobody waits for it any more
                worker.close()

    def _free(self, at_work: Container[Subprocess]) -> Subprocess:
        free = [worker for worker in self._workers if worker not in at_work]
        if not free:
            free.append(self._worker())
            self._workers += free
        return free[-1]

    def _worker(self) -> Subprocess:
        return Subprocess(self._timeout, lambda: self._answered.put(None), self._on_word)
