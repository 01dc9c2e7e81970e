"""The renderer as a child: what it sees of the machine, and how it learns that its parent is gone.

What differs by platform lives here: the scheduling class, the bound on memory, and which variables hand out devices and
ranks.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

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
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LEAST_MEMORY = 4 << 30  # bytes of address space: libraries take one or two without using them
_RANK_PREFIXES = ("OMPI_", "PMI_", "PMIX_", "MPI_LOCAL", "MV2_", "I_MPI_", "HYDI_", "PALS_")


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The sampler's environment without its devices, its MPI rank, its threads and its warning filters."""
    kept = {name: value for name, value in environ.items() if not name.startswith(_RANK_PREFIXES)}
    kept.pop("PYTHONWARNINGS", None)  # `error` there is meant for the sampler's program
    kept |= dict.fromkeys(_ONE_THREAD, "1")
    return kept | _NO_DEVICE | {"MPLBACKEND": "agg"}


def lower_priority() -> None:
    """Take only the processor time that nobody else wants, where the system knows such a class."""
    if hasattr(os, "SCHED_IDLE"):
        try:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        except OSError:  # a container may forbid it
            os.nice(19)
    elif hasattr(os, "nice"):
        os.nice(19)


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
    """Call back, from a thread, when standard input ends: the pipe was closed, or its other owner died."""

    def wait_for_the_end() -> None:
        descriptor = sys.stdin.fileno()
        while os.read(descriptor, 4096):
            pass
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
