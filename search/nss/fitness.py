"""One model, and the two things that are wanted of it: a number for the sampler, arrays for the figures."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from autoviz_render.search.nss.analysis import Analysis
from autoviz_render.spool.errors import WrongValueError
from autoviz_render.spool.text import named_place


class Fitness:
    """The compiled functions of an analysis, both derived from its `fit_from`; they agree to the last bit.

    Args:
        analysis: The model and its data.

    Attributes:
        analysis: The same.
    """

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self._one = jax.jit(self.log_likelihood)
        self._batch = jax.jit(partial(jax.lax.map, self.log_likelihood))
        self._arrays: Callable[[jax.Array], Mapping[str, Any]] = jax.jit(self._fit)
        self._compiled: jax.stages.Compiled | None = None
        self._ahead = threading.Thread(target=self._compile_arrays, name="autoviz-render compiler")

    def log_likelihood(self, parameters: jax.Array) -> jax.Array:
        """The log likelihood of one point, for use inside other traced functions.

        Args:
            parameters: array[parameter], in physical units.

        Returns:
            A scalar in nats; -inf if the model gives NaN, which a sampler takes as "not here".
        """
        value = jnp.asarray(self._fit(parameters)["log_likelihood"])
        return jnp.where(jnp.isnan(value), -jnp.inf, value)

    def __call__(self, parameters: npt.ArrayLike) -> jax.Array:
        """The log likelihood of one point, or of a batch.

        The points of a batch are computed one after another: side by side they would round in another way.

        Args:
            parameters: array[parameter] or array[point, parameter], in physical units.

        Returns:
            A scalar or array[point], in nats.
        """
        points = _values(parameters)
        likelihood: jax.Array = self._one(points) if points.ndim == 1 else self._batch(points)
        return likelihood

    def prepare(self) -> None:
        """Begin to compile `arrays`, beside whatever the caller does next; returns at once."""
        if self._ahead.ident is None:
            self._ahead.start()

    def arrays(self, parameters: npt.ArrayLike) -> Mapping[str, Any]:
        """What `fit_from` gives at one point; returns before the device has computed it.

        If `prepare` has not ended, it waits for that.

        Args:
            parameters: array[parameter], in physical units.
        """
        self._wait()
        return self._arrays(_values(parameters))

    @property
    def calls_out(self) -> bool:
        """Whether XLA has other code called: LAPACK, FFTs, Python. True if `prepare` was not called.

        Such code has threads of its own, or waits for those of XLA: then batches gain nothing, or deadlock.
        """
        self._wait()
        text = None if self._compiled is None else self._compiled.as_text()
        return text is None or any(call in text for call in (" custom-call(", " fft("))

    @property
    def bytes_of_one(self) -> int:
        """The memory that one point takes beside its parameters, in bytes; 0 if `prepare` was not called."""
        self._wait()
        needs = None if self._compiled is None else self._compiled.memory_analysis()
        return 0 if needs is None else int(needs.temp_size_in_bytes + needs.output_size_in_bytes)

    def _wait(self) -> None:
        if self._ahead.ident is not None:
            self._ahead.join()

    def _compile_arrays(self) -> None:
        point = jax.ShapeDtypeStruct((len(self.analysis.parameter_names),), jnp.result_type(float))
        with contextlib.suppress(Exception):  # `arrays` fails in the same way, and tells its caller
            self._arrays = self._compiled = jax.jit(self._fit).lower(point).compile()

    def _fit(self, parameters: jax.Array) -> Mapping[str, Any]:
        """`fit_from`, fenced in: XLA compiles it alike wherever it stands, so that it rounds alike to the last bit.

        Without the fence XLA leaves out what a number alone does not need and merges the rest with what surrounds it.
        Then the number for the sampler and the one beside the figure's arrays differ in their last digits.
        """
        fit: Mapping[str, Any] = jax.lax.optimization_barrier(
            self.analysis.fit_from(jax.lax.optimization_barrier(parameters))
        )
        if not isinstance(fit, Mapping) or "log_likelihood" not in fit:  # while it is traced: it costs nothing later
            returned = f"the names {', '.join(fit)}" if isinstance(fit, Mapping) else type(fit).__name__
            place = named_place(self.analysis.fit_from)
            raise WrongValueError(
                f"{place} returned {returned}; expected arrays by name, with log_likelihood among them"
            )
        return fit


def _values(parameters: npt.ArrayLike) -> Any:
    """The parameters in JAX's precision; what is not on the device is left to the compiled function to put there."""
    return parameters if isinstance(parameters, jax.Array) else np.asarray(parameters, jnp.result_type(float))
