"""For each system call of a run of five quick updates: a process that is killed there.

Run with a folder; prints how many were killed. A program of its own, as the processes are forked from one that has
imported what they need and has no threads. The tests look at what they left.
"""

from __future__ import annotations

import sys
from pathlib import Path

from breaking import kill_at_each_call, publish_some


def work(run_dir: Path) -> None:
    publish_some(run_dir, durability="fsync")


if __name__ == "__main__":
    print(kill_at_each_call(work, Path(sys.argv[1])))
