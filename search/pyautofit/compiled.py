"""The arrays of a figure as one compiled function, which costs what a likelihood costs; compiled beside the search."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from autoviz_render.spool.arrays import Array, Floats


class CompiledArrays:
    """A function of a vector, traced when this is made and compiled by JAX in a thread of its own.

    Tracing runs the model's Python, which may keep what it computes on itself and would mix it up with the search's: it
    is not for another thread. XLA compiles without the GIL, while the search is busy with its own likelihood, so that
    the first quick update usually finds this done.

    Args:
        function: Traceable; of array[parameter], float64, a mapping of arrays by name.
        count: The number of parameters.
    """

    def __init__(self, function: Callable[[Any], Mapping[str, Any]], count: int) -> None:
        import jax
        import jax.numpy as jnp

        self._compiled: Callable[[Any], Mapping[str, Any]] | None = None
        self._error: Exception | None = None
        # no daemon: Python must not end while XLA compiles, or the process crashes
        self._thread = threading.Thread(target=self._compile, name="autoviz-render compiler")
        try:
            traced = jax.jit(function).trace(jax.ShapeDtypeStruct((count,), jnp.result_type(float)))
            self._options = _options(traced.jaxpr)
            self._lowered = traced.lower()
        except Exception as error:  # noqa: BLE001  whatever a user's model raises is raised again by a call
            self._error = error
        else:
            self._thread.start()

    @property
    def is_ready(self) -> bool:
        """Whether a call returns, or raises, without waiting for the compiler."""
        return not self._thread.is_alive()

    def __call__(self, parameters: Floats) -> Mapping[str, Array]:
        """The arrays at one point, on the host. Waits for the compiler, and for the device.

        Waiting keeps the search's next batch from being computed beside this point, for which a GPU may not have the
        memory.

        Args:
            parameters: array[parameter].

        Raises:
            RuntimeError: The function cannot be traced or compiled.
        """
        if self._thread.ident is not None:
            self._thread.join()
        if self._compiled is None:
            raise RuntimeError(f"the arrays cannot be compiled: {self._error}") from self._error
        return on_the_host(self._compiled(parameters))

    def _compile(self) -> None:
        try:
            self._compiled = self._lowered.compile(compiler_options=self._options)
        except Exception as error:  # noqa: BLE001  the same
            self._error = error


def _options(jaxpr: Any) -> dict[str, bool] | None:
    """What the compiler is told: to compute on one core if its threads could wait for one another for ever.

    With jaxlib 0.11 a Fourier transform on the CPU occupies a thread of the pool that its own parts wait for: as many
    transforms at once as there are threads never end (PyAutoFit #1530). A likelihood has one after the other; the
    arrays of its figure have several that depend on nothing of each other.
    """
    import jax

    is_safe = jax.default_backend() != "cpu" or "xla_cpu_multi_thread_eigen" in os.environ.get("XLA_FLAGS", "")
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if is_safe or sum(1 for _ in _transforms(jaxpr)) < threads:
        return None
    return {"xla_cpu_multi_thread_eigen": False}


def _transforms(jaxpr: Any) -> Iterator[Any]:
    """The Fourier transforms in a traced function, and in what it calls, as often as it does."""
    for equation in jaxpr.eqns:
        if equation.primitive.name == "fft":
            yield equation
        for parameter in equation.params.values():
            for each in parameter if isinstance(parameter, tuple | list) else (parameter,):
                inner = getattr(each, "jaxpr", each)
                if hasattr(inner, "eqns"):
                    yield from _transforms(inner)


def on_the_host(arrays: Mapping[str, Any], path: str = "") -> dict[str, Array]:
    """NumPy arrays by name; of nested mappings with slashes in their names, as in a spool."""
    found: dict[str, Array] = {}
    for name, value in arrays.items():
        if isinstance(value, Mapping):
            found |= on_the_host(value, f"{path}{name}/")
        else:
            found[f"{path}{name}"] = np.asarray(getattr(value, "array", value))
    return found
