"""For each system call of a few checkpoints: a process that is killed there.

Run with a folder; prints how many were killed. A program of its own, as the processes are forked from one that has no
threads, and no JAX. The tests look at what they left.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
from breaking import kill_at_each_call

from autoviz_render.search.nss.checkpoint import Checkpoint, Saved

CHECKPOINTS = 4


def points(number: int) -> dict[str, np.ndarray]:
    return {"position": np.full((3, 2), number), "log_likelihood": np.full(3, -number)}


def saved(number: int) -> Saved:
    return Saved([np.full(600, number)], {"iterations": number})


def work(folder: Path) -> None:
    """Save some checkpoints and remove them; `progress` tells how many were saved for certain."""
    folder.mkdir()
    progress = folder / "progress"
    checkpoint = Checkpoint(folder / "run")
    checkpoint.claim()
    for number in range(CHECKPOINTS):
        checkpoint.died(points(number))
        checkpoint.save(saved(number))
        checkpoint.flush()
        progress.write_text(str(number))
    checkpoint.close()
    progress.write_text("removed")
    checkpoint.remove()


def by_checkpoint(arguments: tuple[Any, ...]) -> bool:
    """Whether a call is of the thread that writes checkpoints, or of the sampler's on their files."""
    return threading.current_thread().name == "autoviz-render checkpoint" or "checkpoint" in str(arguments[:1])


if __name__ == "__main__":
    print(kill_at_each_call(work, Path(sys.argv[1]), by_checkpoint))
