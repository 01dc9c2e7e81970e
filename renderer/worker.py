"""A process that draws: `python -m autoviz_render.renderer.worker`, started by `hands.Worker`.

A line of text on standard input is a job, a line on standard output what became of it; before the first, "ready". The
process ends when its input does, in mid-frame too: whoever asked for the frame is gone.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from autoviz_render.renderer.child import die_with_parent, own_processor_times

READY = "ready"


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal: ending is the other's to decide
    die_with_parent()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what a figure's code prints must not be taken for an answer
    jobs: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin, jobs), daemon=True).start()

    from autoviz_render.renderer.drawer import Drawer
    from autoviz_render.renderer.jobs import Job

    drawer = Drawer()
    print(READY, file=answers)
    while True:
        job = Job.from_line(jobs.get())
        used, waited = own_processor_times()
        outcome = drawer.draw(job)
        used_then, waited_then = own_processor_times()
        outcome = replace(outcome, memory=memory(), used=used_then - used, waited=waited_then - waited)
        print(outcome.to_line(), file=answers)


def memory() -> int:
    """Bytes of this process in the machine's memory; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return _most_memory()


def _most_memory() -> int:
    """The same at its highest, which never shrinks: on macOS, in bytes there."""
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return 0


def _listen(source: TextIO, jobs: queue.SimpleQueue[str]) -> None:
    for line in source:
        jobs.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
