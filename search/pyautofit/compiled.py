"""The arrays of a figure as one compiled function, which costs what a likelihood costs; compiled beside the search."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

log = logging.getLogger("autoviz_render.search")

Arrays = Mapping[str, npt.NDArray[Any]]


class CompiledArrays:
    """`function` of a vector array[parameter], float64, compiled by JAX in a thread of its own.

    function: traceable; a mapping of arrays by name. count: of parameters.

    The search goes on meanwhile: XLA compiles without the GIL. A search is at that time busy compiling its own
    likelihood, so that the first quick update usually finds this done.
    """

    def __init__(self, function: Callable[[Any], Mapping[str, Any]], count: int) -> None:
        self._function = function
        self._count = count
        self._compiled: Callable[[Any], Mapping[str, Any]] | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._compile, name="autoviz-render compiler", daemon=True)
        self._thread.start()

    @property
    def is_ready(self) -> bool:
        """Whether a call returns, or raises, without waiting for the compiler."""
        return not self._thread.is_alive()

    def __call__(self, parameters: npt.NDArray[np.float64]) -> Arrays:
        """The arrays at array[parameter], on the host. Waits for the compiler, and for the device.

        Waiting keeps the search's next batch from being computed beside this point, for which a GPU may not have the
        memory. Raises what tracing or compiling the function raised.
        """
        self._thread.join()
        if self._compiled is None:
            raise RuntimeError(f"the arrays cannot be compiled: {self._error}") from self._error
        return {name: np.asarray(value) for name, value in self._compiled(parameters).items()}

    def _compile(self) -> None:
        import jax
        import jax.numpy as jnp

        try:
            point = jax.ShapeDtypeStruct((self._count,), jnp.result_type(float))
            self._compiled = jax.jit(self._function).lower(point).compile()
        except Exception as error:  # whatever a user's model raises is told where the arrays are asked for
            self._error = error
            log.debug("the arrays of the figure cannot be compiled", exc_info=error)
