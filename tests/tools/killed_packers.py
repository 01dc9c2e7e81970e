"""For each system call of packing a run: a process that is killed there, with a copy of the run.

Run with the run and a folder; prints how many were killed. A program of its own, as the processes are forked from one
that has imported what they need and has no threads. The tests look at what they left.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from breaking import kill_at_each_call

from autoviz_render.spool.packs import packing
from autoviz_render.spool.store import Spool


class _Work:
    """Copies the run, and packs the copy: only then its calls are counted."""

    has_begun = False

    def __call__(self, folder: Path) -> None:
        shutil.copytree(sys.argv[1], folder)
        self.has_begun = True
        packing.pack(Spool(folder))


if __name__ == "__main__":
    work = _Work()
    print(kill_at_each_call(work, Path(sys.argv[2]), lambda _: work.has_begun))
