"""For each system call of a run of five quick updates: a process that is killed there.

Run with a folder; prints how many were killed. The processes are forked from one that has imported what they need and
has no threads. The tests look at what they left.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from pathlib import Path

from breaking import around_calls, publish_some


def is_killed(run_dir: Path, killed_at: int, *, after: bool) -> bool:
    """Publish in a forked process that is killed before or after a call; whether it came to that call."""
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        if os.WIFSIGNALED(status) or status == 0:
            return os.WIFSIGNALED(status)
        raise SystemExit(f"the writer of {run_dir} failed")

    def kill(number, name, call, arguments):
        if number != killed_at:
            return None if name == "fsync" else call()
        try:
            if after:
                call()
            elif name == "writev":  # in the middle of the bytes
                os.write(arguments[0], bytes(arguments[1][0])[:50])
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
        return None

    code = 1
    try:
        with around_calls(kill):
            publish_some(run_dir, durability="fsync")
        code = 0
    finally:
        os._exit(code)


def main() -> None:
    folder = Path(sys.argv[1])
    killed = 0
    for after in (False, True):
        for number in itertools.count():
            if not is_killed(folder / f"{number}-{'after' if after else 'before'}", number, after=after):
                break
            killed += 1
    print(killed)


if __name__ == "__main__":
    main()
