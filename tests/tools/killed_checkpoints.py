"""For each system call of a few checkpoints: a process that is killed there, before or after it, or in mid-write.

Run with a folder; prints how many were killed. The processes are forked from one that has no threads, and no JAX.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
from pathlib import Path
from unittest import mock

import numpy as np

from autoviz_render.search.checkpoint import Checkpoint, Saved

CALLS = ("open", "close", "writev", "fsync", "replace", "mkdir", "unlink", "rmdir")
CHECKPOINTS = 4


def points(number: int) -> dict[str, np.ndarray]:
    return {"position": np.full((3, 2), number), "log_likelihood": np.full(3, -number)}


def saved(number: int) -> Saved:
    return Saved([np.full(600, number)], {"iterations": number})


def work(run_dir: Path, progress: Path) -> None:
    """Save some checkpoints and remove them; `progress` tells how many were saved for certain."""
    checkpoint = Checkpoint(run_dir)
    checkpoint.claim()
    for number in range(CHECKPOINTS):
        checkpoint.died(points(number))
        checkpoint.save(saved(number))
        checkpoint.flush()
        progress.write_text(str(number))
    checkpoint.close()
    progress.write_text("removed")
    checkpoint.remove()


def is_killed(run_dir: Path, killed_at: int, *, after: bool) -> bool:
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        if os.WIFSIGNALED(status) or status == 0:
            return os.WIFSIGNALED(status)
        raise SystemExit(f"the writer of {run_dir} failed")
    count = itertools.count()

    def wrap(name, real):
        def wrapped(*arguments, **keywords):
            path = arguments[0] if isinstance(arguments[0], str | Path) else ""
            is_ours = threading.current_thread().name == "autoviz-render checkpoint" or "checkpoint" in str(path)
            if not is_ours or next(count) != killed_at:
                return real(*arguments, **keywords)
            try:
                if after:
                    real(*arguments, **keywords)
                elif name == "writev":
                    os.write(arguments[0], bytes(arguments[1][0])[:50])
            finally:
                os.kill(os.getpid(), signal.SIGKILL)
            return None

        return wrapped

    code = 1
    try:
        for name in CALLS:
            mock.patch.object(os, name, wrap(name, getattr(os, name))).start()
        work(run_dir / "run", run_dir / "progress")
        code = 0
    finally:
        os._exit(code)


def main() -> None:
    folder, killed = Path(sys.argv[1]), 0
    for after in (False, True):
        for number in itertools.count():
            run_dir = folder / f"{number}-{'after' if after else 'before'}"
            run_dir.mkdir()
            if not is_killed(run_dir, number, after=after):
                break
            killed += 1
    print(killed)


if __name__ == "__main__":
    main()
