"""What this process may take of the machine, and what it has taken: memory, processor time, descriptors."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

if sys.platform != "win32":
    import resource

_LEAST_MEMORY = 4 << 30  # bytes of address space: libraries take one or two without using them
_MOST_DESCRIPTORS = 4096  # as many as a tree of runs can use; macOS refuses a number without bound
_DESCRIPTORS_ON_WINDOWS = 8192


def processor_wait(pid: int) -> float | None:
    """How long a process, or a child of it, has waited for a processor.

    Returns:
        Seconds, so far, of the one that has waited longest. None if the system does not tell.
    """
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return None
    waits = [_waited(each) for each in (str(pid), *children)]
    return max((wait for wait in waits if wait is not None), default=None)  # one may have ended meanwhile


def own_processor_times() -> tuple[float, float]:
    """How long this process was on a processor, and how long its first thread waited for one; seconds, so far.

    If the system does not tell, whatever was not spent on a processor counts as waiting, that for a disk too.
    """
    used, waited = time.process_time(), _waited("self")
    return used, time.monotonic() - used if waited is None else waited


def _waited(process: str) -> float | None:
    """How long a process has waited for a processor, in seconds; None if the system does not tell.

    Source: Linux, Documentation/scheduler/sched-stats.rst.
    """
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return None


def memory() -> int:
    """Bytes of this process in the machine's memory: on macOS at their highest; 0 if the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if sys.platform == "darwin" else 0


def bound_memory() -> None:
    """Take at most half of the machine's memory, and be the first to go when there is none left: not the sampler.

    A figure that asks for more gets a MemoryError, which is drawn as any other error of a figure. A lower limit of the
    user's stays.
    """
    with contextlib.suppress(OSError):  # not Linux, or not ours to say
        Path("/proc/self/oom_score_adj").write_text("1000")
    if sys.platform != "win32":
        half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
        with contextlib.suppress(OSError, ValueError):  # macOS refuses some
            soft, hard = resource.getrlimit(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_AS, (_least(soft, hard, max(_LEAST_MEMORY, half)), hard))


def descriptor_limit() -> int:
    """How many files and folders this process may have open."""
    if sys.platform == "win32":
        return _DESCRIPTORS_ON_WINDOWS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft


def raise_descriptor_limit() -> None:
    """Allow this process as many descriptors as it may have, up to what a tree of runs can use."""
    if sys.platform != "win32":
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _least(hard, _MOST_DESCRIPTORS)
        if descriptor_limit() < wanted:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _least(*limits: int) -> int:
    return min(each for each in limits if each != resource.RLIM_INFINITY)
