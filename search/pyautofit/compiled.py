"""The arrays of a figure as one compiled function, which costs what a likelihood costs; compiled beside the search."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
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
            self._lowered = jax.jit(function).lower(jax.ShapeDtypeStruct((count,), jnp.result_type(float)))
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
            self._compiled = self._lowered.compile()
        except Exception as error:  # noqa: BLE001  the same
            self._error = error


def on_the_host(arrays: Mapping[str, Any], path: str = "") -> dict[str, Array]:
    """NumPy arrays by name; of nested mappings with slashes in their names, as in a spool."""
    found: dict[str, Array] = {}
    for name, value in arrays.items():
        if isinstance(value, Mapping):
            found |= on_the_host(value, f"{path}{name}/")
        else:
            found[f"{path}{name}"] = np.asarray(getattr(value, "array", value))
    return found
