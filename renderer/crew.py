"""Several hands at one list of jobs."""

from __future__ import annotations

import queue
from collections.abc import Iterable, Iterator

from autoviz_render.renderer.hands import FRAME_TIMEOUT, Worker
from autoviz_render.renderer.jobs import Job, Outcome

_LOOKS_EVERY = 1.0  # seconds, for frames that take too long


def draw(jobs: Iterable[Job], hands: int, timeout: float = FRAME_TIMEOUT) -> Iterator[tuple[int, Job, Outcome]]:
    """Do jobs by several processes at once; each with its number and what became of it, as soon as it is done.

    timeout: seconds that a figure may take until it is abandoned.
    """
    answered: queue.SimpleQueue[None] = queue.SimpleQueue()
    waiting = enumerate(jobs)
    workers: list[Worker] = []
    at_work: dict[Worker, tuple[int, Job]] = {}
    is_all_begun = False
    try:
        while at_work or not is_all_begun:
            free = [worker for worker in workers if worker not in at_work]
            while not is_all_begun and (free or len(workers) < max(1, hands)):
                numbered = next(waiting, None)
                if numbered is None:
                    is_all_begun = True
                    break
                if not free:
                    workers.append(Worker(timeout, lambda: answered.put(None)))
                    free.append(workers[-1])
                worker = free.pop()
                at_work[worker] = numbered
                worker.start(numbered[1])
            for worker in list(at_work):
                if (outcome := worker.outcome()) is not None:
                    yield *at_work.pop(worker), outcome
            if at_work and (is_all_begun or len(at_work) == hands):
                try:
                    answered.get(timeout=_LOOKS_EVERY)
                except queue.Empty:
                    continue
    finally:
        for worker in workers:
            worker.close()
