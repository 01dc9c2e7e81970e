"""What a process of ours sees of the machine: which Python runs it, without devices, MPI rank or many threads."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from autoviz_render.spool.errors import AutovizError

_SET = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "HIP_VISIBLE_DEVICES": "",
    "ROCR_VISIBLE_DEVICES": "",
    "JAX_PLATFORMS": "cpu",  # for a plug-in figure that imports JAX all the same
    "MPLBACKEND": "agg",
    "AUTOVIZ_RENDERER": "none",  # if it is the user's program after all, it starts no third one
}
_PYTHONS = ("python", "pypy", "graalpy")
_RANK_PREFIXES = ("OMPI_", "PMI_", "PMIX_", "MPI_LOCAL", "MV2_", "I_MPI_", "HYDI_", "PALS_")


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The sampler's environment without its devices, its MPI rank, its threads and its warning filters."""
    kept = {name: value for name, value in environ.items() if not name.startswith(_RANK_PREFIXES)}
    kept.pop("PYTHONWARNINGS", None)  # `error` there is meant for the sampler's program
    return kept | _SET


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
