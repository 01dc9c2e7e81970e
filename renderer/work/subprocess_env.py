"""The renderer as a child: what it sees of the machine, and how it learns that its parent is gone.

What differs by platform lives here: which Python to start, what the system tells of processor time, the bound on
memory, and which variables hand out devices and ranks.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from autoviz_render.spool.errors import AutovizError

_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_NO_DEVICE = {
    "CUDA_VISIBLE_DEVICES": "",
    "HIP_VISIBLE_DEVICES": "",
    "ROCR_VISIBLE_DEVICES": "",
    "JAX_PLATFORMS": "cpu",  # for a plug-in figure that imports JAX all the same
}
_NO_RENDERER = {"AUTOVIZ_RENDERER": "none"}  # if it is the user's program after all, it starts no third one
_PYTHONS = ("python", "pypy", "graalpy")
_PARENT_LOOKS = 2.0  # seconds
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LEAST_MEMORY = 4 << 30  # bytes of address space: libraries take one or two without using them
_RANK_PREFIXES = ("OMPI_", "PMI_", "PMIX_", "MPI_LOCAL", "MV2_", "I_MPI_", "HYDI_", "PALS_")


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The sampler's environment without its devices, its MPI rank, its threads and its warning filters."""
    kept = {name: value for name, value in environ.items() if not name.startswith(_RANK_PREFIXES)}
    kept.pop("PYTHONWARNINGS", None)  # `error` there is meant for the sampler's program
    kept |= dict.fromkeys(_ONE_THREAD, "1")
    return kept | _NO_DEVICE | _NO_RENDERER | {"MPLBACKEND": "agg"}


class NoInterpreterError(AutovizError, OSError):
    """There is no Python to start a process of ours with."""


def interpreter() -> str:
    """The Python that runs this program, to start another process with.

    Raises:
        NoInterpreterError: This program is none that a Python runs: what starts it would start all of it again.
    """
    executable = sys.executable
    if getattr(sys, "frozen", False) or "__compiled__" in vars(sys.modules.get("__main__", sys)):
        raise NoInterpreterError("this program is frozen, and has no Python of its own")
    if not executable:
        raise NoInterpreterError("sys.executable is not set, so it is not known which Python to start")
    name = os.path.basename(executable).lower()
    if not name.startswith(_PYTHONS):  # an embedding program: with our arguments it might start itself
        raise NoInterpreterError(f"sys.executable is {executable!r}, which does not look like a Python")
    return executable


def processor_times(pid: int) -> tuple[float, float] | None:
    """How long a process and its children were on a processor, and how long they waited for one; seconds, so far.

    Of several that waited at once, the longest time counts. None if the system does not tell.
    Source: Linux, Documentation/scheduler/sched-stats.rst.
    """
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        times = []
        for each in (str(pid), *children):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended between the two
                run, waited, _ = Path(f"/proc/{each}/schedstat").read_text().split()
                times.append((int(run) / 1e9, int(waited) / 1e9))
        return sum(run for run, _ in times), max(waited for _, waited in times)
    except (OSError, ValueError):
        return None


def own_processor_times() -> tuple[float, float]:
    """How long this process was on a processor, and how long its first thread waited for one; seconds, so far.

    If the system does not tell, whatever was not spent on a processor counts as waiting, that for a disk too.
    """
    used = time.process_time()
    try:
        return used, int(Path("/proc/self/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return used, time.monotonic() - used


def bound_memory() -> None:
    """Take at most half of the machine's memory, and be the first to go when there is none left: not the sampler.

    A figure that asks for more gets a MemoryError, which is drawn as any other error of its.
    """
    with contextlib.suppress(OSError):  # not Linux, or not ours to say
        Path("/proc/self/oom_score_adj").write_text("1000")
    if sys.platform != "win32":
        with contextlib.suppress(OSError, ValueError):  # a lower limit is set already
            import resource

            memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
            limit = max(_LEAST_MEMORY, memory // 2)
            resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))


def when_parent_is_gone(call: Callable[[], None]) -> None:
    """Call back, from a thread, when the parent is gone: standard input ended, or this process has another parent.

    A pipe alone does not tell if the parent forked: its children have copies of the other end.
    """
    parent = os.getppid()

    def wait_for_the_end() -> None:
        descriptor = sys.stdin.fileno()
        while os.getppid() == parent:
            if os.name != "nt" and not select.select([descriptor], [], [], _PARENT_LOOKS)[0]:
                continue
            if not os.read(descriptor, 4096):
                break
        call()

    threading.Thread(target=wait_for_the_end, name="autoviz-render parent", daemon=True).start()


def die_with_parent() -> None:
    """Be killed when the thread that started this process ends, though code that never lets go of Python is running."""
    if sys.platform == "linux":
        parent = os.getppid()
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before it was asked for
            os._exit(0)
