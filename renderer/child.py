"""The renderer as a child: what it sees of the machine, and how it learns that its parent is gone.

What differs by platform lives here: the scheduling class, and which variables hand out devices and ranks.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping

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


def when_parent_is_gone(call: Callable[[], None]) -> None:
    """Call back, from a thread, when standard input ends: the pipe was closed, or its other owner died."""

    def wait_for_the_end() -> None:
        descriptor = sys.stdin.fileno()
        while os.read(descriptor, 4096):
            pass
        call()

    threading.Thread(target=wait_for_the_end, name="autoviz-render parent", daemon=True).start()
