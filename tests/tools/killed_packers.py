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


def work(folder: Path) -> None:
    packing.pack(Spool(folder))


def is_ours(arguments: tuple[object, ...]) -> bool:
    """Calls of the copying before are not: they come before the packing has begun."""
    del arguments
    return _has_begun


_has_begun = False


def copied_and_packed(folder: Path) -> None:
    global _has_begun
    shutil.copytree(sys.argv[1], folder)
    _has_begun = True
    work(folder)


if __name__ == "__main__":
    print(kill_at_each_call(copied_and_packed, Path(sys.argv[2]), is_ours))
